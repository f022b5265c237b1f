"""The pages of worth: figures that add up and mean their people, three answers that become segments, a report that hides nothing."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from rapport.console.pages import value as shown
from rapport.console.pages.worth import ahead
from rapport.console.tests.conftest import FOREIGN, INLINE, SignedIn
from rapport.console.tests.valued import HOSTILE, valued  # noqa: F401
from rapport.customers.queries import find
from rapport.lib.clock import now_us
from rapport.segments import queries as segments
from rapport.segments.models import Scheme, Segment
from rapport.value import kept
from rapport.value.by_silo import OfSilo
from rapport.value.models import Fit
from rapport.value.said import Said
from rapport.value.signals import Group
from tests.cast import identify

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, REPORT, KEEP, SILOS = "/app/value/", "/app/value/report/", "/app/value/keep/", "/app/value/silos/"
ANSWERS = ("leavers", "twenty", "unsure")


def said(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    page = answer.content.decode()
    assert not INLINE.findall(page) and not FOREIGN.findall(page), address
    return page


def words(page: str) -> str:
    """What stands on it, without tags, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def people(rule: str) -> int:
    vocabulary = segments.vocabulary()
    return len(segments.answer(segments.check(segments.parse_rule(rule), vocabulary), vocabulary, now_us()).root)


def test_an_empty_house_says_what_would_be_here(lake: Path, head: Client) -> None:
    page = words(said(head, PAGE))
    assert "Nobody has been valued yet" in page and "rapport value fit" in page
    assert head.get(REPORT).headers["Location"] == PAGE
    assert head.post(KEEP, {"who": "twenty"}).status_code == 404
    assert head.post(SILOS).status_code == 422


@pytest.mark.parametrize("role", ["agent", "importer"])
def test_who_may_not_ask_sees_nothing(role: str, lake: Path, signed_in: SignedIn) -> None:
    client = signed_in(role)
    assert [client.get(one).status_code for one in (PAGE, REPORT)] == [403, 403]
    assert [client.post(one).status_code for one in (KEEP, SILOS)] == [403, 403]


def test_figures_add_up_with_the_report_and_mean_their_people(valued: Fit, head: Client) -> None:  # noqa: F811
    page, report, who, rules = words(said(head, PAGE)), valued.report, shown.whom(valued), shown.Rules(valued)
    cells = [(number, place, cell) for number, row in enumerate(report["matrix"]) for place, cell in enumerate(row)]
    assert sum(cell["people"] for *_place, cell in cells) == valued.customers == people(rules.everyone)
    for number, place, cell in cells:
        assert people(rules.cell(number, place)) == cell["people"], (number, place)
    for one in who.values():
        assert people(one.rule) == one.people > 0, one
    assert f"Make segment of {who['leavers'].people} " in page
    assert f"Make segment of {who['unsure'].people} we are least sure of" in page
    assert f"The 20 % {who['twenty'].people} hold {100 * report['shares']['value']['curve'][20]:.0f} %" in page
    error = shown.chosen_tried(report["backtest"])[0]["money"]["total_error"]
    assert f"{100 * abs(error):.1f} % too {'high' if error > 0 else 'low'}" in page
    assert all(one["model"] in page for one in report["backtest"]["tried"])
    assert page.count("in use") == 1


def test_one_looks_ahead_as_far_as_one_likes(valued: Fit, head: Client) -> None:  # noqa: F811
    assert "All customers, next 12 months" in words(said(head, PAGE))
    assert "All customers, next 90 days" in words(said(head, f"{PAGE}?ahead=90"))
    assert "All customers, for life" in words(said(head, f"{PAGE}?ahead=lifetime"))
    assert "All customers, next 12 months" in words(said(head, f"{PAGE}?ahead=%00nonsense"))


def test_names_from_outside_are_text(valued: Fit, head: Client) -> None:  # noqa: F811
    page = said(head, PAGE)
    assert HOSTILE not in page and "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("key", ANSWERS)
def test_an_answer_becomes_one_segment_however_often_it_is_pressed(key: str, valued: Fit, head: Client) -> None:  # noqa: F811
    who = shown.whom(valued)[key]
    first = head.post(KEEP, {"who": key}, follow=True)
    assert "Undo" in first.content.decode() and f"Saved as “{who.name}”." in words(first.content.decode())
    again = head.post(KEEP, {"who": key}, follow=True)
    assert again.redirect_chain == first.redirect_chain and "means these people already" in words(again.content.decode())
    (kept,) = Segment.objects.all()
    assert (kept.name, kept.by, people(kept.rule)) == (who.name, "head@example.com", who.people)


def test_a_name_that_means_somebody_else_is_counted_on(valued: Fit, head: Client) -> None:  # noqa: F811
    who = shown.whom(valued)["twenty"]
    head.post(KEEP, {"who": "twenty"})
    Segment.objects.update(rule='did "Order Completed"')
    head.post(KEEP, {"who": "twenty"})
    head.post(KEEP, {"who": "twenty"})
    assert sorted(Segment.objects.values_list("name", flat=True)) == [who.name, f"{who.name} 2"]
    assert head.post(KEEP, {"who": "nonesuch"}).status_code == 404
    assert head.get(KEEP).status_code == 405


def test_a_segment_made_by_a_click_goes_by_another(valued: Fit, head: Client) -> None:  # noqa: F811
    page = head.post(KEEP, {"who": "leavers"}, follow=True).content.decode()
    (kept,) = Segment.objects.all()
    assert f'name="segment" value="{kept.id}"' in page
    head.post("/app/segments/delete/", {"segment": kept.id})
    assert not Segment.objects.exists()


def test_an_analyst_is_led_to_the_rule_and_makes_nothing(valued: Fit, signed_in: SignedIn) -> None:  # noqa: F811
    analyst = signed_in("analyst")
    for page in (said(analyst, PAGE), said(analyst, REPORT)):
        assert KEEP not in page and SILOS not in page
        assert "Make segment of" in page and "/app/ask/?rule=value.next_12_months" in page
    assert analyst.post(KEEP, {"who": "twenty"}).status_code == 403
    assert not Segment.objects.exists()


def test_the_report_tells_all_and_becomes_silos_once(valued: Fit, head: Client) -> None:  # noqa: F811
    page, report = words(said(head, REPORT)), valued.report
    assert all(origin in page for origin in {"Forecast from"}) and page.count("Forecast from") == len(
        {one["origin"] for one in report["backtest"]["tried"]}
    )
    for expected in (
        report["model"],
        str(Said(**report["spending"]["why"])),
        "Log-likelihood",
        "Value explained (eta²)",
        "Stable when redrawn",
        "Keep as silos",
    ):
        assert expected in page, expected
    for level in report["pyramid"]["levels"]:
        assert f"{level['name']} {level['customers']:,}" in page
    assert all(one["month"] in page for one in report["cohorts"])
    answer = head.post(SILOS, follow=True)
    (scheme,) = Scheme.objects.all()
    assert answer.redirect_chain == [(f"/app/silos/{scheme.id}/", 302)]
    assert head.post(SILOS).status_code == 422
    page = said(head, REPORT)
    assert SILOS not in page and f"/app/silos/{scheme.id}/" in page


def test_one_may_look_at_another_parting_and_keep_that(valued: Fit, head: Client) -> None:  # noqa: F811
    clusters = valued.report["clusters"]
    page = words(said(head, f"{REPORT}?by=clusters"))
    assert all(one["name"] in page for one in clusters["levels"]) and all(rule in page for rule in clusters["rules"])
    assert "Top 1 %" not in page and "Top 1 %" in words(said(head, f"{REPORT}?by=nonsense"))
    page = words(said(head, f"{REPORT}?by=fifths"))
    assert all(name in page for name in ("Best fifth", "Fourth fifth", "Last fifth")) and "Keep as silos" in page
    kept = head.post(SILOS, {"by": "clusters"}, follow=True)
    assert all(one["name"] in words(kept.content.decode()) for one in clusters["levels"])
    assert "Keep as silos" not in words(said(head, f"{REPORT}?by=clusters"))


def test_churn_stands_silo_by_silo(valued: Fit, head: Client) -> None:  # noqa: F811
    assert "Who leaves, silo by silo?" not in words(said(head, REPORT))
    often = OfSilo("Buying", "Often", 12, 1234.0, 0.25, 10, 0.31, 0.4)
    nobody = OfSilo("Buying", "Seldom & <b>", 0, 0.0, None, 0, None, None)
    valued.report |= {"silos": [asdict(often), asdict(nobody)], "silos_left": {"VIPs": "No list is called “Gold”."}}
    valued.save()
    page = words(said(head, REPORT))
    assert "Buying Often 12 $1,234 25 % 10 31 % 40 % Seldom & <b> 0 $0 – 0 – – VIPs No list is called “Gold”." in page


def test_a_campaign_begins_from_a_share_of_value(valued: Fit, head: Client) -> None:  # noqa: F811
    step = next(one for one in shown.plan(valued) if one.share == 0.8)
    address = re.search(r'href="(/app/campaigns/new/\?[^"]+)"', said(head, PAGE).split("80 %</b>")[1])
    assert address is not None
    assert step.who.rule in unescape(said(head, unescape(address[1])))
    head.post(KEEP, {"who": "plan-80"})
    (kept,) = Segment.objects.all()
    assert (kept.name, people(kept.rule)) == ("Who will bring 80 %", step.who.people)


def test_what_was_never_tried_is_not_claimed(valued: Fit, head: Client) -> None:  # noqa: F811
    reason = "No back-test: fewer than <50> customers."
    valued.report |= {"backtest": None, "notes": [reason]}
    valued.report["pyramid"] |= {"later": [], "in_order": None, "quality": dict.fromkeys(valued.report["pyramid"]["quality"])}
    valued.report["histogram"] = {"nothing": valued.customers, "edges": [], "people": []}
    valued.save()
    for address in (PAGE, REPORT):
        page = words(said(head, address))
        assert "we cannot tell" in page.casefold() and reason in page, address
        assert "too high" not in page and "too low" not in page and "corrected for it" not in page


@pytest.fixture
def spanish(settings: Settings, tmp_path: Path) -> Callable[[dict[str, str]], None]:
    """Readers may have pages in Spanish: from words to what a translator made of them."""

    def translated(words: dict[str, str]) -> None:
        catalogue = Catalog(locale="es")
        for english, own in words.items():
            catalogue.add(english, own)
        file = tmp_path / "es" / "LC_MESSAGES" / "django.mo"
        file.parent.mkdir(parents=True)
        with file.open("wb") as binary:
            write_mo(binary, catalogue)
        settings.LOCALE_PATHS, settings.LANGUAGES = [tmp_path], [("en", "English"), ("es", "español")]

    return translated


def test_a_fit_speaks_the_language_of_its_reader(valued: Fit, head: Client, spanish: Callable[[dict[str, str]], None]) -> None:  # noqa: F811
    few = Said("%(n)s customers bought on two days or more; below %(least)s everybody is drawn to one average rate.", {"n": 7, "least": 50})
    amounts = Said("Gamma-Gamma over %(n)s customers who bought twice or more.", {"n": "1,234"})
    groups = [asdict(Group(Said("up to %(high)s", {"high": "2.5"}), 40, 1.0, 1.1, 1.2))]
    chance = Said("What is off inside its groups is no more than chance.", {})
    signal = {"name": "last feedback", "rate": 1.1, "stay": 1.0, "is_accepted": False, "why": asdict(chance), "groups": groups}
    valued.report |= {"notes": [asdict(few), "A fit of old said so."], "signals": [signal]}
    valued.report["spending"]["why"] = asdict(amounts)
    valued.report["backtest"]["closer"] = ["Average rate: total of money"]
    valued.save()
    spanish(
        {
            few.words: "Menos de %(least)s clientes: %(n)s.",
            chance.words: "No es más que azar.",
            valued.report["backtest"]["why"]["words"]: "%(model)s es el mejor.",
            amounts.words: "Gamma-Gamma de %(n)s clientes.",
            "up to %(high)s": "hasta %(high)s",
            "last feedback": "última opinión",
            "Average rate": "Ritmo medio",
            "total of money": "suma de dinero",
            "Top 1 %": "El mejor 1 %",
        }
    )
    page = words(head.get(REPORT, headers={"Accept-Language": "es"}).content.decode())
    for expected in (
        "Menos de 50 clientes: 7.",
        "A fit of old said so.",
        "última opinión",
        "No es más que azar.",
        "hasta 2.5",
        "Gamma-Gamma de 1,234 clientes.",
        "Ritmo medio on suma de dinero",
        "El mejor 1 %",
    ):
        assert expected in page, expected
    assert "Average rate" not in page and "Top 1 %" not in page
    overview = words(head.get(PAGE, headers={"Accept-Language": "es"}).content.decode())
    assert f"{valued.report['backtest']['chosen']} es el mejor." in overview and "Ritmo medio on suma de dinero" in overview
    page = words(said(head, REPORT))
    told = (str(few), "A fit of old said so.", str(amounts), "last feedback", str(chance), "up to 2.5", "Average rate on total of money")
    assert all(one in page for one in told)


def test_without_the_scores_the_figures_still_stand_and_all_is_told_when_they_come(valued: Fit, head: Client) -> None:  # noqa: F811
    path = Path(settings.DATA_DIR) / "value" / f"fit-{valued.id}.parquet"
    away = path.rename(path.with_suffix(".away"))
    page = words(said(head, PAGE))
    assert "Their names come with the next fit." in page and "least sure of" not in page
    away.rename(path)
    page = words(said(head, PAGE))
    assert "Their names come with the next fit." not in page and "least sure of" in page


def test_the_profile_says_what_they_are_worth_and_how_sure(valued: Fit, head: Client, tell: Callable[..., Any]) -> None:  # noqa: F811
    tell(identify("looker", days_ago=3, email="looker@example.com"))
    buyer, looker = find("user_id", "r3"), find("user_id", "looker")
    assert buyer is not None and looker is not None
    page = words(said(head, f"/app/customers/{buyer.id}/"))
    told = shown.queries.of_customer(buyer.id)
    assert told is not None
    for expected in (
        f"${told.scores['told_value']:,.0f} revenue",
        "on average",
        "they themselves likely",
        "Write next",
        "Buys nothing in 90 days",
        "May need next",
        f"everyone: {valued.report['totals']['churn']:.0%}".replace("%", " %"),
        "Orders expected",
        "An order brings",
    ):
        assert expected in page, expected
    assert "they themselves likely" not in words(said(head, f"/app/customers/{looker.id}/"))


def test_who_has_come_to_buy_less_often_is_told_so_with_its_chance(valued: Fit, head: Client) -> None:  # noqa: F811
    sql = "SELECT customer_id, told_change, slower FROM scores WHERE told_change < 1 LIMIT 1"
    (one,) = kept.ask(valued.id, sql).to_pylist()
    page = words(said(head, f"/app/customers/{one['customer_id']}/"))
    assert f"They have come to buy {one['told_change']:g} times as often as before; {100 * one['slower']:.0f} % sure" in page
    assert f"Make segment of {valued.report['rhythm']['slower']} who buy less often than before" in words(said(head, PAGE))


def test_what_is_expected_by_quarter_adds_up_to_the_forecast(valued: Fit, head: Client) -> None:  # noqa: F811
    for one in shown.queries.first(valued, at_least=0, churn_from=0, limit=200):
        found = ahead(one, valued)
        assert found is not None
        end, near = (valued.as_of + timedelta(days=days) for days in (valued.horizon_days, valued.report["churn_days"]))
        assert found.between(valued.as_of, end) == pytest.approx(one["value"] - one["confirmed"], rel=1e-6)
        assert found.between(valued.as_of, near) <= one["in_churn_days"] * 1.02  # equal where it falls, less where it does not
        assert found.between(valued.as_of, end + timedelta(days=500)) == found.between(valued.as_of, end)
    buyer = find("user_id", "r3")
    assert buyer is not None
    page = said(head, f"/app/customers/{buyer.id}/")
    data = json.loads(re.search(r'<script id="quarters-data"[^>]*>(.*?)</script>', page)[1])  # type: ignore[index]
    told = shown.queries.of_customer(buyer.id)
    assert told is not None
    ahead_of = [one for one in data["expected"] if one is not None]
    assert len(data["names"]) == len(data["expected"]) == len(data["values"]) + len(ahead_of) - 1  # the running quarter has both
    assert 0 < sum(ahead_of) <= told.scores["value"] * 1.001  # here an order is worth what it brings
    assert "bought" in words(page) and "expected" in words(page)

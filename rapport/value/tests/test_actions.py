"""A fit by the house: kept once, told to customers, and what it counts is what rules find."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
from pyroaring import BitMap

from rapport.customers.models import Customer
from rapport.lib.clock import DAY_US, HOUR_US, fixed, from_us, now_us
from rapport.lib.refusals import Refusal
from rapport.segments import queries as segments
from rapport.segments.actions import keep_list
from rapport.segments.models import UploadedList
from rapport.segments.silos.actions import Terms, create_scheme, save_parameter
from rapport.segments.silos.calendar import Rhythm
from rapport.segments.silos.partition import Part, Shape
from rapport.segments.silos.queries import shape_of
from rapport.value import kept, queries, valuing
from rapport.value.actions import keep_as_silos
from rapport.value.calendar import number_of
from rapport.value.days import PurchaseDays
from rapport.value.errors import NoSuchParting, WrongOptions
from rapport.value.models import Fit
from rapport.value.tests.test_report import NOW_US, recorded  # noqa: F401  a fixture
from rapport.value.valuation import Options
from rapport.value.valuing import NightlyFit, fit_now
from rapport.warehouse.actions import catch_up

pytestmark = pytest.mark.usefixtures("recorded")


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with fixed(from_us(NOW_US)):
        yield


@pytest.fixture
def shop(recorded: object) -> None:  # noqa: F811
    """Customers as the record has them: facts alone make none."""
    Customer.objects.bulk_create(Customer(id=number, known=True, created_us=0, traits="{}") for number in range(1, 401))


def people(rule: str) -> int:
    words = segments.vocabulary()
    return len(segments.answer(segments.check(segments.parse_rule(rule), words), words, now_us() + 1).root)


def test_what_a_fit_counts_is_what_rules_find(shop: None) -> None:
    found = fit_now(Options())
    catch_up()
    limits, matrix = found["limits"], found["matrix"]
    assert found["told"] == found["customers"] > 300
    known = f"value.next_12_months >= {limits['0.1']}"
    assert people(known) == sum(cell["people"] for cell in matrix[0])
    assert people(f"{known} AND churn.probability >= 0.6") == sum(cell["people"] for cell in matrix[0][3:])
    assert people("value.past is known") == found["customers"]
    traits = Customer.objects.get(id=int(kept_ids()[0])).traits
    assert "value.next_12_months" in traits and "next_contact.due" in traits


def newest_id() -> int:
    newest = queries.newest()
    assert newest is not None
    return newest.id


def kept_ids() -> np.ndarray:
    return kept.ask(newest_id(), "SELECT customer_id FROM scores ORDER BY 1")["customer_id"].to_numpy()


def test_the_next_fit_tells_only_what_moved(shop: None) -> None:
    first = fit_now(Options())
    again = fit_now(Options())
    assert again["told"] == 0
    assert again["matrix"] == first["matrix"]
    with fixed(from_us(NOW_US + 20 * DAY_US)):
        later = fit_now(Options())
    assert 0 < later["told"] <= first["told"]
    assert Fit.objects.count() == 3
    newest = queries.newest()
    assert newest is not None
    path = kept.path_of(newest.id)
    path.unlink()
    assert queries.told_before(newest) is None
    with fixed(from_us(NOW_US + 20 * DAY_US)):
        assert fit_now(Options())["told"] == first["told"]  # the file is derived: lost, all is told anew


def test_who_went_where_since_an_earlier_fit(shop: None) -> None:
    fit_now(Options())
    first = queries.newest()
    assert first is not None and queries.moves(first) is None
    with fixed(from_us(NOW_US + 40 * DAY_US)):
        later = fit_now(Options())
        newest = queries.newest()
        assert newest is not None
        found = queries.moves(newest)
    assert found is not None and found.since == first.as_of
    assert [sum(row[level] for row in found.people) for level in range(4)] == [one["customers"] for one in later["pyramid"]["levels"]]
    assert sum(found.people[-1]) == 0  # nobody is new
    kept.path_of(first.id).unlink()
    assert queries.moves(newest) is None


def test_killed_while_telling_nothing_counts_twice(shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException): ...

    told: list[int] = []

    def one_batch(some: list[tuple[int, dict[str, object]]], *, cause: str) -> int:
        if told:
            raise Killed
        told.append(len(some))
        return really(some, cause=cause)

    really = valuing.tell_traits
    monkeypatch.setattr(valuing, "tell_traits", one_batch)
    monkeypatch.setattr(valuing, "TOLD_AT_ONCE", 100)
    with pytest.raises(Killed):
        fit_now(Options())
    assert told == [100]
    monkeypatch.setattr(valuing, "tell_traits", really)
    assert queries.newest() is None or queries.told_before(queries.newest()) is None  # type: ignore[arg-type]
    found = fit_now(Options())
    catch_up()
    assert people("value.next_12_months is known") == found["customers"]


def test_a_question_keeps_nothing(shop: None) -> None:
    fit_now(Options(horizon_days=90))
    fit_now(Options(), until=from_us(NOW_US - 30 * DAY_US).date())
    assert not Fit.objects.exists()
    with pytest.raises(WrongOptions, match="is not over yet"):
        fit_now(Options(), until=from_us(NOW_US).date())


def test_the_pyramid_becomes_silos_once(shop: None) -> None:
    with pytest.raises(Refusal, match="Nobody has been valued yet"):
        keep_as_silos(by="head@halden.example")
    found = fit_now(Options())
    catch_up()
    scheme = keep_as_silos(by="head@halden.example")
    assert shape_of(scheme).names == ["Top 1 %", "Next 4 %", "Next 15 %", "Others"]
    top = [one["customers"] for one in found["pyramid"]["levels"]]
    assert [people(f'in silo "{name}" of "Value"') for name in shape_of(scheme).names[:3]] == top[:3]
    with pytest.raises(Refusal, match="Value"):
        keep_as_silos(by="head@halden.example")


@pytest.mark.parametrize("parting", ["fifths", "clusters"])
def test_other_partings_become_silos_too(parting: str, shop: None) -> None:
    found = fit_now(Options())
    catch_up()
    with pytest.raises(NoSuchParting):
        keep_as_silos("nonesuch", by="head@halden.example")
    scheme = keep_as_silos(parting, by="head@halden.example")
    levels = found[parting]["levels"]
    assert shape_of(scheme).names == [*(one["name"] for one in levels), "Not valued yet"]
    assert [people(f'in silo "{one["name"]}" of "Value"') for one in levels] == [one["customers"] for one in levels]
    assert sum(one["customers"] for one in levels) == found["customers"]
    assert people('in silo "Not valued yet" of "Value"') == people("everyone") - found["customers"]
    with fixed(from_us(NOW_US + HOUR_US)):  # what was told an hour ago counts
        again = fit_now(Options())["silos"]
    assert [one["customers"] for one in again[:-1]] == [one["customers"] for one in levels]
    assert {one["customers_then"] for one in again} == {None}, "nobody had such traits at the last cut"
    with pytest.raises(NoSuchParting, match="valued anew meanwhile"):
        keep_as_silos(parting, by="head@halden.example", seen=newest_id() - 1)
    values = [one["value"] / one["customers"] for one in levels]
    assert values == sorted(values, reverse=True) and len(levels) >= 3


def test_limits_that_are_kept_and_do_not_fall_are_refused(shop: None) -> None:
    found = fit_now(Options())
    save_parameter("value_of_second_fifth", f"{found['limits']['0.2'] + 1:.2f}", by="head@halden.example")
    with pytest.raises(NoSuchParting, match="do not fall: value_of_best_fifth"):
        keep_as_silos("fifths", by="head@halden.example")
    assert keep_as_silos("pyramid", by="head@halden.example").name == "Value"


def test_a_campaign_is_planned_by_share_of_value(shop: None) -> None:
    found = fit_now(Options())
    value = np.sort(kept.ask(newest_id(), "SELECT told_value FROM scores")["told_value"].to_numpy())[::-1]
    for step in found["plan"]:
        assert step["people"] == (value >= step["limit"]).sum()
        assert step["value"] == pytest.approx(value[: step["people"]].sum()) and step["value"] >= step["share"] * value.sum()
        assert value[value > step["limit"]].sum() < step["share"] * value.sum(), "nobody could be spared"
        assert 0 < step["at_risk"] < step["value"]


def test_each_silo_of_any_scheme_is_told_what_was_said_and_done(shop: None, recorded: PurchaseDays) -> None:  # noqa: F811
    terms = Terms("Buying", "head@halden.example", Rhythm(3, "month"), from_us(NOW_US).date())
    create_scheme(terms, Shape((Part("Often", 'did "Order Completed" at least 6 times'),), "Seldom"), by="head@halden.example")
    fit_now(Options())
    catch_up()  # who was told something is known to the lake
    found = fit_now(Options())
    origin, horizon = number_of(date.fromisoformat(found["backtest"]["tried"][0]["origin"])), found["backtest"]["horizon_days"]
    then = recorded.until(origin)
    did, _ = recorded.within(origin, origin + horizon, then.ids)
    often, seldom = found["silos"]
    assert [(one["scheme"], one["silo"]) for one in found["silos"]] == [("Buying", "Often"), ("Buying", "Seldom")]
    for one, meant in ((often, then.counts >= 6), (seldom, then.counts < 6)):
        assert one["customers_then"] == meant.sum()
        assert one["churn_was"] == pytest.approx((did[meant] == 0).mean())
        assert abs(one["churn_said"] - one["churn_was"]) < 0.1
    assert often["churn"] < seldom["churn"] and often["customers"] == (recorded.counts >= 6).sum()
    assert often["value"] + seldom["value"] == pytest.approx(found["totals"]["value"])


def test_a_scheme_that_cannot_be_asked_is_named_and_everybody_is_valued(shop: None) -> None:
    keep_list("VIPs", BitMap([1, 2]), by="head@halden.example")
    terms = Terms("Wooed", "head@halden.example", Rhythm(3, "month"), from_us(NOW_US).date())
    create_scheme(terms, Shape((Part("VIPs", 'in list "VIPs"'),), "Others"), by="head@halden.example")
    UploadedList.objects.all().delete()
    found = fit_now(Options())
    assert found["silos"] == [] and "VIPs" in found["silos_left"]["Wooed"]
    assert found["told"] == found["customers"]


def test_it_comes_of_itself_once_a_night(shop: None) -> None:
    loop = NightlyFit()
    assert loop(lambda: False)
    assert not loop(lambda: False)
    with fixed(from_us(NOW_US + DAY_US - 10 * DAY_US // 24)):  # two in the morning: the night is not over
        assert not loop(lambda: False)
    with fixed(from_us(NOW_US + DAY_US)):
        assert not loop(lambda: False)  # the warehouse has not read what was told
        catch_up()
        assert loop(lambda: False)
    assert Fit.objects.count() == 2


def test_what_is_said_of_one_customer(shop: None) -> None:
    assert queries.of_customer(1) is None
    fit_now(Options())
    one = queries.of_customer(int(kept_ids()[0]))
    assert one is not None and one.scores["may_low"] <= one.scores["value"] <= one.scores["may_high"]
    assert queries.of_customer(10**6) is None
    newest = queries.newest()
    assert newest is not None
    first = queries.first(newest, at_least=0, churn_from=0, limit=3)
    assert [row["value"] for row in first] == sorted((row["value"] for row in first), reverse=True)
    assert queries.worth_of(newest, np.array([10**6])).tolist() == [0]

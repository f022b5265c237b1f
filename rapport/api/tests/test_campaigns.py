"""Campaigns over the API: drafted, looked over, started and turned; the report and the people behind its figures."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from rapport.accounts.models import AuditEntry
from rapport.api.tests.conftest import Program, problem_of
from rapport.campaigns import actions
from rapport.campaigns import queries as campaigns
from rapport.campaigns.models import Campaign
from rapport.lib.clock import now_us
from rapport.messaging import queries as mails
from rapport.messaging.models import Message, Touch
from rapport.messaging.tests.writing import carry, template, welcomes
from rapport.segments import actions as segments
from tests.cast import Tell

RULE = 'city = "Oslo"'


@pytest.fixture
def shoppers(lake: Path, tell: Tell) -> None:
    """Four in Oslo, one of whom never agreed to mail, and one in Lima."""
    for number in range(5):
        tell(*welcomes(f"s{number}", first_name=f"Sol {number}", city="Lima" if number == 4 else "Oslo")[: 1 if number == 3 else 2])


@pytest.fixture
def said(shoppers: None) -> dict[str, Any]:
    return {"name": "Spring", "template_id": template().template_id, "rule": RULE}


def fill() -> None:
    while actions.fill_started():
        pass


def test_a_draft_is_kept_changed_and_taken_away(program: Program, said: dict[str, Any]) -> None:
    made = program.post("/campaigns", {**said, "rule": {"trait": "city", "op": "=", "value": "Oslo"}})
    assert made.status_code == 201, made.content
    kept = made.json()
    assert (kept["state"], kept["rule"], kept["people"], kept["report"], kept["version"]) == ("draft", RULE, None, None, None)
    assert kept["by"] == f"token {program.name}"
    path = f"/campaigns/{kept['id']}"
    assert program.get(path).json() == kept
    segments.save_segment("In Lima", 'city = "Lima"', by="ana@company.example")
    changed = program.put(path, {"name": "Summer", "template_id": said["template_id"], "segment": "In Lima"}).json()
    assert (changed["id"], changed["name"], changed["segment"], changed["rule"]) == (kept["id"], "Summer", "In Lima", 'city = "Lima"')
    assert [one["name"] for one in program.get("/campaigns").json()["data"]] == ["Summer"]
    assert program.get(f"{path}/people").json() == {"data": [], "next": None}
    assert program.delete(path).status_code == 204
    for method in ("GET", "PUT", "DELETE"):
        problem_of(program.send(method, path, said if method == "PUT" else b""), 404)


def test_a_draft_is_looked_over(program: Program, said: dict[str, Any], settings: Settings) -> None:
    path = f"/campaigns/{program.post('/campaigns', said).json()['id']}"
    told = program.get(f"{path}/preflight").json()
    assert (told["may_start"], told["people"], told["may_receive"]) == (True, 4, 3)
    assert {"ok", "what", "mend", "stops"} == set(told["findings"][0])
    settings.EMAIL_URL, settings.COMPANY_ADDRESS = "smtp://127.0.0.1:9", ""
    told = program.get(f"{path}/preflight").json()
    assert not told["may_start"] and told["findings"][0]["stops"]
    assert problem_of(program.post(f"{path}/start", {}), 422)["mend"]
    assert program.get(path).json()["state"] == "draft"


def test_it_is_started_once_and_its_report_adds_up(program: Program, said: dict[str, Any]) -> None:
    path = f"/campaigns/{program.post('/campaigns', said).json()['id']}"
    assert program.post(f"{path}/start", {}).json()["state"] == "filling"
    assert program.post(f"{path}/start", b"").json()["state"] == "filling"
    fill()
    assert program.get(path).json()["report"]["waiting"] == 4
    carry()
    first = Message.objects.filter(state="sent").order_by("id")[0]
    Touch.objects.create(message_id=first.id, mailing_id=first.mailing_id, kind="click", at_us=now_us(), machine=False)
    Touch.objects.create(message_id=first.id, mailing_id=first.mailing_id, kind="open", at_us=now_us(), machine=True)
    told = program.get(path).json()
    report = told["report"]
    assert (told["state"], told["people"], told["version"]) == ("done", 4, 1)
    assert [report[name] for name in ("people", "waiting", "leaving", "sent", "unsure", "held", "failed")] == [4, 0, 0, 3, 0, 1, 0]
    held = {"reason": "no_consent", "why": "never agreed to marketing mail", "count": 1, "free_now": 0, "free": None}
    assert report["reasons"] == [held]
    assert (report["opened"], report["clicked"], report["machines"]) == (1, 1, {"opened": 1, "clicked": 0})
    assert (report["orders"], report["revenue"], report["other_currency"]) == (0, "0", 0)
    assert program.get(f"/messages/{first.id}").json()["campaign_id"] == told["id"]


def test_the_people_behind_a_figure_come_page_by_page_and_are_written_down(program: Program, said: dict[str, Any]) -> None:
    path = f"/campaigns/{program.post('/campaigns', said).json()['id']}"
    program.post(f"{path}/start", {})
    fill()
    carry()
    seen, cursor = [], None
    while True:
        page = program.get(f"{path}/people", limit=3, **({"cursor": cursor} if cursor else {})).json()
        seen += [(one["user_id"], one["state"], one["why"]) for one in page["data"]]
        if not (cursor := page["next"]):
            break
    assert seen == [*((f"s{n}", "sent", None) for n in range(3)), ("s3", "held", "never agreed to marketing mail")]
    for which, who in (("sent", 3), ("held", 1), ("no_consent", 1), ("leaving", 0), ("clicked", 0), ("people", 4)):
        assert len(program.get(f"{path}/people", which=which).json()["data"]) == who, which
    entries = AuditEntry.objects.filter(
        deed="campaigns.people", by=f"token {program.name}", subject=path.replace("/campaigns/", "campaign ")
    )
    assert [entry.facts["page"] for entry in entries.order_by("id")] == [3, 1, 3, 1, 1, 0, 0, 4]
    for wrong in ("", "click", "nobody such", "x" * 32, "sent' OR 1=1", "é"):
        assert problem_of(program.get(f"{path}/people", which=wrong), 422)["field"] == "which"


def test_those_leaving_are_the_people_behind_that_figure(program: Program, said: dict[str, Any]) -> None:
    path = f"/campaigns/{program.post('/campaigns', said).json()['id']}"
    program.post(f"{path}/start", {})
    fill()
    Message.objects.filter(id__in=Message.objects.order_by("id").values_list("id", flat=True)[:2]).update(state="cleared")
    mailing_id = Message.objects.all()[0].mailing_id
    assert mails.report(mailing_id).leaving == len(mails.people_of(mailing_id, which="leaving")) == 2
    assert len(program.get(f"{path}/people", which="leaving").json()["data"]) == 2


def test_it_is_paused_gone_on_with_and_cancelled(program: Program, said: dict[str, Any]) -> None:
    path = f"/campaigns/{program.post('/campaigns', said).json()['id']}"
    for turn in ("pause", "go-on", "cancel", "write-again"):
        assert "not started" in problem_of(program.post(f"{path}/{turn}", {}), 422)["detail"]
    program.post(f"{path}/start", {})
    assert "being filled" in problem_of(program.post(f"{path}/go-on", {}), 422)["detail"]
    fill()
    assert program.post(f"{path}/pause", {}).json()["state"] == "paused"
    assert program.post(f"{path}/pause", {}).json()["state"] == "paused"
    problem_of(program.post(f"{path}/write-again", {}), 422)
    assert program.post(f"{path}/go-on", {}).json()["state"] == "running"
    assert program.post(f"{path}/write-again", {}).json() == {"waiting_again": 0}
    Message.objects.filter(customer_id__gt=0).update(state="held", reason="contact_cap", may_go_us=now_us() - 1)
    assert program.post(f"{path}/write-again", {}).json() == {"waiting_again": 4}
    assert program.post(f"{path}/cancel", {}).json()["state"] == "cancelled"
    carry()
    assert {row.state for row in Message.objects.all()} == {"waiting"}
    problem_of(program.post(f"{path}/go-on", {}), 422)
    problem_of(program.put(path, said), 422)
    problem_of(program.delete(path), 422)
    assert program.get(f"{path}/preflight").json()["may_start"] is False
    for turn in ("start", "pause", "go-on", "cancel", "write-again"):
        problem_of(program.post(f"/campaigns/4711/{turn}", {}), 404)
    for asked in ("preflight", "people"):
        problem_of(program.get(f"/campaigns/4711/{asked}"), 404)


def test_campaigns_come_page_by_page(program: Program, said: dict[str, Any]) -> None:
    for name in ("B", "A", "C"):
        program.post("/campaigns", {**said, "name": name})
    first = program.get("/campaigns", limit=2).json()
    assert [one["name"] for one in first["data"]] == ["B", "A"]
    assert [one["name"] for one in program.get("/campaigns", limit=2, cursor=first["next"]).json()["data"]] == ["C"]
    assert [one.name for one in campaigns.campaigns_after(0, limit=2)] == ["B", "A"]
    assert "report" not in first["data"][0]
    told = problem_of(program.post("/campaigns", {**said, "name": "A"}), 409)
    assert told["field"] == "name"


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"rule": 'city = "Osl'}, {"field": "rule", "line": 1}),
        ({"rule": 'did "Nothing Such"'}, {"field": "rule", "line": 1, "column": 1}),
        ({"rule": {"did": 3}}, {"field": "rule", "path": "$.did"}),
        ({"rule": None}, {"field": "rule"}),
        ({"segment": "x"}, {"field": "rule"}),
        ({"rule": None, "segment": "Nobody"}, {"field": "segment"}),
        ({"rule": None, "segment": ""}, {"field": "segment"}),
        ({"template_id": 4711}, {"field": "template_id"}),
        ({"template_id": 0}, {"field": "template_id"}),
        ({"template_id": "1"}, {}),
        ({"name": ""}, {"field": "name"}),
        ({"name": "\t"}, {"field": "name"}),
        ({"name": "\ud800"}, {"field": "name"}),
        ({"people": [1]}, {"field": "people"}),
    ],
)
def test_a_draft_that_cannot_be_is_a_problem_with_its_place(
    program: Program, said: dict[str, Any], more: dict[str, Any], place: dict[str, Any]
) -> None:
    body = {name: value for name, value in {**said, **more}.items() if value is not None}
    answer = program.post("/campaigns", body)
    if more == {"template_id": "1"}:  # a number written as text is read as one
        assert answer.status_code in (201, 422)
        return
    told = problem_of(answer, 422)
    assert {name: told.get(name) for name in place} == place
    assert not Campaign.objects.exists()

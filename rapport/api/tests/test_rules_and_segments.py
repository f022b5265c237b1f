"""Rules and segments over the API: exact counts, pages of one moment, evidence; a segment kept, changed and taken away."""

from pathlib import Path
from typing import Any

import pytest

from rapport.accounts.models import AuditEntry
from rapport.api import asking
from rapport.api.tests.conftest import Program, problem_of
from rapport.lib.refusals import Refusal
from rapport.segments import actions
from rapport.segments.models import Segment
from rapport.segments.queries import segments_after
from tests.cast import Tell, order

BUYERS = 'did "Order Completed" at least 2 times'
TREE = {"did": "Order Completed", "at_least": 2}
LAPSED = f'{BUYERS} BUT NOT did "Order Completed" in the last 90 days'
AS_OF = "2026-03-02T12:00:00Z"


@pytest.fixture
def crowd(lake: Path, cast: dict[str, Any]) -> dict[str, Any]:
    """The standing cast, in a warehouse of their own."""
    return cast


def test_text_and_tree_count_the_same_at_every_part(program: Program, crowd: dict[str, Any]) -> None:
    told = program.post("/rules/count", {"rule": LAPSED, "as_of": AS_OF}).json()
    assert (told["rule"], told["count"], told["everyone"], told["as_of"]) == (LAPSED, 1, 4, AS_OF)
    assert [node["count"] for node in told["nodes"]] == [1, 2, 2]
    assert told["nodes"][1]["text"] == BUYERS
    assert program.post("/rules/count", {"rule": TREE, "as_of": AS_OF}).json()["count"] == 2
    assert program.post("/rules/count", {"rule": '{"did": "Order Completed", "at_least": 2}', "as_of": AS_OF}).json()["count"] == 2


def test_a_count_knows_every_fact_acknowledged_before_it(program: Program, crowd: dict[str, Any], tell: Tell) -> None:
    assert program.post("/rules/count", {"rule": BUYERS}).json()["count"] == 2
    tell(order("ana", "a-2", days_ago=1, sku="LINEN-WHITE", price=80.0))
    assert program.post("/rules/count", {"rule": BUYERS}).json()["count"] == 3


def test_fractions_in_a_tree_stay_exact(program: Program, crowd: dict[str, Any]) -> None:
    body = b'{"rule": {"sum": "revenue", "of": "Order Completed", "op": ">", "value": 0.10}}'
    assert program.post("/rules/count", body).json()["rule"] == 'sum(revenue) of "Order Completed" > 0.1'


def test_members_come_page_by_page_as_of_one_moment(program: Program, crowd: dict[str, Any]) -> None:
    seen, cursor, moments = [], None, set()
    while True:
        page = program.post("/rules/members", {"rule": "everyone", "limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [one["user_id"] for one in page["data"]]
        moments.add(page["as_of"])
        assert page["count"] == 4
        if not (cursor := page["next"]):
            break
    assert seen == ["bob", "ana", "chen", "mia"]
    assert len(moments) == 1
    assert AuditEntry.objects.filter(deed="segments.members", by=f"token {program.name}").count() == 2


def test_evidence_says_why_and_that_it_was_asked(program: Program, crowd: dict[str, Any]) -> None:
    told = program.post("/rules/evidence", {"rule": LAPSED, "customer": crowd["bob"].id, "as_of": AS_OF}).json()
    assert (told["holds"], [node["holds"] for node in told["nodes"]]) == (False, [False, True, True])
    assert told["nodes"][1]["facts"][0]["event"] == "Order Completed"
    assert AuditEntry.objects.filter(deed="customers.read", subject=f"customer {crowd['bob'].id}").count() == 1
    assert problem_of(program.post("/rules/evidence", {"rule": "everyone", "customer": 4711}), 404)["field"] == "customer"


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"rule": 'did "Order Complet"'}, {"line": 1, "column": 1, "field": "rule"}),
        ({"rule": "everyone\nBUT"}, {"line": 2, "field": "rule"}),
        ({"rule": {"did": 3}}, {"path": "$.did", "field": "rule"}),
        ({"rule": "@pyproject.toml"}, {"line": 1, "column": 1, "field": "rule"}),
        ({"rule": "everyone", "as_of": "soon"}, {"field": "as_of"}),
        ({"rule": "everyone", "as_of": "9999-12-31T23:59:59-14:00"}, {"field": "as_of"}),
        ({"rule": 3}, {}),
        ({}, {"field": "rule"}),
    ],
)
def test_a_rule_that_cannot_be_is_a_problem_with_its_place(program: Program, lake: Path, said: Any, place: dict[str, Any]) -> None:
    told = problem_of(program.post("/rules/count", said), 422)
    assert {name: told.get(name) for name in place} == place


def test_a_segment_is_kept_changed_and_taken_away(program: Program, crowd: dict[str, Any]) -> None:
    made = program.post("/segments", {"name": "Buyers", "rule": TREE})
    assert made.status_code == 201
    kept = made.json()
    assert (kept["name"], kept["rule"], kept["tree"], kept["by"]) == ("Buyers", BUYERS, TREE, f"token {program.name}")
    path = f"/segments/{kept['id']}"
    assert program.get(path).json() == kept
    assert [one["user_id"] for one in program.get(f"{path}/members").json()["data"]] == ["bob", "chen"]
    changed = program.put(path, {"name": "Lapsed", "rule": LAPSED}).json()
    assert (changed["id"], changed["name"], changed["rule"]) == (kept["id"], "Lapsed", LAPSED)
    assert [one["user_id"] for one in program.get(f"{path}/members", as_of=AS_OF).json()["data"]] == ["chen"]
    assert program.get("/segments").json() == {"data": [program.get(path).json()], "next": None}
    gone = program.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    problem_of(program.delete(path), 404)
    problem_of(program.get(f"{path}/members"), 404)


def test_segments_come_page_by_page(program: Program, lake: Path) -> None:
    for name in ("B", "A", "C"):
        program.post("/segments", {"name": name, "rule": "everyone"})
    first = program.get("/segments", limit=2).json()
    assert [one["name"] for one in first["data"]] == ["B", "A"]
    assert [one["name"] for one in program.get("/segments", limit=2, cursor=first["next"]).json()["data"]] == ["C"]
    assert [one.name for one in segments_after(0, limit=2)] == ["B", "A"]


def test_a_name_is_given_once_and_a_named_segment_stays(program: Program, lake: Path) -> None:
    one = program.post("/segments", {"name": "One", "rule": "everyone"}).json()
    two = program.post("/segments", {"name": "Two", "rule": 'in segment "One"'}).json()
    problem_of(program.post("/segments", {"name": "One", "rule": "no one"}), 409)
    problem_of(program.put(f"/segments/{two['id']}", {"name": "One", "rule": "everyone"}), 409)
    assert "Two" in problem_of(program.delete(f"/segments/{one['id']}"), 422)["detail"]
    problem_of(program.put(f"/segments/{one['id']}", {"name": "Uno", "rule": "everyone"}), 422)
    assert problem_of(program.put(f"/segments/{one['id']}", {"name": "One", "rule": 'in segment "Two"'}), 422)["field"] == "rule"
    assert list(Segment.objects.order_by("id").values_list("name", "rule")) == [("One", "everyone"), ("Two", 'in segment "One"')]


def test_a_change_is_whole_or_not_at_all(program: Program, lake: Path) -> None:
    one = program.post("/segments", {"name": "One", "rule": "everyone"}).json()
    problem_of(program.put(f"/segments/{one['id']}", {"name": "Uno", "rule": "nonsense"}), 422)
    assert Segment.objects.get().name == "One"


def test_a_warehouse_that_is_far_behind_is_asked_again(program: Program, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(timeout_seconds: float) -> None:
        raise Refusal("The warehouse has not read the log to its end.")

    monkeypatch.setattr(asking.warehouse, "catch_up", late)
    answer = program.post("/rules/count", {"rule": "everyone"})
    problem_of(answer, 429)
    assert int(answer.headers["Retry-After"]) > 0
    problem_of(program.post("/segments", {"name": "One", "rule": "everyone"}, key="later"), 429)
    monkeypatch.undo()
    assert program.post("/segments", {"name": "One", "rule": "everyone"}, key="later").status_code == 201


def test_the_ends_of_the_calendar_harm_nothing(program: Program, crowd: dict[str, Any]) -> None:
    """The first and the last moment there is, under windows that reach beyond them: an answer or a problem, never a fault of ours."""
    rules = (
        'did "Order Completed" in the last 1000 years', 'days since last "Order Completed" > 1',
        'did "Order Completed" since 0001-01-01 AND did "Order Completed" before 9999-12-31', "may receive email",
        'number of "Order Completed" between 0001-01-01 and 9999-12-31 > 0',
    )  # fmt: skip
    for rule in rules:
        for as_of in ("0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "2024-02-29"):
            for path, more in (("/rules/count", {}), ("/rules/evidence", {"customer": crowd["bob"].id})):
                answer = program.post(path, {"rule": rule, "as_of": as_of, **more})
                assert answer.status_code in (200, 422), (rule, as_of, path, answer.content)


def test_a_segments_size_movement_and_overlap(program: Program, crowd: dict[str, Any], tell: Tell) -> None:
    buyers = program.post("/segments", {"name": "Buyers", "rule": 'did "Order Completed"'}).json()["id"]
    regulars = program.post("/segments", {"name": "Regulars", "rule": BUYERS}).json()["id"]
    problem_of(program.get(f"/segments/{buyers}/size"), 429)
    actions.refresh()
    told = program.get(f"/segments/{buyers}/size").json()
    assert (told["people"], told["everyone"], told["days"]) == (3, 4, [])
    found = program.get(f"/segments/{buyers}/overlap?other={regulars}").json()
    assert found["sizes"] == {str(buyers): 3, str(regulars): 2}
    assert found["parts"] == [{"segments": [buyers, regulars], "people": 2}, {"segments": [buyers], "people": 1}]
    moved = program.get(f"/segments/{buyers}/movement?since=2010-01-01&limit=2").json()
    assert (moved["came"], moved["left"], moved["asked"], len(moved["data"])) == (3, 0, True, 2)
    rest = program.get(f"/segments/{buyers}/movement?since=2010-01-01&limit=2&cursor={moved['next']}").json()
    assert {one["user_id"] for one in moved["data"] + rest["data"]} == {"bob", "ana", "chen"}
    assert rest["next"] is None
    assert problem_of(program.get(f"/segments/{buyers}/movement?since=2010-02-31"), 422)["field"] == "since"
    assert AuditEntry.objects.filter(deed="segments.movement").count() == 2


def test_the_log_is_told_who_enters_and_leaves(program: Program, crowd: dict[str, Any]) -> None:
    number = program.post("/segments", {"name": "Buyers", "rule": 'did "Order Completed"'}).json()["id"]
    assert program.put(f"/segments/{number}/told", {"told": True}).json()["told"] is True
    assert program.get(f"/segments/{number}").json()["told"] is True
    problem_of(program.put(f"/segments/{number}/told", {"told": "perhaps"}), 422)

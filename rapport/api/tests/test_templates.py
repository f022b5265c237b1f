"""Templates over the API: written as versions, refused with their place, tried out on a customer and on hard cases."""

from pathlib import Path
from typing import Any

import pytest

from rapport.accounts.models import AuditEntry
from rapport.api.tests.conftest import Let, Program, problem_of
from rapport.customers.models import Customer
from rapport.messaging import queries as mails
from rapport.messaging.models import Message, Template, Version
from rapport.messaging.tests.writing import BODY

SAID: dict[str, Any] = {"name": "News", "purpose": "marketing", "subject": "News for {{ customer.first_name }}", "mjml": BODY}


@pytest.fixture
def shop(lake: Path, cast: dict[str, Customer]) -> dict[str, Customer]:
    """The standing cast, so that customers have first names."""
    return cast


def test_a_template_is_written_read_and_changed_as_versions(program: Program, shop: dict[str, Customer]) -> None:
    made = program.post("/templates", SAID)
    assert made.status_code == 201, made.content
    kept = made.json()
    assert (kept["name"], kept["version"], kept["fields"], kept["by"]) == ("News", 1, ["first_name"], f"token {program.name}")
    path = f"/templates/{kept['id']}"
    assert program.get(path).json() == kept
    changed = program.put(path, {**SAID, "name": "Spring news", "subject": "Spring"}).json()
    assert (changed["id"], changed["name"], changed["version"], changed["subject"]) == (kept["id"], "Spring news", 2, "Spring")
    assert program.put(path, {**SAID, "name": "Spring news", "subject": "Spring"}).json() == changed
    assert program.get(path, version=1).json()["subject"] == SAID["subject"]
    assert problem_of(program.get(path, version=3), 404)["field"] == "version"
    assert [(one["name"], one["version"]) for one in program.get("/templates").json()["data"]] == [("Spring news", 2)]


def test_templates_come_page_by_page(program: Program, shop: dict[str, Customer]) -> None:
    for name in ("B", "A", "C"):
        program.post("/templates", {**SAID, "name": name})
    first = program.get("/templates", limit=2).json()
    assert [one["name"] for one in first["data"]] == ["B", "A"]
    assert [one["name"] for one in program.get("/templates", limit=2, cursor=first["next"]).json()["data"]] == ["C"]
    assert [one.name for one in mails.templates_after(0, limit=2)] == ["B", "A"]


def test_a_name_is_given_once_and_a_purpose_stays(program: Program, shop: dict[str, Customer]) -> None:
    program.post("/templates", SAID)
    other = program.post("/templates", {**SAID, "name": "Other"}).json()
    problem_of(program.post("/templates", SAID), 409)
    assert problem_of(program.put(f"/templates/{other['id']}", SAID), 409)["field"] == "name"
    assert (
        problem_of(program.put(f"/templates/{other['id']}", {**SAID, "name": "Other", "purpose": "transactional"}), 422)["field"]
        == "purpose"
    )
    problem_of(program.put("/templates/4711", SAID), 404)
    assert Version.objects.count() == 2


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"subject": "For {{ customer.frist_name }}"}, {"field": "subject", "line": 1, "mend": "Did you mean customer.first_name?"}),
        ({"subject": "{% for x in (1..99999999) %}a{% endfor %}"}, {"field": "subject"}),
        ({"subject": " "}, {"field": "subject"}),
        ({"subject": "x" * 1001}, {"field": "subject"}),
        ({"mjml": "<mjml>\n<mj-body>{{ customer.nothing_such }}</mj-body></mjml>"}, {"field": "mjml", "line": 2, "column": 13}),
        ({"mjml": "<mjml><mj-body><mj-section></mj-body></mjml>"}, {"field": "mjml"}),
        ({"mjml": ""}, {"field": "mjml"}),
        ({"mjml": '<mjml><mj-body><mj-include path="/etc/passwd" /></mj-body></mjml>'}, {"field": "mjml", "line": 1}),
        ({"mjml": "x" * 200_001}, {"field": "mjml"}),
        ({"text": "{{ customer.first_name | eval }}"}, {"field": "text", "line": 1}),
        ({"text": "{% include 'settings' %}"}, {"field": "text", "line": 1}),
        ({"text": "a\0"}, {"field": "text"}),
        ({"text": None}, {"field": "text"}),
        ({"purpose": "spam"}, {"field": "purpose"}),
        ({"name": "\n"}, {"field": "name"}),
        ({"name": "a\u202eb"}, {"field": "name"}),
        ({"html": "<b>"}, {"field": "html"}),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_a_problem_with_its_place(
    program: Program, shop: dict[str, Customer], more: dict[str, Any], place: dict[str, Any]
) -> None:
    told = problem_of(program.post("/templates", {**SAID, **more}), 422)
    assert {name: told.get(name) for name in place} == place
    assert not Template.objects.exists()


def test_a_preview_is_a_customers_own_mail_and_written_down(program: Program, shop: dict[str, Customer]) -> None:
    kept = program.post("/templates", SAID).json()
    path, bob = f"/templates/{kept['id']}/preview", shop["bob"]
    told = program.post(path, {"customer_id": bob.id}).json()
    assert (told["subject"], told["version"], told["trouble"]) == ("News for Bob", 1, None)
    assert "Dear Bob" in told["text"] and "Dear Bob" in told["html"]
    entry = AuditEntry.objects.get(deed="customers.read")
    assert (entry.subject, entry.by, entry.facts["template"]) == (f"customer {bob.id}", f"token {program.name}", kept["id"])
    assert not Message.objects.exists()


def test_hard_cases_are_tried_out_too(program: Program, let: Let, shop: dict[str, Customer]) -> None:
    path = f"/templates/{program.post('/templates', SAID).json()['id']}/preview"
    for case in mails.HARD_CASES:
        assert program.post(path, {"case": case}).json()["trouble"] is None
    assert "<script>" not in program.post(path, {"case": "hostile"}).json()["html"]
    assert problem_of(program.post(path, {"case": "easy"}), 422)["field"] == "case"
    for said in ({}, {"case": "hostile", "customer_id": shop["bob"].id}):
        problem_of(program.post(path, said), 422)
    assert problem_of(program.post(path, {"customer_id": 4711}), 404)["field"] == "customer_id"
    narrow = let("campaigns:read")
    assert narrow.post(path, {"case": "hostile"}).status_code == 200
    assert "customers:read" in problem_of(narrow.post(path, {"customer_id": shop["bob"].id}), 403)["detail"]


def test_a_template_that_breaks_on_somebody_says_so(program: Program, shop: dict[str, Customer]) -> None:
    subject = "{% assign n = customer.first_name.size %}{% if n > 9 %}{{ 1 | divided_by: 0 }}{% endif %}Hello"
    kept = program.post("/templates", {**SAID, "subject": subject})
    told = program.post(f"/templates/{kept.json()['id']}/preview", {"case": "longest name"}).json()
    assert told["subject"] is None
    assert "divide" in told["trouble"]

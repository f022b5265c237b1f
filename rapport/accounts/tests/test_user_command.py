"""`rapport user add`: an account that can sign in, its password shown once, and every slip refused in words."""

import io
import json

import pytest
from django.core.management import call_command
from django.test import Client

from rapport.accounts.models import AuditEntry, User
from rapport.accounts.queries import has_users, user_of
from rapport.lib.refusals import Refusal


def add(*words: str) -> str:
    said = io.StringIO()
    call_command("user", "add", *words, stdout=said, stderr=io.StringIO())
    return said.getvalue()


@pytest.mark.django_db
def test_a_made_password_signs_in(client: Client) -> None:
    assert not has_users()
    answer = json.loads(add("Ana@Example.com", "--role", "head", "--json"))
    assert answer["email"] == "ana@example.com"
    user = user_of("ana@example.com")
    assert user is not None
    assert user.check_password(answer["password"])
    assert user.role == "head"
    assert has_users()


@pytest.mark.django_db
def test_a_password_on_standard_input_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("long and dull and mine\n"))
    said = add("bob@example.com", "--role", "agent", "--password-stdin")
    assert "mine" not in said
    assert User.objects.get(email="bob@example.com").check_password("long and dull and mine")


@pytest.mark.django_db
def test_who_made_an_account_is_written_down() -> None:
    add("bob@example.com", "--role", "agent")
    entry = AuditEntry.objects.get(deed="accounts.add")
    assert (entry.by, entry.subject, entry.facts) == ("command line", "user bob@example.com", {"role": "agent"})


@pytest.mark.django_db
def test_a_second_account_for_an_address_is_refused() -> None:
    add("bob@example.com", "--role", "agent")
    with pytest.raises(Refusal, match="already"):
        add("BOB@example.com", "--role", "head")
    assert User.objects.get().role == "agent"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "stdin", "said"),
    [("nobody", "x" * 20, "no mail address"), ("a@example.com", "short", "weak"), ("a@example.com", "", "No password")],
)
def test_slips_are_refused(email: str, stdin: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    with pytest.raises(Refusal, match=said):
        add(email, "--role", "head", "--password-stdin")
    assert not has_users()

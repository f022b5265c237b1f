"""`rapport token`: a token opens the API for its scopes until it is revoked; its secret is shown once and kept nowhere."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from rapport.accounts.models import AuditEntry
from rapport.api.models import Token
from rapport.api.queries import token_of
from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal

pytestmark = pytest.mark.django_db


def token(*words: str) -> Any:
    said = io.StringIO()
    call_command("token", *words, "--json", stdout=said)
    return json.loads(said.getvalue())


def add(name: str = "till", scopes: str = "customers:read, facts:read") -> Any:
    return token("add", "--name", name, "--scopes", scopes)


def ask(secret: str) -> int:
    return Client().get("/api/v1/customers", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_a_token_opens_the_api_until_revoked() -> None:
    made = add()
    assert made["scopes"] == ["customers:read", "facts:read"]
    assert made["token"].startswith(made["prefix"])
    assert made["prefix"].startswith("rpt_")
    assert ask(made["token"]) == 200
    assert token("revoke", made["prefix"])["revoked"]
    assert ask(made["token"]) == 401
    assert [kept["revoked"] is None for kept in token("list")["tokens"]] == [False]
    assert [entry.deed for entry in AuditEntry.objects.filter(deed__startswith="api.")] == ["api.add_token", "api.revoke_token"]


def test_only_the_hash_of_the_secret_is_kept() -> None:
    made = add()
    kept = " ".join(str(value) for value in Token.objects.values().get().values())
    assert made["prefix"] in kept
    assert made["token"] not in kept
    assert made["token"].removeprefix(made["prefix"] + "_") not in kept
    assert "token" not in token("list")["tokens"][0]
    assert "secret" not in str(list(AuditEntry.objects.values_list("facts", flat=True)))


def test_a_secret_must_fit_its_prefix() -> None:
    one, other = add("one"), add("other")
    assert token_of(one["prefix"] + other["token"][12:]) is None
    assert token_of(one["token"][:-1]) is None
    assert token_of(one["token"] + "x") is None
    assert token_of(one["token"]) == Token.objects.get(name="one")


def test_when_it_was_last_used_is_known_to_the_minute() -> None:
    made = add()
    assert token("list")["tokens"][0]["last_used"] is None
    ask(made["token"])
    kept = Token.objects.get()
    assert kept.last_used_us is not None
    ask(made["token"])
    assert Token.objects.get().last_used_us == kept.last_used_us
    Token.objects.update(last_used_us=now_us() - 61_000_000)
    ask(made["token"])
    assert (Token.objects.get().last_used_us or 0) >= kept.last_used_us


@pytest.mark.parametrize(
    ("name", "scopes", "words"),
    [("x", "customers:own", "no scope"), ("x", "", "opens nothing"), ("", "facts:read", "a name"), ("x" * 51, "facts:read", "a name")],
)
def test_slips_are_refused_in_words(name: str, scopes: str, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        add(name, scopes)
    assert not Token.objects.exists()


def test_a_name_is_free_again_once_its_token_is_revoked() -> None:
    first = add()
    with pytest.raises(Refusal, match="in use already"):
        add()
    token("revoke", first["token"])  # the whole of it serves as well, where it leaked
    assert add()["prefix"] != first["prefix"]
    with pytest.raises(Refusal, match="no such token"):
        token("revoke", first["prefix"])

"""`rapport key`: a key opens the door for its source until it is revoked."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from rapport.accounts.models import AuditEntry
from rapport.intake import keys
from rapport.lib.refusals import Refusal


def key(*words: str) -> Any:
    said = io.StringIO()
    call_command("key", *words, "--json", stdout=said)
    return json.loads(said.getvalue())


@pytest.mark.django_db
def test_a_key_opens_the_door_of_its_source_until_revoked() -> None:
    made = key("add", "--source", "shop")
    assert made["source"] == "shop"
    door = keys.door_of(made["key"])
    assert door is not None
    assert not door.browser
    key("revoke", made["key"])
    assert keys.door_of(made["key"]) is None
    assert [kept["revoked"] for kept in key("list")["keys"]] == [True]


@pytest.mark.django_db
def test_a_browser_key_says_so() -> None:
    made = key("add", "--source", "site", "--browser")
    assert made["browser"]
    assert made["key"].startswith("pub_")


@pytest.mark.django_db
def test_a_key_nobody_has_cannot_be_revoked() -> None:
    with pytest.raises(Refusal, match="no such key"):
        key("revoke", "key_of_nobody")


@pytest.mark.django_db
def test_making_and_revoking_is_written_down_without_the_key() -> None:
    made = key("add", "--source", "shop")
    key("revoke", made["key"])
    assert [entry.deed for entry in AuditEntry.objects.order_by("id")] == ["intake.add_key", "intake.revoke_key"]
    assert not AuditEntry.objects.filter(subject__contains=made["key"]).exists()

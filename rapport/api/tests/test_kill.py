"""Killed between the effect and the answer, a write is not there; sent again it is done once; after a restart it is answered alike."""

import json
import subprocess
import sys

import pytest

from tests.house.source import ROOT
from tests.installation import Installation

SEND = """
import os, sys
import django
django.setup()
from django.test import Client
from rapport.api.routes import customers
if "killed" in sys.argv:
    customers.write_down = lambda *words, **facts: os.kill(os.getpid(), 9)  # the fact is written, its answer is not
answer = Client().post(
    "/api/v1/customers", b'{"user_id": "eve"}', content_type="application/json",
    headers={"Authorization": f"Bearer {sys.argv[1]}", "Idempotency-Key": "k-1"},
)
print(answer.status_code, answer.headers.get("Idempotent-Replayed"), answer.content.decode())
"""


@pytest.mark.slow
def test_a_kill_between_effect_and_answer_leaves_neither(installation: Installation) -> None:
    token = installation.ask("token", "add", "--name", "till", "--scopes", "customers:write")["token"]
    environment = installation.environment | {"DJANGO_SETTINGS_MODULE": "rapport.settings"}

    def send(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", SEND, token, *words], env=environment, cwd=ROOT, capture_output=True, text=True)

    def counts() -> list[int]:
        return [
            installation.rows(f"SELECT count(*) FROM {table}")[0][0] for table in ("events_event", "customers_customer", "api_keptanswer")
        ]

    assert send("killed").returncode == -9
    assert counts() == [0, 0, 0]
    first, again = send(), send()
    assert counts() == [1, 1, 1]
    assert first.stdout.split(maxsplit=2)[:2] == ["200", "None"], first.stderr
    assert again.stdout.split(maxsplit=2)[:2] == ["200", "true"], again.stderr
    assert json.loads(first.stdout.split(maxsplit=2)[2]) == json.loads(again.stdout.split(maxsplit=2)[2])

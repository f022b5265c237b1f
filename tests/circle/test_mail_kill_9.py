"""`kill -9` while a mailing leaves: nobody is forgotten, nobody gets it twice, and at most one a connection and kill is in doubt."""

import random
import time
from collections import Counter

import pytest

from rapport.messaging.tests.sink import sink
from tests.installation import Installation, kill

pytestmark = pytest.mark.slow
CONNECTIONS = 4
SIZES = [(2_000, 3), pytest.param(100_000, 20, marks=pytest.mark.soak)]
SECONDS_EACH_MAX = 0.1  # of a message, on a slow machine


@pytest.mark.parametrize(("people", "kills"), SIZES)
def test_a_mailing_is_killed_and_ends_as_if_it_had_not_been(people: int, kills: int, installation: Installation) -> None:
    chance = random.Random(f"mailing {kills}")
    with sink() as server:
        installation.settings |= {
            "RAPPORT_EMAIL_URL": f"smtp://127.0.0.1:{server.port}", "RAPPORT_MAIL_CONNECTIONS": str(CONNECTIONS),
            "RAPPORT_MAIL_FROM": "Halden <news@halden.example>", "RAPPORT_COMPANY_ADDRESS": "1 Quay Street",
        }  # fmt: skip
        installation.play("tests.circle.mailing", str(people))
        stops = sorted(chance.sample(range(people // 20, people * 9 // 10), kills))
        worker = installation.start("worker")
        deadline = time.monotonic() + 60 + people * SECONDS_EACH_MAX + 20 * kills
        for stop in stops:
            while len(server.mails) < stop:
                assert worker.poll() is None and time.monotonic() < deadline, installation.words_of("worker")
                time.sleep(0.005)
            kill(worker)
            worker = installation.start("worker")
        while installation.rows("SELECT state FROM messaging_mailing") != [("done",)]:
            assert worker.poll() is None and time.monotonic() < deadline, installation.words_of("worker")
            time.sleep(0.2)
        kill(worker)
    states = Counter(state for (state,) in installation.rows("SELECT state FROM messaging_message"))
    arrived = Counter(server.recipients)
    assert sum(states.values()) == people and set(states) <= {"sent", "unsure"}, states
    assert states["unsure"] <= kills * CONNECTIONS
    assert max(arrived.values()) == 1, "somebody got it twice"
    sent = {address for (address,) in installation.rows("SELECT address FROM messaging_message WHERE state = 'sent'")}
    assert sent <= set(arrived), "somebody is said to have it, and has not"
    told = installation.rows("SELECT count(*) FROM events_event WHERE message_id LIKE 'email-sent:%'")
    assert told == [(states["sent"],)]

"""Which loops the house runs, and how often each looks for work."""

import time

from django.conf import settings

from rapport.api.actions import tidy_answers
from rapport.campaigns import actions as campaigns
from rapport.events.reactions import run_reactions
from rapport.intake import queries as doors
from rapport.intake.files import actions as files
from rapport.intake.models import LoadState
from rapport.lib.locks import HeldByAnother
from rapport.lib.refusals import Refusal
from rapport.messaging import answers, inbound
from rapport.messaging.delivery import Courier
from rapport.run.loops import Loop, Stopping
from rapport.segments import actions as segments
from rapport.value.valuing import NightlyFit
from rapport.warehouse import actions as warehouse

TIDY_SECONDS = 120
LOADS_LOOKED_AT = 200


class Warehouse:
    """Load the next stretch of the log; now and then tidy up, by the same hand: the lake has one writer."""

    def __init__(self) -> None:
        self._tidy_at = time.monotonic() + TIDY_SECONDS

    def __call__(self, stopping: Stopping) -> bool:
        moved = warehouse.load_pass() > 0
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_SECONDS
            warehouse.tidy()
        return moved


def react(stopping: Stopping) -> bool:
    return run_reactions() > 0


def run_loads(stopping: Stopping) -> bool:
    """Files given in by a page, and those whose process died."""
    return files.run_waiting(stopping=stopping)


def take_back_loads(stopping: Stopping) -> bool:
    """Loads whose taking back was asked for, or cut short."""
    for load in doors.loads(limit=LOADS_LOOKED_AT):
        if load.state == LoadState.TAKING_BACK:
            try:
                files.take_back(load.id)
            except Refusal as no:
                if isinstance(no.__cause__, HeldByAnother):
                    continue  # another process does it
                raise
            return True
    return False


def refresh_segments(stopping: Stopping) -> bool:
    return segments.refresh_if_due()


def fill_campaigns(stopping: Stopping) -> bool:
    return campaigns.fill_started()


def tell_touches(stopping: Stopping) -> bool:
    return answers.tell_touches() > 0


def smtp_door(stopping: Stopping) -> bool:
    """One worker holds it open; where that one dies the next does."""
    return inbound.stand_open(stopping, time.sleep)


def couriers() -> list[Loop]:
    """One for each connection to the mail server; of all workers together, whoever has a courier's lock is it."""
    return [
        Loop(courier.lock, courier, pause_seconds=1, lock=courier.lock) for courier in map(Courier, range(1, settings.MAIL_CONNECTIONS + 1))
    ]


def tidy_api(stopping: Stopping) -> bool:
    """Answers kept for writes that might have come again."""
    return tidy_answers() > 0


LOOPS = (
    Loop("warehouse", Warehouse(), pause_seconds=1),
    Loop("reactions", react, pause_seconds=1, lock="reactions"),
    Loop("loads", run_loads, pause_seconds=1),
    Loop("taking back", take_back_loads, pause_seconds=5),
    Loop("segments", refresh_segments, pause_seconds=1),
    Loop("value", NightlyFit(), pause_seconds=30, lock="nightly value"),
    Loop("campaigns", fill_campaigns, pause_seconds=1, lock="campaigns"),
    Loop("answers to mail", tell_touches, pause_seconds=1, lock="answers to mail"),
    *couriers(),
    *([Loop("mail door", smtp_door, pause_seconds=5, lock="mail door")] if settings.SMTP_DOOR else []),
    Loop("kept answers", tidy_api, pause_seconds=60, lock="kept-answers"),
)

"""Whether a data folder holds the practice company: its marker tells what was to be played in, and how far that came."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from rapport.accounts import queries as accounts
from rapport.events import queries as log
from rapport.learn.practice.clockwork import message_id
from rapport.lib.refusals import Refusal

SEED = 20


@dataclass(frozen=True)
class Practice:
    """What the company of this folder is made from. The same again adds nothing, so a cut-short start is taken up by playing anew."""

    seed: int
    customers: int
    until_us: int
    complete: bool = False


def _marker() -> Path:
    return Path(settings.DATA_DIR, settings.PRACTICE_MARK)


def standing() -> Practice | None:
    """The practice company of this folder, None where the folder is empty; refused where somebody's own facts or staff are."""
    holds_facts = log.log_end() != (0, 0)
    try:
        kept = Practice(**json.loads(_marker().read_text()))
    except FileNotFoundError:
        if holds_facts or accounts.has_users():
            raise _not_practice("somebody's own accounts or facts are in it") from None
        return None
    if holds_facts and not log.message_ids_kept([message_id(kept.seed, 1)]):
        raise _not_practice("its facts are not those of the practice company")
    return kept if holds_facts else Practice(kept.seed, kept.customers, kept.until_us)


def keep(practice: Practice) -> None:
    """Write the marker, whole or not at all."""
    fresh = _marker().with_suffix(".new")
    fresh.write_text(json.dumps(asdict(practice)))
    fresh.replace(_marker())


def _not_practice(why: str) -> Refusal:
    return Refusal(
        f"{settings.DATA_DIR} is not a practice company: {why}. Nothing was changed.",
        mend="Name an empty folder: RAPPORT_DATA_DIR=practice-data rapport demo.",
    )

"""Customers, one a row: an identify with their traits, and a word on consent for each channel the file speaks of.

A row without a time of its own is told as of the load. It never brings back a consent that was withdrawn, and it counts
as news only where it says something else than what stands: a file that was changed back is taken in, the same file is not.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from rapport.customers import queries as customers
from rapport.events import queries as log
from rapport.intake.files.columns import Columns, Fields
from rapport.intake.files.kinds.kind import Kind, content_id, track
from rapport.intake.files.others import readings, values_of
from rapport.intake.files.rows import Row, Table, Trouble
from rapport.intake.files.units import Context, Unit
from rapport.intake.files.values import BadCell, day, iso, moment_us, truth

IDENTIFIERS = ("user_id", "membership_number", "email", "phone")  # strongest first
PLAIN_TRAITS = ("first_name", "last_name", "country", "region", "city", "postal_code", "membership_number")
CONSENT = "consent_"
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"[+(]?[\d(][\d ()/.-]{4,24}", re.ASCII)
NO_COUNTRY = "names nobody but a telephone number without its country; write it as +44 20 7946 0958"
NO_IDENTIFIER = "names nobody: user_id, email, phone and membership_number are all empty or unusable"


class Word(NamedTuple):
    """What a row says of one channel."""

    channel: str
    given: bool
    timed: bool  # the row says when


class Said(NamedTuple):
    """What is kept of a row until its batch: whom it names, what it says, whether it says when."""

    keys: list[tuple[str, str]]
    traits: dict[str, Any]
    timed: bool
    words: list[Word]


class Customers(Kind):
    name = "customers"
    fields = Fields(
        (
            "user_id", "email", "phone", "first_name", "last_name", "birthday", "country", "region", "city", "postal_code",
            "created_at", "updated_at", "membership_number", "consent_at", "consent_source",
        ),
        one_of=(IDENTIFIERS,),
        prefixes=(CONSENT,),
        others="traits",
    )  # fmt: skip

    def __init__(self, context: Context, table: Table, columns: Columns) -> None:
        super().__init__(context, table, columns)
        known = {path: facts.kind for path, facts in log.catalogue().traits.items()}
        self._others = readings(table, columns.others, known, context.zone)
        self.channels = sorted(
            name.removeprefix(CONSENT) for name in columns.fields if name.startswith(CONSENT) and name not in self.fields.names
        )
        consent = {f"{CONSENT}{channel}" for channel in self.channels} | {"consent_at", "consent_source"}
        self._content = sorted((name, place) for place, name in columns.names_by_place().items() if name not in consent)
        self._plain = [(name, columns.fields[name]) for name in PLAIN_TRAITS if name in columns.fields]

    def unit(self, row: Row) -> Unit | Trouble:
        line, cells = row
        notes: list[Trouble] = []
        traits = {name: cell for name, place in self._plain if (cell := cells[place].strip())}
        self._addresses(row, traits, notes)
        user_id = self.cell(cells, "user_id")
        keys = _keys(user_id, traits)
        if not keys:
            return Trouble(line, NO_COUNTRY if "phone" in traits else NO_IDENTIFIER, "phone" if "phone" in traits else "", tuple(cells))
        created_us, updated_us, at_us = (self._time(row, field, notes) for field in ("created_at", "updated_at", "consent_at"))
        if birthday := self._day(row, "birthday", notes):
            traits["birthday"] = birthday
        if created_us is not None:
            traits["created_at"] = iso(created_us)
        traits.update(values_of(cells, self._others))
        own_us = updated_us if updated_us is not None else created_us
        content = content_id("customer", *(f"{name}={cell}" for name, place in self._content if (cell := cells[place].strip())))
        person: dict[str, Any] = {"userId": user_id} if user_id else {"context": {"traits": dict(keys)}}
        time = "" if own_us is None else iso(own_us)
        identify = {"type": "identify", "messageId": content, "timestamp": time or None, "userId": user_id or None, "traits": traits}
        words = self._words_on_consent(row, notes, timed=at_us is not None)
        consents = [self._consent(cells, keys, person, word, time if at_us is None else iso(at_us)) for word in words]
        return Unit([row], [identify, *consents], Said(keys, traits, own_us is not None, words), notes)

    def _addresses(self, row: Row, traits: dict[str, Any], notes: list[Trouble]) -> None:
        line, cells = row
        if email := self.cell(cells, "email").removeprefix("mailto:"):
            if EMAIL.fullmatch(email):
                traits["email"] = email
            else:
                notes.append(Trouble(line, "no mail address; left out", "email", tuple(cells)))
        if phone := self.cell(cells, "phone"):
            if PHONE.fullmatch(phone):
                traits["phone"] = f"+{phone[2:]}" if phone.startswith("00") else phone
            else:
                notes.append(Trouble(line, "no telephone number; left out", "phone", tuple(cells)))

    def _time(self, row: Row, field: str, notes: list[Trouble]) -> int | None:
        try:
            return moment_us(self.cell(row[1], field), self.context.zone, self.context.options.time_format)
        except BadCell as bad:
            notes.append(Trouble(row[0], f"{bad}; left out", field, tuple(row[1])))
            return None

    def _day(self, row: Row, field: str, notes: list[Trouble]) -> str:
        try:
            found = day(self.cell(row[1], field), self.context.options.time_format)
            return found.isoformat() if found else ""
        except BadCell as bad:
            notes.append(Trouble(row[0], f"{bad}; left out", field, tuple(row[1])))
            return ""

    def _words_on_consent(self, row: Row, notes: list[Trouble], *, timed: bool) -> list[Word]:
        words = []
        for channel in self.channels:
            try:
                given = truth(self.cell(row[1], f"{CONSENT}{channel}"))
            except BadCell as bad:
                notes.append(Trouble(row[0], f"{bad}; left out", f"{CONSENT}{channel}", tuple(row[1])))
                continue
            if given is not None:
                words.append(Word(channel, given, timed))
        return words

    def _consent(self, cells: list[str], keys: list[tuple[str, str]], person: dict[str, Any], word: Word, time: str) -> dict[str, Any]:
        """A word on consent; its id leaves out the time where the row does not say when, so that a stale file says nothing new."""
        source = self.cell(cells, "consent_source") or self.context.file_name
        kind, value = keys[0]
        said = "yes" if word.given else "no"
        parts = (kind, value, word.channel, said, *((time, self.cell(cells, "consent_source")) if word.timed else ()))
        event = "Consent Given" if word.given else "Consent Withdrawn"
        properties = {"channel": word.channel, "purpose": "marketing", "source": source}
        return track(event, content_id("consent", *parts), person, time, properties)

    def settle(self, units: Sequence[Unit]) -> None:
        """Hold rows that do not say when against what stands."""
        undated = [unit for unit in units if not unit.record.timed or any(not word.timed for word in unit.record.words)]
        standing = customers.standing({unit.record.keys[0] for unit in undated}) if undated else {}
        changed_back = []
        for unit in undated:
            said: Said = unit.record
            if (stands := standing.get(said.keys[0])) is None:
                continue
            if not said.timed and any(stands.traits.get(name) != value for name, value in said.traits.items()):
                changed_back.append(unit.messages[0])
            unit.messages[1:] = [
                message
                for word, message in zip(said.words, unit.messages[1:], strict=True)
                if word.timed or self._undated_word_counts(unit, word, message, given=stands.consents.get(word.channel))
            ]
        if changed_back and not self.context.loaded_before:
            kept = log.message_ids_kept([message["messageId"] for message in changed_back])
            for message in changed_back:
                if message["messageId"] in kept:
                    message["messageId"] += f":{self.context.digest[:16]}"

    def _undated_word_counts(self, unit: Unit, word: Word, message: dict[str, Any], *, given: bool | None) -> bool:
        if word.given and given is False:
            line, cells = unit.rows[0]
            reason = "consent was withdrawn, and the row does not say when it was given again; left out (add consent_at)"
            unit.notes.append(Trouble(line, reason, f"{CONSENT}{word.channel}", tuple(cells)))
            return False
        if not word.given and given and not self.context.loaded_before:
            message["messageId"] += f":{self.context.digest[:16]}"  # a no is always news where a yes stands
        return True


def _keys(user_id: str, traits: dict[str, Any]) -> list[tuple[str, str]]:
    """What the row's customer is found by, written as identifiers are kept."""
    phone = traits.get("phone", "")
    values = {
        "user_id": user_id,
        "membership_number": traits.get("membership_number", ""),
        "email": traits.get("email", "").lower(),
        "phone": "+" + re.sub(r"\D", "", phone) if phone.startswith("+") else "",
    }
    return [(kind, values[kind]) for kind in IDENTIFIERS if values[kind]]

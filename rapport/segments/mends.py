"""From a reader's stumble to plain words: what stood there, what could have stood there, and the nearest word that was meant."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from rapport.segments.errors import RuleError
from rapport.segments.literals import unit_of
from rapport.segments.nodes import Place
from rapport.segments.words import RESERVED, SPELLINGS, expected_words

SHOWN_LENGTH_MAX = 40
SLIPS: tuple[tuple[str, str], ...] = (  # a pattern at the place, the mend
    (r"[“”„«»‘’']", 'Text stands in straight double quotes: "…".'),
    (r'"(?:\\.|[^"\\\n])*(?:\n|$)', "Close the text with a double quote; a quote inside is written \\\", a line break \\n."),
    (r"`", "Close the name with a backtick."),
    (r"≤", "Write <=."),
    (r"≥", "Write >=."),
    (r"≠|~=", "Write !=."),
    (r"&&?", "Write AND."),
    (r"\|\|?", "Write OR."),
    (r"!", "Write BUT NOT for the difference of two conditions, != for unequal."),
    (r"[-–—−]", "Write BUT NOT for the difference; a minus stands right before its number."),
    (r"\+", "Numbers are written without +; conditions are joined with AND or OR."),
    (r"[$€£¥]", "Write the bare number; money is in the company's currency."),
    (r"%", "Write the bare number."),
    (r"\.\d", "Write a number with a digit before the point: 0.5."),
    (r"[,;]", "Conditions are joined with AND, OR or BUT NOT; numbers have no thousands marks."),
    (r"[{\[]", "Round brackets group conditions."),
    (r"(?i:not|except|without|minus|unless)(?!\w)", "Write BUT NOT for the difference: everyone BUT NOT did \"Order Completed\"."),
    (r"(?i:null|none|nil|empty|missing)(?!\w)", "A missing value is asked for with `is unknown`."),
    (r"(?i:yes|no)(?!\w)", "Write true or false."),
    (r"(?i:like|includes|matches)(?!\w)", "Write contains or starts with."),
    (r"(?i:after)(?!\w)", "Write since."),
    (r"(?i:until)(?!\w)", "Write before."),
    (r"(?i:ever|during|within)(?!\w)", "Write in the last 90 days, or leave the window out to mean all time."),
    (r"(?i:all|everybody)(?!\w)", "Write everyone."),
    (r"(?i:nobody)(?!\w)", "Write no one."),
    (r"(?i:has|have|had|does|do)(?!\w)", 'Write did "Order Completed".'),
    (
        r"(?i:then)(?!\w)",
        'A sequence names its events, counts no times, and its window stands last: did "A" then "B" within 7 days in the last 30 days.',
    ),
    (r"(?i:miles?|kilomet(?:er|re)s?)(?!\w)", "Write km or mi."),
    (r"(?i:twice)(?!\w)", "Write at least 2 times."),
    (r"(?i:once)(?!\w)", "Write exactly 1 times."),
)  # fmt: skip
PAIRS = {"==": "Equal is written with one =.", "<>": "Write !=.", "=<": "Write <=.", "=>": "Write >=.", "=!": "Write !="}
TIMES = re.compile(r"(?i:at\s+least|at\s+most|exactly)\b")
WORD = re.compile(r"\"(?:\\.|[^\"\\\n]){0,60}\"?|`[^`\n]{0,60}`?|[\w.]{1,60}|\S")
GLUED = re.compile(r"(\d+)([A-Za-z]+)")
DAY = re.compile(r'"(\d{4}-\d{2}-\d{2}[^"]*)"')


@dataclass(frozen=True)
class Stumble:
    """Where reading stopped: `text[at:]` cannot stand there, though what is `accepted` could."""

    text: str
    at: int
    accepted: set[str]
    before: str = ""  # the name just read: often it is the word that was mistyped, not what follows
    accepted_before: frozenset[str] = frozenset()  # what could have stood in its place

    @property
    def found(self) -> str:
        return self.text[self.at :]

    @property
    def word(self) -> str:
        piece = WORD.match(self.found)
        return piece[0] if piece else ""


def unread(stumble: Stumble) -> RuleError:
    """The refusal for a place that cannot be read."""
    expected = expected_words(stumble.accepted)
    trouble = f"{shown(stumble.word)} cannot stand here." if stumble.word else "The rule ends too early."
    wanted = f"Expected {expected}." if expected else ""
    return RuleError(trouble, mend=" ".join(filter(None, (_mend(stumble), wanted))), place=place_in(stumble.text, stumble.at))


def _mend(stumble: Stumble) -> str:
    word, accepted = stumble.word, stumble.accepted
    if not word:
        return _meant_before(stumble) or ("Close the bracket with )." if "CLOSE" in accepted else "")
    if mend := _constant_mend(stumble) or _pair_mend(stumble):
        return mend
    if near := nearest(word, words_for(accepted), stumble.found):
        return f"Did you mean `{near}`?"
    slip = next((mend for slip, mend in SLIPS if re.match(slip, stumble.found)), "")
    if slip or (meant := _meant_before(stumble)):
        return slip or meant
    if TIMES.match(stumble.found) and "_AND" in accepted:
        return "Several conditions after where stand in brackets: where ( … AND … )."
    if {"NUMBER", "TEXT"} <= accepted and re.fullmatch(r"[^\W\d]\w*", word):
        return f'Write text in double quotes: "{word[:SHOWN_LENGTH_MAX]}".'
    return f"As a name it stands in backticks: `{word}`." if word.lower() in RESERVED and "NAME" in accepted else ""


def _constant_mend(stumble: Stumble) -> str:
    word, accepted = stumble.word, stumble.accepted
    if "TIME" in accepted and "TEXT" not in accepted and (day := DAY.match(stumble.found)):
        return f"Write the time without quotes: {day[1]}."
    if "TEXT" in accepted and "NUMBER" not in accepted and re.fullmatch(r"[\w.-]+", word):
        return f'Write it in double quotes: "{word[:SHOWN_LENGTH_MAX]}".'
    if (glued := GLUED.fullmatch(word)) and (unit_of(glued[2]) or glued[2].lower() in SPELLINGS["DISTANCE_UNIT"]):
        return f"Write {glued[1]} {glued[2]}, apart."
    if "COUNT" in accepted and re.match(r"-|\d+\.\d", stumble.found):
        return "Write a whole number, 0 or more."
    return ""


def _pair_mend(stumble: Stumble) -> str:
    """Signs of two letters that other languages have."""
    return PAIRS.get(stumble.text[max(stumble.at - 1, 0) : stumble.at + 1], "")


def _meant_before(stumble: Stumble) -> str:
    near = nearest(stumble.before, words_for(stumble.accepted_before)) if stumble.before else ""
    return f"Did you mean `{near}` for `{stumble.before[:SHOWN_LENGTH_MAX]}`?" if near else ""


def words_for(terminals: Collection[str]) -> list[str]:
    return [word for terminal in sorted(terminals) for word in SPELLINGS.get(terminal, ())]


def nearest(word: str, known: Sequence[str], rest: str = "") -> str:
    """The known word a mistyped one stands for, or "". Phrases are compared with as many words as they have."""
    spelled = {known_word.casefold(): known_word for known_word in known}
    asked = {word.casefold()} | {" ".join(rest.split()[:count]).casefold() for count in (2, 3) if rest}
    for text in sorted(asked, key=len, reverse=True):
        if near := get_close_matches(text[:64], list(spelled), n=1, cutoff=0.75):
            return spelled[near[0]]
    return ""


def shown(word: str) -> str:
    """A word as a message may show it: short, on one line, with nothing a terminal would obey."""
    plain = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in word)
    return f"`{plain[:SHOWN_LENGTH_MAX]}{'…' if len(plain) > SHOWN_LENGTH_MAX else ''}`"


def place_in(text: str, offset: int) -> Place:
    start = text.rfind("\n", 0, offset) + 1
    return Place(text.count("\n", 0, offset) + 1, offset - start + 1)

"""Numbers of the business in a rule's text: `$lapsed_after` stands where a number could, and is one before the rule is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rapport.segments.errors import RuleError
from rapport.segments.mends import nearest
from rapport.segments.nodes import Place, Rule
from rapport.segments.parse import parse_rule

NAME = re.compile(r"[a-z][a-z0-9_]{1,62}")
# quoted text and names are passed over; a dollar elsewhere names a parameter
PIECE = re.compile(r'"(?:\\.|[^"\\\n])*"?|`[^`\n]*`?|\$(?P<name>\w*)', re.DOTALL)


@dataclass(frozen=True)
class Swap:
    """`length` signs at `start` of the text as written became `became` signs."""

    start: int
    length: int
    became: int


def names_in(text: str) -> list[str]:
    """The parameters a rule's text names, each once, in order."""
    return list(dict.fromkeys(found["name"] for found in PIECE.finditer(text) if found["name"] is not None))


def filled(text: str, numbers: Mapping[str, str]) -> tuple[str, list[Swap]]:
    """The text with the numbers in place, and what was swapped; an unknown parameter is refused with its place."""
    out, swaps, end = [], [], 0
    for found in PIECE.finditer(text):
        name = found["name"]
        if name is None:
            continue
        if name not in numbers:
            raise _unknown(name, numbers, _place(text, found.start()))
        out += [text[end : found.start()], numbers[name]]
        end = found.end()
        swaps.append(Swap(found.start(), end - found.start(), len(numbers[name])))
    return "".join([*out, text[end:]]), swaps


def parse_with(text: str, numbers: Mapping[str, str]) -> Rule:
    """The rule a text with parameters says; a refusal names the place in the text as written."""
    plain, swaps = filled(text, numbers)
    try:
        return parse_rule(plain)
    except RuleError as trouble:
        raise placed_back(trouble, text, plain, swaps) from None


def placed_back(trouble: RuleError, text: str, plain: str, swaps: list[Swap]) -> RuleError:
    """The same refusal, its place counted in the text as written."""
    if trouble.place is None or not swaps:
        return trouble
    at = _offset(plain, trouble.place)
    for swap in swaps:
        if at < swap.start + swap.became:
            at = min(at, swap.start)
            break
        at += swap.length - swap.became
    return RuleError(trouble.trouble, mend=trouble.mend, place=_place(text, at))


def _unknown(name: str, known: Mapping[str, str], place: Place) -> RuleError:
    near = nearest(name, list(known))
    mend = f"Did you mean ${near}?" if near else f"Known: {', '.join(f'${one}' for one in known)}." if known else "There are none yet."
    return RuleError(f"No parameter is called ${name}.", mend=mend, place=place)


def _place(text: str, at: int) -> Place:
    return Place(text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1)


def _offset(text: str, place: Place) -> int:
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: place.line - 1]) + place.column - 1

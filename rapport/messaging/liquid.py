"""Marketers' templates in Liquid: what they may name, and walls around what they may cost.

Only plain values go in, so there is no object to reach through. A template ends within its limits whatever it says.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache, wraps
from typing import Any, ClassVar

from babel.numbers import format_currency
from liquid import BoundTemplate, Environment
from liquid.ast import Node
from liquid.builtin.expressions import LoopExpression
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import FilterArgumentError, LiquidError, ResourceLimitError
from liquid.expression import Expression
from liquid.filter import liquid_filter

from rapport.messaging.errors import TemplateError

SOURCE_LENGTH_MAX = 200_000
OUTPUT_LENGTH_MAX = 500_000
LOCALS_BYTES_MAX = 50_000
LOOPS_MAX = 5_000
PIECE_LENGTH_MAX = 2_000
PIECES_MAX = 1_000
PIECE = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
FREE = frozenset({"data"})  # what a transactional message brings with it: its caller knows the names
FIXED: Mapping[str, frozenset[str]] = {
    "company": frozenset({"name", "address", "url"}),
    "campaign": frozenset({"name"}),
    "forloop": frozenset({"index", "index0", "first", "last", "length", "rindex", "rindex0"}),
}
PLAIN = frozenset({"unsubscribe_url", "view_url"})


@dataclass(frozen=True)
class Fields:
    """What a template may name of a customer: traits and named measures."""

    traits: frozenset[str]
    measures: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        return self.traits | self.measures


class _Sandbox(Environment):
    block_nesting_limit: ClassVar[int] = 20
    loop_iteration_limit: ClassVar[int | None] = LOOPS_MAX
    output_stream_limit: ClassVar[int | None] = OUTPUT_LENGTH_MAX
    local_namespace_limit: ClassVar[int | None] = LOCALS_BYTES_MAX

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for tag in ("include", "render"):  # there is nothing to include
            self.tags.pop(tag, None)
        self.filters["money"] = _money
        for name, one in self.filters.items():
            self.filters[name] = _bounded(name, one)


def _bounded(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose result cannot fill the memory: a short template can multiply a text with itself."""

    @wraps(work)
    def bounded(left: Any, *args: Any, **options: Any) -> Any:
        if name == "replace" and len(args) == 2 and str(left).count(str(args[0])) * len(str(args[1])) > OUTPUT_LENGTH_MAX:
            raise ResourceLimitError("its result is too long", token=None)
        if name == "join" and args and isinstance(left, list | tuple) and len(left) * len(str(args[0])) > OUTPUT_LENGTH_MAX:
            raise ResourceLimitError("its result is too long", token=None)
        found = work(left, *args, **options)
        if isinstance(found, str | list | tuple) and len(found) > OUTPUT_LENGTH_MAX:
            raise ResourceLimitError("its result is too long", token=None)
        return found

    return bounded


@liquid_filter
def _money(value: object, currency: object = "", locale: object = "en") -> str:
    """`{{ customer.spend | money: "EUR" }}`; what is no number stays as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value) if isinstance(value, str) else ""
    try:
        return str(format_currency(value, str(currency) or "EUR", locale=str(locale)))
    except (ValueError, LookupError) as trouble:
        raise FilterArgumentError(str(trouble), token=None) from trouble


_HTML, _TEXT = _Sandbox(autoescape=True), _Sandbox(autoescape=False)


def check(part: str, source: str, fields: Fields, *, transactional: bool) -> set[str]:
    """The traits and measures a source names; TemplateError at the first thing that cannot stand, with line and column."""
    if len(source) > SOURCE_LENGTH_MAX:
        raise TemplateError(
            part, f"it is {len(source):,} letters long; {SOURCE_LENGTH_MAX:,} are allowed.", mend="Link to images and pages."
        )
    if (pieces := source.count("{{") + source.count("{%")) > PIECES_MAX:  # what is not closed is looked for to the end, each time
        raise TemplateError(part, f"it has {pieces:,} tags; {PIECES_MAX:,} are allowed.", mend="Loop over what comes again.")
    for piece in PIECE.finditer(source):
        if len(piece[0]) > PIECE_LENGTH_MAX:  # tens of thousands of brackets take the parser a quarter of a minute
            trouble = f"a tag is {len(piece[0]):,} letters long; {PIECE_LENGTH_MAX:,} are allowed."
            raise _at(part, source, piece.start(), trouble, "Cut it into several.")
    template = _parsed(part, source)
    for expression, in_loop in _expressions(template.nodes):
        if isinstance(expression, RangeLiteral) and not in_loop:
            raise _at(part, source, expression.token.start_index, "a range stands in a for loop only.", "Write {% for i in (1..3) %}.")
    used: set[str] = set()
    found = template.analyze()
    for name, spans in found.filters.items():
        if name not in template.env.filters:
            near = get_close_matches(name, list(template.env.filters), 1, 0.6)
            raise _at(part, source, spans[0].index, f"there is no filter {name}.", f"Did you mean {near[0]}?" if near else "")
    for name, places in found.globals.items():
        for place in places:
            if known := _known(place.segments, fields, transactional=transactional):
                used |= known
                continue
            shown = str(place)
            near = get_close_matches(shown, _names(fields, transactional=transactional), 1, 0.6)
            mend = f"Did you mean {near[0]}?" if near else "Write customer. and a trait or a named measure."
            raise _at(part, source, place.span.index, f"there is no field {shown}.", mend, name=name)
    return {name.removeprefix("customer.") for name in used if name.startswith("customer.")}


def _known(segments: Any, fields: Fields, *, transactional: bool) -> set[str]:
    """The full names a path may stand for; empty where there is none."""
    root = str(segments[0])
    if root in PLAIN and len(segments) == 1:
        return {root}
    if root in FREE and transactional:
        return {root}
    if root in FIXED and len(segments) == 2 and segments[1] in FIXED[root]:
        return {f"{root}.{segments[1]}"}
    if root != "customer" or len(segments) < 2 or not all(isinstance(one, str) for one in segments):
        return set()
    whole = ".".join(map(str, segments[1:]))
    if whole in fields.all or str(segments[1]) in fields.traits:  # traits may be objects, and lists have a first and a size
        return {f"customer.{whole if whole in fields.all else segments[1]}"} if "__" not in whole else set()
    return set()


def _names(fields: Fields, *, transactional: bool) -> list[str]:
    fixed = [f"{root}.{name}" for root in ("company", "campaign") for name in sorted(FIXED[root])]
    return [*(f"customer.{name}" for name in sorted(fields.all)), *fixed, *sorted(PLAIN), *(["data"] if transactional else [])]


def _parsed(part: str, source: str) -> BoundTemplate:
    try:
        return compiled(source, html=part == "mjml")
    except LiquidError as trouble:
        raise from_liquid(part, source, trouble) from None


@lru_cache(maxsize=512)
def compiled(source: str, *, html: bool) -> BoundTemplate:
    """A source made ready to be filled in; LiquidError where it cannot be read."""
    return (_HTML if html else _TEXT).from_string(source)


def fill(source: str, values: Mapping[str, Any], *, html: bool) -> str:
    """A source filled in. LiquidError where it breaks a limit, as a loop without end does."""
    return str(compiled(source, html=html).render(**values))


def try_out(part: str, source: str, values: Mapping[str, Any]) -> None:
    """TemplateError where a source that can be read breaks a limit or a filter once it is filled in."""
    try:
        fill(source, values, html=part == "mjml")
    except LiquidError as trouble:
        raise from_liquid(part, source, trouble) from None


def from_liquid(part: str, source: str, trouble: LiquidError) -> TemplateError:
    words = str(trouble.message or "it cannot be read").rstrip(".")
    mend = "Loop over fewer things." if isinstance(trouble, ResourceLimitError) else ""
    if trouble.token is None or trouble.token.start_index < 0:
        return TemplateError(part, f"{words}.", mend=mend)
    return _at(part, source, trouble.token.start_index, f"{words}.", mend)


def _at(part: str, source: str, index: int, trouble: str, mend: str, **facts: Any) -> TemplateError:
    line, column = place(source[:index])
    return TemplateError(part, trouble, mend=mend, line=line, column=column, **facts)


def place(before: str) -> tuple[int, int]:
    """Line and column of where a text ends."""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _expressions(nodes: Any) -> Iterator[tuple[Expression, bool]]:
    """Every expression of a template, and whether it is what a loop runs over."""
    waiting: list[Any] = list(nodes)
    while waiting:
        one = waiting.pop()
        if isinstance(one, Node):
            waiting.extend(one.children(_NOTHING, include_partials=False))
            waiting.extend(one.expressions())
        elif isinstance(one, Expression):
            yield one, False
            for child in one.children():
                if isinstance(one, LoopExpression) and child is one.iterable:
                    yield child, True
                    if isinstance(child, RangeLiteral):
                        waiting.extend(child.children())
                        continue
                waiting.append(child)


_NOTHING: Any = None  # no partials are looked up, so their context is not asked

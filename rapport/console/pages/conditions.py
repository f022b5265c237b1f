"""A condition as a small form: what a person chose, from a condition and back to one.

The form knows the common shapes. Whatever it cannot say without loss, conditions the language learned later among them, it shows as words,
to be changed as words: nothing is dropped, and nothing is guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from rapport.lib.refusals import Refusal
from rapport.segments.editor import name_text
from rapport.segments.nodes import (
    AT_LEAST_ONCE,
    AnniversaryInTheNext,
    Before,
    Between,
    Compare,
    Did,
    Duration,
    Everyone,
    Filter,
    FilterAnd,
    FilterOr,
    InSegment,
    InTheLast,
    InTheNext,
    Known,
    MayReceive,
    Measure,
    OneOf,
    PropertyTest,
    Rule,
    Since,
    Test,
    Time,
    TraitTest,
    Value,
    Window,
)
from rapport.segments.queries import parse_rule
from rapport.segments.text import number_text, quoted, rule_text
from rapport.segments.vocabulary import Vocabulary

ROWS_MAX = 20
NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
WHEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.+\-Z]{2,20})?")
COUNT = re.compile(r"[0-9]{1,9}")
UNITS = ("days", "weeks", "months", "years", "hours", "minutes")
DURATIONS = ("in the last", "in the next", "anniversary in the next")
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
OPS: dict[str, tuple[str, ...]] = {
    "text": ("=", "!=", "in", "not in", "contains", "starts with", "is known", "is unknown"),
    "number": (*COMPARISONS, "in", "not in", "is known", "is unknown"),
    "money": (*COMPARISONS, "is known", "is unknown"),
    "boolean": ("=", "is known", "is unknown"),
    "date": ("in the last", "in the next", "anniversary in the next", "before", "since", "between", "=", "is known", "is unknown"),
}
OPS["time"] = OPS["date"]
SUMS = ("sum", "average", "smallest", "largest", "number of different")
AMOUNTS = (*SUMS, "number of", "days since last", "days since first")


@dataclass(frozen=True)
class Row:
    """A test of a property or trait; `more` is the end of `between`, or the unit of a duration."""

    path: str = ""
    op: str = ""
    value: str = ""
    more: str = ""


@dataclass(frozen=True)
class Said:
    """Everything a person may have chosen; what does not belong to the kind is passed over."""

    kind: str = "did"  # did, anything, amount, trait, segment, may, everyone, words
    event: str = ""
    rows: tuple[Row, ...] = ()
    joint: str = "and"
    bound: str = ""
    times: str = ""
    window: Row = field(default_factory=Row)
    amount: str = "sum"
    property: str = ""
    op: str = ">"
    value: str = ""
    name: str = ""
    channel: str = "email"
    purpose: str = ""
    words: str = ""


def said_of(post: Any) -> Said:
    """What a form's fields say (a QueryDict)."""
    lists = [post.getlist(name) for name in ("t-path", "t-op", "t-value", "t-more")]
    rows = [Row(*(column[n] if n < len(column) else "" for column in lists)) for n in range(min(len(lists[0]), ROWS_MAX))]
    plain = {name: post.get(f"c-{name}", getattr(Said, name)).strip() for name in PLAIN}
    window = Row("", post.get("w-op", ""), post.get("w-value", "").strip(), post.get("w-more", "").strip())
    return Said(rows=tuple(rows), window=window, **plain)


PLAIN = ("kind", "event", "joint", "bound", "times", "amount", "property", "op", "value", "name", "channel", "purpose", "words")


# From what was chosen to a condition


def condition_of(said: Said, vocabulary: Vocabulary) -> Rule:
    """The condition a form says; a Refusal names the field that is missing, a RuleError what cannot be read."""
    return parse_rule(text_of(said, vocabulary))


def text_of(said: Said, vocabulary: Vocabulary) -> str:
    """What a form says, as text of the language."""
    match said.kind:
        case "words":
            return _filled(said.words, _("Write the condition in words."))
        case "everyone":
            return "everyone"
        case "segment":
            return f"in segment {quoted(_filled(said.name, _('Choose a segment.')))}"
        case "may":
            purpose = f" for {name_text(said.purpose)}" if said.purpose else ""
            return f"may receive {name_text(said.channel)}{purpose}"
        case "trait":
            row = said.rows[0] if said.rows else Row()
            _filled(row.path, _("Choose a trait."))
            return f"{name_text(row.path)} {_test_text(row, kind_of(said, row.path, vocabulary))}"
        case "amount":
            return _amount_text(said, vocabulary)
    event = "anything" if said.kind == "anything" else quoted(_filled(said.event, _("Choose a kind of event.")))
    times = f" {said.bound} {_count(said.times or '1')} times" if said.bound else ""
    return f"did {event}{_where_text(said, vocabulary)}{times}{_window_text(said.window)}"


def _amount_text(said: Said, vocabulary: Vocabulary) -> str:
    event = quoted(_filled(said.event, _("Choose a kind of event.")))
    of = f"({name_text(_filled(said.property, _('Choose a property.')))}) of" if said.amount in SUMS else ""
    kind = kind_of(said, said.property, vocabulary) if said.amount in ("smallest", "largest") else "number"
    value = _value_text(said.value, "number" if kind == "money" else kind)
    return f"{said.amount}{of} {event}{_where_text(said, vocabulary)}{_window_text(said.window)} {said.op} {value}"


def _where_text(said: Said, vocabulary: Vocabulary) -> str:
    tests = [f"{name_text(row.path)} {_test_text(row, kind_of(said, row.path, vocabulary))}" for row in said.rows if row.path]
    if not tests:
        return ""
    return f" where {tests[0]}" if len(tests) == 1 else f" where ({(' OR ' if said.joint == 'or' else ' AND ').join(tests)})"


def _test_text(row: Row, kind: str) -> str:
    if row.op in ("is known", "is unknown"):
        return row.op
    if row.op in ("in", "not in"):
        lines = [line.strip() for line in row.value.splitlines() if line.strip()]
        _filled(row.value, _("Name at least one value, one a line."))
        return f"{row.op} ({', '.join(_value_text(line, kind) for line in lines)})"
    if row.op in (*DURATIONS, "before", "since", "between"):
        return _window_text(row).strip()
    return f"{row.op or '='} {_value_text(row.value, 'text' if row.op in ('contains', 'starts with') else kind)}"


def _window_text(window: Row) -> str:
    match window.op:
        case "in the last" | "in the next" | "anniversary in the next":
            return f" {window.op} {_count(window.value)} {window.more if window.more in UNITS else 'days'}"
        case "before" | "since":
            return f" {window.op} {_moment(window.value)}"
        case "between":
            return f" between {_moment(window.value)} and {_moment(window.more)}"
    return ""


def _value_text(value: str, kind: str) -> str:
    if kind in ("number", "money"):
        plain = value.strip()
        if not NUMBER.fullmatch(plain):
            raise Refusal(_("“%(text)s” is no number.") % {"text": plain[:40]}, mend=_("Write it as 12 or 12.5."))
        return number_text(Decimal(plain))
    if kind == "boolean":
        return "false" if value == "false" else "true"
    return _moment(value) if kind in ("date", "time") else quoted(value)


def _moment(text: str) -> str:
    if not WHEN.fullmatch(text.strip()):
        raise Refusal(_("“%(text)s” is no date.") % {"text": text[:40]}, mend=_("Write it as 2026-11-23."))
    return text.strip().replace(" ", "T")


def _count(text: str) -> str:
    if not COUNT.fullmatch(text.strip()):
        raise Refusal(_("“%(text)s” is no whole number.") % {"text": text[:40]}, mend=_("Write it as 2 or 90."))
    return str(int(text))


def _filled(text: str, otherwise: str) -> str:
    if not text.strip():
        raise Refusal(otherwise)
    return text.strip()


def kind_of(said: Said, path: str, vocabulary: Vocabulary) -> str:
    """The kind of a property of the event chosen, or of a trait; a text where nobody knows it."""
    if said.kind == "trait":
        if path in vocabulary.measures:
            return "number"
        facts = vocabulary.catalogue.traits.get(vocabulary.trait_name(path))
        return facts.kind if facts and facts.kind in OPS else "text"
    known = vocabulary.properties(None if said.kind == "anything" else said.event)
    kind = known[path][0].kind if path in known else "text"
    return kind if kind in OPS else "text"


# From a condition to what the form shows


def form_of(rule: Rule, vocabulary: Vocabulary) -> Said:
    """A condition as choices of the form; as words where the choices would not make the same condition again."""
    said = _chosen(rule)
    try:
        if said is not None and not _is_torn(said) and condition_of(said, vocabulary) == rule:
            return said
    except Refusal:  # it cannot be said by choices
        said = None
    return Said(kind="words", words=rule_text(rule))


def _is_torn(said: Said) -> bool:
    """A field of one line would lose a text's line breaks."""
    return any(break_ in row.value for row in said.rows if row.op not in ("in", "not in") for break_ in "\r\n")


def _chosen(rule: Rule) -> Said | None:
    match rule:
        case Everyone():
            return Said(kind="everyone")
        case InSegment(name=name):
            return Said(kind="segment", name=name)
        case MayReceive(channel=channel, purpose=purpose):
            return Said(kind="may", channel=channel, purpose="" if purpose == "marketing" else purpose)
        case TraitTest(trait=trait, test=test):
            return Said(kind="trait", rows=(_row(trait, test),))
        case Did():
            return _did(rule)
        case Measure(amount=amount):
            where = _rows(amount.where)
            if where is None:
                return None
            value = _plain(rule.value)
            said = Said(kind="amount", event=amount.event, rows=where[0], joint=where[1], window=_window(amount.window), op=rule.op)
            return replace(said, amount=amount.kind, property=amount.property or "", value=value)
    return None


def _did(rule: Did) -> Said | None:
    where = _rows(rule.where)
    if where is None:
        return None
    bound, times = ("", "") if rule.times == AT_LEAST_ONCE else (rule.times.bound, str(rule.times.count))
    kind, event = ("anything", "") if rule.event is None else ("did", rule.event)
    return Said(kind=kind, event=event, rows=where[0], joint=where[1], bound=bound, times=times, window=_window(rule.window))


def _rows(where: Filter | None) -> tuple[tuple[Row, ...], str] | None:
    """Tests in a row, all joined alike; None for any other filter."""
    match where:
        case None:
            return (), "and"
        case PropertyTest(path=path, test=test):
            return (_row(path, test),), "and"
        case FilterAnd(children=sides) | FilterOr(children=sides):
            tests = [_row(side.path, side.test) for side in sides if isinstance(side, PropertyTest)]
            return (tuple(tests), "or" if isinstance(where, FilterOr) else "and") if len(tests) == len(sides) <= ROWS_MAX else None
    return None


def _row(path: str, test: Test) -> Row:
    match test:
        case Compare(op=op, value=value):
            return Row(path, op, _plain(value))
        case OneOf(values=values, negated=negated):
            return Row(path, "not in" if negated else "in", "\n".join(map(_plain, values)))
        case Known(known=known):
            return Row(path, "is known" if known else "is unknown")
    return replace(_window(test), path=path)


def _window(window: Window | InTheNext | AnniversaryInTheNext | None) -> Row:
    match window:
        case InTheLast(duration=duration):
            return _lasting("in the last", duration)
        case InTheNext(duration=duration):
            return _lasting("in the next", duration)
        case AnniversaryInTheNext(duration=duration):
            return _lasting("anniversary in the next", duration)
        case Before(time=time):
            return Row("", "before", time.text)
        case Since(time=time):
            return Row("", "since", time.text)
        case Between(start=start, end=end):
            return Row("", "between", start.text, end.text)
    return Row()


def _lasting(op: str, duration: Duration) -> Row:
    return Row("", op, str(duration.count), f"{duration.unit}s")


def _plain(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Time(text=text):
            return text
        case Decimal():
            return number_text(value)
    return value


def shown(said: Said, vocabulary: Vocabulary) -> Mapping[str, Any]:
    """What the template draws: the choices, and for each row what may be chosen in it."""
    rows = said.rows or (Row(),) if said.kind == "trait" else said.rows
    drawn = []
    for row in rows[:1] if said.kind == "trait" else rows:
        kind = kind_of(said, row.path, vocabulary)
        ops = OPS[kind] if not row.op or row.op in OPS[kind] else (row.op, *OPS[kind])
        drawn.append({"row": row, "kind": kind, "ops": ops, "op": row.op or ops[0]})
    kind = kind_of(said, said.property, vocabulary) if said.amount in ("smallest", "largest") else "number"
    return {
        "said": said,
        "rows": drawn,
        "units": UNITS,
        "amounts": AMOUNTS,
        "sums": SUMS,
        "value_kind": kind,
        "comparisons": COMPARISONS,
        "channels": vocabulary.channels,
        "windows": ("in the last", "since", "before", "between"),
        "bounds": ("at least", "at most", "exactly"),
    }

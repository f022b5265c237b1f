"""What a page that edits rules asks while a person types: what may come next, and how to colour what stands there."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from lark import Token, UnexpectedInput

from rapport.events.catalogue import IDENTIFY
from rapport.segments.errors import RuleError
from rapport.segments.grammar import name_text, pattern, reader
from rapport.segments.limits import TEXT_LENGTH_MAX
from rapport.segments.text import quoted, value_text
from rapport.segments.values import ValuesOf
from rapport.segments.vocabulary import Vocabulary
from rapport.segments.words import CONSTANTS, NAMES, OPERATORS, SIGNS, SPELLINGS, Kind

SUGGESTIONS_MAX = 50
PHRASE_WORDS_MAX = 4  # `anniversary in the next`
OPEN_TEXT = re.compile(r'(?:[^"`]|"(?:\\.|[^"\\])*"|`[^`]*`)*?("(?:\\.|[^"\\])*|`[^`]*)', re.DOTALL)
STEM = re.compile(r"[^\s()\"`,=!<>:]*\Z")
EVENTS = frozenset({"DID", "THEN", "THEN_NO", "AMOUNT_OF_FACTS", "_OF"})  # the text after these names a kind of event
NAMED = EVENTS | {"IN_SEGMENT", "IN_SILO", "IN_LIST", "_OF_BRANCH"}  # ... or something else that has a name
BETWEEN_ITS_TIMES = ["_BETWEEN", "TIME"]  # the `and` here joins two times, not two conditions
LOOSE = ("TEXT", "QUOTED_NAME", "TIME", *SPELLINGS, "NUMBER", "NAME")  # what text that no longer reads is coloured by
SuggestionKind: TypeAlias = Literal[
    "event", "property", "trait", "measure", "segment", "silo", "scheme", "list", "branch", "channel", "purpose", "value", "keyword", "sign"
]
Span: TypeAlias = tuple[int, int, Kind]


@dataclass(frozen=True)
class Suggestion:
    """`text` would replace what stands from `start` to `end`."""

    text: str
    kind: SuggestionKind
    detail: str = ""
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Scene:
    """What has been read up to a place, and what may follow it."""

    tokens: list[Token]
    accepted: set[str]

    @property
    def last(self) -> str:
        return self.tokens[-1].type if self.tokens else ""


# What may come next


def complete(text: str, cursor: int, vocabulary: Vocabulary, values: ValuesOf | None = None) -> list[Suggestion]:
    """What may stand at the cursor, the likeliest first: names of the vocabulary, words and signs of the language.

    With `values`, which says what values a property of a kind of fact has, those too where one may stand.
    """
    before = text[: max(cursor, 0)]
    if len(before) > TEXT_LENGTH_MAX:
        return []
    stem = _stem(before)
    start, end = len(before) - len(stem), _end_of_word(text, len(before), stem)
    scene = _scene(before[:start])
    found = [] if scene is None else [*_names(scene, text, len(before), vocabulary), *_words(scene, stem)]
    if scene is not None and values is not None:
        found = [*_values(scene, before, vocabulary, values), *found]
    fitting = _fitting([replace(one, start=start, end=end) for one in found], stem)
    return [*_phrases(before, stem, end), *fitting][:SUGGESTIONS_MAX]


def _stem(before: str) -> str:
    """The beginning of a word, or of a text or name whose closing quote is not there yet."""
    if opened := OPEN_TEXT.fullmatch(before):
        return opened[1]
    found = STEM.search(before)
    return found[0] if found else ""


def _end_of_word(text: str, cursor: int, stem: str) -> int:
    if stem[:1] in ('"', "`"):
        return cursor + 1 if text[cursor : cursor + 1] == stem[0] else cursor
    rest = re.match(r"[\w.]*", text[cursor:]) if stem else None
    return cursor + len(rest[0]) if rest else cursor


def _scene(beginning: str) -> Scene | None:
    """None where the beginning cannot be read."""
    steps = reader().parse_interactive(beginning, start="rule")
    tokens: list[Token] = []
    try:
        for token in steps.lexer_thread.lex(steps.parser_state):
            steps.feed_token(token)
            tokens.append(token)
    except (UnexpectedInput, RuleError):
        return None
    return Scene(tokens, set(steps.accepts()))


def _fitting(found: list[Suggestion], stem: str) -> list[Suggestion]:
    """Those that begin with what was typed, then those that hold it."""
    asked = stem.strip('"`').casefold()
    shown = [(one.text.strip('"`').casefold(), one) for one in found if not stem or stem[0] not in '"`' or one.text[0] == stem[0]]
    begins = [one for folded, one in shown if folded.startswith(asked)]
    return begins + [one for folded, one in shown if asked and asked in folded and not folded.startswith(asked)]


def _phrases(before: str, stem: str, end: int) -> list[Suggestion]:
    """Words of several parts whose first parts are typed already: `in the la` → `in the last`."""
    starts = [found.start() for found in re.finditer(r"\S+", before)][-PHRASE_WORDS_MAX:]
    for start in starts if stem[:1] not in ('"', "`") else []:
        typed = " ".join(before[start:].split()) + (" " if not stem else "")
        if " " in typed and (scene := _scene(before[:start])) is not None:
            found = [one for one in _words(scene, typed) if one.text.casefold().startswith(typed.casefold())]
            if found:
                return [replace(one, start=start, end=end) for one in found]
    return []


def _words(scene: Scene, stem: str) -> Iterator[Suggestion]:
    for terminal, spellings in SPELLINGS.items():
        if terminal in scene.accepted:
            yield from (Suggestion(word, "keyword") for word in _one_each(terminal, spellings, scene))
    for terminal, signs in SIGNS.items():
        if terminal in scene.accepted and not stem:
            yield from (Suggestion(sign, "sign") for sign in signs)


def _one_each(terminal: str, spellings: tuple[str, ...], scene: Scene) -> Iterable[str]:
    """`1 day` but `2 days`; always `times`."""
    if terminal == "UNIT":
        single = bool(scene.tokens) and scene.tokens[-1].lstrip("0") == "1"
        return [word for word in spellings if word.endswith("s") != single]
    if terminal == "_AND" and [token.type for token in scene.tokens[-2:]] == BETWEEN_ITS_TIMES:
        return ["and"]
    return spellings[:1] if terminal == "_TIMES" else spellings


def _names(scene: Scene, text: str, cursor: int, vocabulary: Vocabulary) -> Iterator[Suggestion]:
    if "TEXT" in scene.accepted and scene.last in NAMED:
        yield from _named_things(scene, vocabulary)
    if not NAMES & scene.accepted:
        return
    if scene.last == "MAY_RECEIVE":
        yield from (Suggestion(name_text(channel), "channel") for channel in vocabulary.channels)
    elif scene.last == "_FOR":
        yield Suggestion("marketing", "purpose", "what leave is asked for unless said otherwise")
    elif "DID" in scene.accepted:
        yield from _traits(vocabulary)
    else:
        yield from _properties(scene, text[cursor:], vocabulary)


def _named_things(scene: Scene, vocabulary: Vocabulary) -> Iterator[Suggestion]:
    match scene.last:
        case "IN_SEGMENT":
            yield from (Suggestion(quoted(name), "segment") for name in sorted(vocabulary.segments))
        case "IN_SILO":
            yield from (Suggestion(f"{quoted(name)} of {quoted(scheme)}", "silo") for scheme, name in vocabulary.silos)
        case "_OF" if [token.type for token in scene.tokens[-3:-1]] == ["IN_SILO", "TEXT"]:
            silo = _text_of(scene.tokens[-2])
            yield from (Suggestion(quoted(scheme), "scheme") for scheme, name in vocabulary.silos if name == silo)
        case "IN_LIST":
            yield from (Suggestion(quoted(name), "list") for name in sorted(vocabulary.lists))
        case "_OF_BRANCH":
            yield from (Suggestion(quoted(name), "branch") for name in sorted(vocabulary.branches))
        case _ if [token.type for token in scene.tokens[-3:-2]] != ["BUCKET"]:  # the name of a drawing is anybody's choice
            yield from _events(vocabulary)


def _events(vocabulary: Vocabulary) -> Iterator[Suggestion]:
    for kind in sorted(vocabulary.catalogue.event_types.values(), key=lambda kind: (-kind.facts, kind.name)):
        yield Suggestion(quoted(kind.name), "event", f"{kind.facts:,} fact{'' if kind.facts == 1 else 's'}")


def _traits(vocabulary: Vocabulary) -> Iterator[Suggestion]:
    for name, facts in sorted(vocabulary.catalogue.traits.items()):
        if facts.kind != "list":
            yield Suggestion(name_text(name), "trait", _kind_words(facts.kind, many=facts.many))
    for name, amount in sorted(vocabulary.measures.items()):
        yield Suggestion(name_text(name), "measure", f"{amount.kind} of {quoted(amount.event)}")


def _properties(scene: Scene, after: str, vocabulary: Vocabulary) -> Iterator[Suggestion]:
    """The properties of the event in scope; within `products( … )` those of one thing in the list."""
    event, list_path = _scope(scene.tokens, after)
    known = vocabulary.properties(event)
    prefix = f"{list_path}." if list_path else ""
    for path, kinds in sorted(known.items()):
        if path.startswith(prefix) and path != list_path:
            yield Suggestion(name_text(path.removeprefix(prefix)), "property", _kind_words(kinds[0].kind, many=kinds[0].many))


def _values(scene: Scene, before: str, vocabulary: Vocabulary, values: ValuesOf) -> Iterator[Suggestion]:
    """The values of the property or trait that is being compared, the most frequent first."""
    at = _compared(scene.tokens)
    beginning = None if at is None else _scene(before[: scene.tokens[at].start_pos])
    if at is None or beginning is None:
        return
    name = _plain_name(scene.tokens[at])
    if "DID" in beginning.accepted:
        event, path = IDENTIFY, vocabulary.trait_name(name)
    else:
        meant, list_path = _scope(scene.tokens[:at], "")
        if meant is None:
            return
        event, path = meant, f"{list_path}.{name}" if list_path else name
    for one in values(event, path):
        yield Suggestion(value_text(one.value), "value", f"{one.count:,}")


def _compared(tokens: list[Token]) -> int | None:
    """Where the name stands that is compared with what comes next: `name =`, `name in (`, `name in ("a",`."""
    at = len(tokens) - 1
    if at > 0 and tokens[at].type in ("_COMMA", "OPEN"):
        while at > 0 and tokens[at].type in ("_COMMA", "TEXT", "NUMBER", "COUNT", "BOOLEAN"):
            at -= 1
        at -= 1
        is_list = at > 0 and tokens[at].type in ("_IN", "_NOT_IN")
        return at - 1 if is_list and tokens[at - 1].type in NAMES else None
    is_equal = at > 0 and tokens[at].type == "COMPARE" and tokens[at] in ("=", "!=")
    return at - 1 if is_equal and tokens[at - 1].type in NAMES else None


def _scope(tokens: list[Token], after: str) -> tuple[str | None, str]:
    """The event whose properties are meant (None: anything), and the list whose things are meant, or ""."""
    event: str | None = None
    opened: list[str] = []
    for number, token in enumerate(tokens):
        before = tokens[number - 1] if number else None
        if token.type == "TEXT" and before is not None and before.type in EVENTS:
            event = json.loads(token)
        elif token.type == "ANYTHING":
            event = None
        elif token.type == "OPEN":
            opened.append(_plain_name(before) if before is not None and before.type in NAMES else "")
        elif token.type == "CLOSE":
            opened.pop()
    if len(tokens) > 1 and tokens[-2].type == "AMOUNT_OF_PROPERTY":  # its event stands behind
        named = re.match(r"[\w.`]*\s*\)\s*of\s*(\"(?:\\.|[^\"\\\x00-\x1f])*\")", after, re.IGNORECASE)
        return (_text_of(named[1]) if named else None), ""
    return event, next((name for name in reversed(opened) if name), "")


def _text_of(literal: str) -> str | None:
    try:
        return str(json.loads(literal))
    except json.JSONDecodeError:
        return None


def _plain_name(token: Token) -> str:
    return token[1:-1].replace("``", "`") if token.type == "QUOTED_NAME" else str(token)


def _kind_words(kind: str, *, many: bool) -> str:
    plain = {"boolean": "true or false", "list": "list of things"}.get(kind, kind)
    return f"several: {plain}" if many else plain


# How to colour what stands there


def spans(text: str) -> list[Span]:
    """Where the words, joints, names and constants of a text lie; whatever cannot be read is coloured word by word."""
    if len(text) > TEXT_LENGTH_MAX:
        return []
    found: list[Span] = []
    trail, reached = [""], 0
    steps = reader().parse_interactive(text, start="rule")
    try:
        for token in steps.lexer_thread.lex(steps.parser_state):
            steps.feed_token(token)
            reached = token.end_pos or 0
            found += _span(token.type, trail, token.start_pos or 0, reached)
            trail.append(token.type)
    except (UnexpectedInput, RuleError):
        found += _loose_spans(text, reached, trail)
    return found


def _loose_spans(text: str, start: int, trail: list[str]) -> Iterator[Span]:
    at = start
    while at < len(text):
        terminal, end = _loose_token(text, at, trail[-1])
        yield from _span(terminal, trail, at, end)
        if text[at:end].strip():
            trail.append(terminal)
        at = end


def _loose_token(text: str, at: int, last: str) -> tuple[str, int]:
    best, end = "", at + 1
    for terminal in LOOSE:
        if terminal in ("UNIT", "_TIMES") and last not in ("NUMBER", "COUNT"):
            continue  # elsewhere `days` is a name like any other
        found = pattern(terminal).match(text, at)
        if found and (not best or (found.end() > end and best not in ("TEXT", "TIME"))):
            best, end = terminal, found.end()
    if not best and text[at] == '"':  # a text without its end
        best, end = "TEXT", next((place for place in range(at, len(text)) if text[place] == "\n"), len(text))
    return best, end


def _span(terminal: str, trail: list[str], start: int, end: int) -> list[Span]:
    """`trail` holds what came before, for the words that mean something else there."""
    if terminal in NAMES or (terminal == "TEXT" and trail[-1] in NAMED):
        return [(start, end, "name")]
    if terminal in CONSTANTS:
        return [(start, end, "constant")]
    if terminal in OPERATORS and trail[-2:] != BETWEEN_ITS_TIMES:
        return [(start, end, "operator")]
    return [(start, end, "keyword")] if terminal in SPELLINGS else []

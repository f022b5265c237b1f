"""Text → nodes: reads a rule or a definition, and says in plain words where and why it cannot."""

from typing import Literal, cast

from lark import Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from rapport.segments.errors import RuleError
from rapport.segments.grammar import reader
from rapport.segments.limits import TEXT_LENGTH_MAX, refuse_beyond_limits, too_long
from rapport.segments.mends import Stumble, unread
from rapport.segments.nodes import Definition, Rule
from rapport.segments.planting import bare
from rapport.segments.words import NAMES

Start = Literal["rule", "definition"]


def parse_rule(text: str) -> Rule:
    """The rule a text says. Brackets are kept as they group; names are not looked up here."""
    rule = cast(Rule, _read(text, "rule"))
    refuse_beyond_limits(rule)
    return rule


def parse_definition(text: str) -> Definition:
    """`TRAIT := amount`."""
    definition = cast(Definition, _read(text, "definition"))
    refuse_beyond_limits(definition)
    return definition


def _read(text: str, start: Start) -> object:
    if len(text) > TEXT_LENGTH_MAX:
        raise too_long(len(text))
    steps = reader().parse_interactive(text, start=start)
    last: Token | None = None
    try:
        for last in steps.lexer_thread.lex(steps.parser_state):
            steps.feed_token(last)
        return bare(steps.feed_eof(last))
    except UnexpectedInput as stumble:
        raise _refusal(text, start, stumble) from None


def _refusal(text: str, start: Start, stumble: UnexpectedInput) -> RuleError:
    at = len(text.rstrip())
    if isinstance(stumble, UnexpectedCharacters):
        at = stumble.pos_in_stream
    elif isinstance(stumble, UnexpectedToken) and stumble.token.type != "$END":
        at = stumble.token.start_pos if stumble.token.start_pos is not None else at
    return unread(_stumble(text, at, start))


def _stumble(text: str, at: int, start: Start) -> Stumble:
    """Reads the beginning, which can be read, once more, to know what could have followed it."""
    steps = reader().parse_interactive(text[:at], start=start)
    end = len(text[:at].rstrip())
    last: Token | None = None
    before: set[str] = set()
    for token in steps.lexer_thread.lex(steps.parser_state):
        if token.end_pos == end and token.type in NAMES:
            before, last = set(steps.accepts()), token
        steps.feed_token(token)
    return Stumble(text, at, set(steps.accepts()), str(last or ""), frozenset(before))

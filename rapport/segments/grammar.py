"""The grammar, compiled once: the reader of rules, and what a bare name looks like."""

import re
from functools import cache
from pathlib import Path

from lark import Lark, Token

from rapport.segments.planting import Planter
from rapport.segments.words import RESERVED

GRAMMAR = Path(__file__).with_name("grammar.lark")


@cache
def reader() -> Lark:
    """Reads text into nodes; which words count as keywords depends on what may stand at that place."""
    return Lark(
        GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        start=["rule", "definition"],
        transformer=Planter(),
        maybe_placeholders=False,
        lexer_callbacks={"NAME": _kept_apart},
    )


def _kept_apart(token: Token) -> Token:
    """A reserved word is no name, wherever names may stand."""
    return Token.new_borrow_pos("RESERVED", token.value, token) if token.lower() in RESERVED else token


@cache
def pattern(terminal: str) -> re.Pattern[str]:
    """What a terminal of the grammar looks like."""
    return re.compile(reader().get_terminal(terminal).pattern.to_regexp())


def name_text(name: str) -> str:
    """A trait, property, channel or purpose as it stands in text: in backticks where it could be read otherwise."""
    if pattern("NAME").fullmatch(name) and name.lower() not in RESERVED:
        return name
    return "`" + name.replace("`", "``") + "`"

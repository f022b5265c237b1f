"""`rapport token`: tokens of the machine API, each for a program and some scopes."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from rapport.accounts.actions import COMMAND_LINE
from rapport.api import queries
from rapport.api.actions import add_token, revoke_token
from rapport.api.models import Token
from rapport.api.scopes import SCOPES
from rapport.lib.clock import from_us


class Command(BaseCommand):
    help = "Tokens of the machine API. A token's secret is shown once, when it is made; only its hash is kept."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = parser.add_subparsers(dest="word", required=True)
        add = words.add_parser("add", help="a new token; its secret is shown this once")
        add.add_argument("--name", required=True, help="the program that will use it")
        add.add_argument("--scopes", required=True, metavar="SCOPE,...", help=f"what it is let in for: {', '.join(SCOPES)}")
        listing = words.add_parser("list", help="every token with its scopes and when it was last used")
        revoke = words.add_parser("revoke", help="the token opens nothing from then on")
        revoke.add_argument("prefix", help="as `rapport token list` shows it: rpt_ab12cd34")
        for word in (add, listing, revoke):
            word.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, **options: Any) -> None:
        answer, plain = getattr(self, f"_{options['word']}")(options)
        self.stdout.write(json.dumps(answer) if options["json"] else plain)

    def _add(self, options: dict[str, Any]) -> tuple[dict[str, Any], str]:
        wanted = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        token, secret = add_token(options["name"], scopes=wanted, by=COMMAND_LINE)
        return {"token": secret, **_facts(token)}, secret

    def _list(self, options: dict[str, Any]) -> tuple[dict[str, Any], str]:
        kept = queries.tokens()
        return {"tokens": [_facts(token) for token in kept]}, "\n".join(map(_line, kept)) or "No tokens yet: rapport token add --name NAME"

    def _revoke(self, options: dict[str, Any]) -> tuple[dict[str, Any], str]:
        return _facts(revoke_token(options["prefix"], by=COMMAND_LINE)), "The token opens nothing from now on."


def _facts(token: Token) -> dict[str, Any]:
    return {
        "prefix": token.prefix,
        "name": token.name,
        "scopes": token.scopes,
        "by": token.by,
        "created": _iso(token.created_us),
        "last_used": _iso(token.last_used_us),
        "revoked": _iso(token.revoked_us),
    }


def _iso(us: int | None) -> str | None:
    return None if us is None else from_us(us).isoformat().replace("+00:00", "Z")


def _line(token: Token) -> str:
    used = f"last used {from_us(token.last_used_us):%Y-%m-%d %H:%M}" if token.last_used_us else "never used"
    state = f"revoked {from_us(token.revoked_us):%Y-%m-%d}" if token.revoked_us else used
    return f"{token.prefix}…  {token.name}  {','.join(token.scopes)}  {from_us(token.created_us):%Y-%m-%d}  {state}"

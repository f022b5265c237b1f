"""`rapport key`: write keys, which open the HTTP door for one source each."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from rapport.accounts.actions import COMMAND_LINE, write_down
from rapport.intake import keys, queries
from rapport.intake.models import WriteKey
from rapport.lib.clock import from_us


class Command(BaseCommand):
    help = "Write keys of sources. A browser key may send no orders, no consent and no traits of somebody else."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = parser.add_subparsers(dest="word", required=True)
        add = words.add_parser("add", help="a new key for a source")
        add.add_argument("--source", required=True, help="where its facts come from: a shop, a till, a web site")
        add.add_argument("--browser", action="store_true", help="lies open in a page, so it may say less")
        listing = words.add_parser("list", help="every key with its source")
        revoke = words.add_parser("revoke", help="the key opens nothing from then on")
        revoke.add_argument("key")
        for word in (add, listing, revoke):
            word.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, **options: Any) -> None:
        answer, plain = getattr(self, f"_{options['word']}")(options)
        self.stdout.write(json.dumps(answer) if options["json"] else plain)

    def _add(self, options: dict[str, Any]) -> tuple[dict[str, Any], str]:
        made = keys.make_key(options["source"], browser=options["browser"])
        write_down("intake.add_key", subject=f"source {made.source.name}", by=COMMAND_LINE, browser=made.browser)
        return _facts(made), made.key

    def _list(self, options: dict[str, Any]) -> tuple[dict[str, Any], str]:
        kept = queries.keys()
        return {"keys": [_facts(key) for key in kept]}, "\n".join(map(_line, kept)) or "No keys yet: rapport key add --source NAME"

    def _revoke(self, options: dict[str, Any]) -> tuple[dict[str, Any], str]:
        keys.revoke_key(options["key"])
        write_down("intake.revoke_key", subject=f"key {options['key'][:8]}", by=COMMAND_LINE)
        return {"key": options["key"], "revoked": True}, "The key opens nothing from now on."


def _facts(key: WriteKey) -> dict[str, Any]:
    return {"key": key.key, "source": key.source.name, "browser": key.browser, "revoked": key.revoked_us is not None}


def _line(key: WriteKey) -> str:
    state = f"revoked {from_us(key.revoked_us):%Y-%m-%d}" if key.revoked_us else "in use"
    return f"{key.key}  {key.source.name}  {'browser' if key.browser else 'server'}  {from_us(key.created_us):%Y-%m-%d}  {state}"

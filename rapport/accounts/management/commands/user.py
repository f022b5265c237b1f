"""`rapport user add`: the first account of staff, and any further one."""

import json
import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from rapport.accounts.actions import add_user
from rapport.accounts.rights import ROLES
from rapport.lib.refusals import Refusal


class Command(BaseCommand):
    help = "Accounts of staff. Without a password one is made and shown this once."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = parser.add_subparsers(dest="word", required=True)
        add = words.add_parser("add", help="an account that signs in by mail address")
        add.add_argument("email")
        add.add_argument("--role", required=True, choices=list(ROLES))
        add.add_argument("--name", default="")
        add.add_argument("--password-stdin", action="store_true", help="read the password from the first line of standard input")
        add.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, **options: Any) -> None:
        given = _read_password() if options["password_stdin"] else ""
        password = given or secrets.token_urlsafe(12)
        user = add_user(options["email"], role=options["role"], password=password, name=options["name"])
        answer = {"email": user.email, "role": user.role} | ({} if given else {"password": password})
        if options["json"]:
            self.stdout.write(json.dumps(answer))
            return
        self.stdout.write(f"{user.email} may sign in, as {user.role}.")
        if not given:
            self.stdout.write(f"Password: {password}")
            self.stderr.write("It is shown this once.")


def _read_password() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Refusal("No password came on standard input.", mend="Pipe it in, or leave out --password-stdin and one is made.")
    return password

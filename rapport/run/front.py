"""The front desk of the command line: which words there are, what each is for, and trouble told in plain words."""

import difflib
import errno
import os
import sys
from collections.abc import Iterator
from importlib.metadata import version

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line, get_commands
from django.db import DatabaseError

from rapport.lib import schema
from rapport.lib.refusals import Refusal
from rapport.run.settings_check import wrong_settings

WORDS: dict[str, dict[str, str]] = {
    "Start": {
        "demo": "a practice company with two years behind it, on localhost",
        "serve": "the web server, with the worker beside it",
        "worker": "the loops alone: warehouse, reactions, imports",
        "check": "look over settings, data folder, database and engine",
        "migrate": "make or change the record's tables",
        "upgrade": "bring a record made by an older Rapport up to this one, safely",
    },
    "Let in": {
        "user": "accounts of staff: add",
        "key": "write keys of sources: add, list, revoke",
        "token": "tokens of the machine API: add, list, revoke",
    },
    "Fill": {
        "load": "files of events, customers, orders, products, rates, suppressions",
    },
    "Ask": {
        "segment": "count, members, evidence, tree or text of a rule",
        "value": "how near each forecast of purchases came, and which one is believed",
    },
    "Keep": {
        "backup": "record, secrets and files of this moment into one file, while the server runs",
        "restore": "bring a backup back into an empty installation, and prove that it is whole",
        "rebuild": "make what is known again from what is recorded; --verify compares",
        "bench": "the benchmarks, each beside its peer",
    },
}
# They speak of the tables themselves; a benchmark makes an installation of its own.
FREE_OF_TABLES = {"migrate", "upgrade", "check", "backup", "restore", "bench"}
HELP = {"help", "--help", "-h"}


def answer(words: list[str]) -> int:
    """Run the command the words name; its exit status."""
    if not words or (words[0] in HELP and len(words) == 1):
        sys.stdout.write(overview())
        return 0
    if words[0] == "--version":
        sys.stdout.write(f"rapport {version('rapport')}\n")
        return 0
    if words[0] in HELP:
        words = [words[1], "--help"]
    django.setup()
    home = get_commands().get(words[0])
    if home is None:
        raise Refusal(f'There is no command "{words[0]}".', mend=_nearest(words[0]))
    if str(home).startswith("rapport.") and not HELP.intersection(words):
        _prepare(words[0])
    if words[0] == "migrate":
        words = [*words, "--skip-checks"]  # Django's would load every page first; `rapport check` looks over what can be wrong
    try:
        execute_from_command_line(["rapport", *words])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def overview() -> str:
    """What `rapport` alone says."""
    width = max(len(word) for group in WORDS.values() for word in group)
    lines = ["rapport COMMAND [...]   `rapport COMMAND --help` tells more", ""]
    for title, group in WORDS.items():
        lines += [title, *(f"  {word:<{width}}  {what}" for word, what in group.items()), ""]
    lines.append(f"Everything lies in one folder, RAPPORT_DATA_DIR: {os.environ.get('RAPPORT_DATA_DIR', 'rapport-data')}")
    return "\n".join(lines) + "\n"


def _prepare(word: str) -> None:
    """Settings that cannot be right are refused first; then the tables are there, or the word is refused."""
    if word != "check" and (wrong := wrong_settings()):
        raise Refusal(wrong[0].what, mend=wrong[0].mend)
    if word not in FREE_OF_TABLES:
        schema.ready()


def _nearest(word: str) -> str:
    near = difflib.get_close_matches(word, [known for group in WORDS.values() for known in group], n=1)
    return f"Did you mean `rapport {near[0]}`?" if near else "`rapport` alone lists them."


def plain_words(trouble: BaseException) -> str:
    """What a person needs to know of this trouble, or "" where it is a fault of ours and the traceback should stand."""
    if isinstance(trouble, Refusal | ImproperlyConfigured):
        return str(trouble)
    for link in _chain(trouble):
        words = str(link).lower()
        if getattr(link, "errno", None) == errno.ENOSPC or "no space left" in words or "disk is full" in words:
            return (
                f"The disk is full: nothing more fits into {settings.DATA_DIR}. "
                "Make room and give the same command again; what was taken in so far is kept."
            )
        if isinstance(link, OSError) and link.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            return _path_words(link)
    return _database_words(trouble) if isinstance(trouble, DatabaseError) else ""


def _path_words(trouble: OSError) -> str:
    place = str(trouble.filename or settings.DATA_DIR)
    mend = "set RAPPORT_DATA_DIR to a folder you own" if place.startswith(str(settings.DATA_DIR)) else "name another place"
    return f"{place}: {trouble.strerror}. Give this user the right to it, or {mend}."


def _database_words(trouble: DatabaseError) -> str:
    words = str(trouble).strip()
    if "readonly database" in words or "unable to open database" in words:
        mend = "Give this user the right to it, or set RAPPORT_DATA_DIR to a folder you own."
        return f"The record in {settings.DATA_DIR} cannot be written ({words}). {mend}"
    if "database is locked" in words:
        return f"Another program has kept the record in {settings.DATA_DIR} busy for too long. Try again when it has ended."
    if "connection" in words:
        return f"The database that RAPPORT_DATABASE_URL names does not answer: {words.splitlines()[0]}. Start it, or mend the address."
    if "not a database" in words or "malformed" in words:
        return f"The record in {settings.DATA_DIR} is damaged ({words}). Bring back a backup."
    return ""


def _chain(trouble: BaseException | None) -> Iterator[BaseException]:
    """The trouble and what it came from."""
    while trouble is not None:
        yield trouble
        trouble = trouble.__cause__ or trouble.__context__

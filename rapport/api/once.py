"""A write is done once for each idempotency key: its effect and its answer are kept in one transaction, and told again to who asks again.

Equal requests that come at once wait for the first. On SQLite they line up here for the one writer there is; on PostgreSQL they
wait at the unique key of the row that the first has put in and not yet committed. Killed in between, neither effect nor row is there.
"""

import hashlib
from collections.abc import Callable

from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse

from rapport.api.models import KeptAnswer, Token
from rapport.api.problems import CONTENT_TYPE, Problem
from rapport.events import catalogue
from rapport.lib.clock import now_us
from rapport.lib.locks import HeldByAnother, turn_to_write

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEY_LENGTH_MAX = 255
TRIES_MAX = 6  # two writes that meet, for example at the same new customer: one of them begins again
TURN_SECONDS_MAX = 20
TABLE = KeptAnswer._meta.db_table


class _Undone(Exception):
    """Undoes what a route did that ends in an error; the answer itself may be kept."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


def key_of(request: HttpRequest) -> str:
    """The key of this write, or a problem."""
    key = request.headers.get(HEADER, "")
    if not 0 < len(key) <= KEY_LENGTH_MAX or not key.isascii() or not key.isprintable():
        detail = f"The header {HEADER} is missing." if not key else f"{HEADER} is a line of 1 to {KEY_LENGTH_MAX} ASCII characters."
        raise Problem(
            "key_missing", detail, mend="Send a fresh UUID with each new write, and the same one when you repeat it.", field=HEADER
        )
    return key


def fingerprint(request: HttpRequest) -> str:
    """What must be the same for a request to be the same: method, address and body."""
    said = hashlib.sha256()
    for part in ((request.method or "").encode(), request.get_full_path().encode("utf-8", "replace"), request.body):
        said.update(len(part).to_bytes(8, "big") + part)
    return said.hexdigest()


def is_kept(token: Token, key: str) -> bool:
    """Whether this key has its answer already: then nothing need be made ready for it."""
    return KeptAnswer.objects.filter(token=token, key=key).exists()


def answer_once(token: Token, key: str, mark: str, run: Callable[[], HttpResponse]) -> HttpResponse:
    """The first outcome under this key: done now, or told again. Trouble of ours (5xx) and of the moment (429) is not kept."""
    alone = connection.in_atomic_block  # in a caller's transaction there is one try
    for attempt in range(1, TRIES_MAX + 1):
        try:
            with turn_to_write(TURN_SECONDS_MAX):
                return _answer(token, key, mark, run)
        except HeldByAnother as others:
            raise Problem("busy") from others
        except _Undone as undone:
            return undone.answer
        except (IntegrityError, OperationalError) as trouble:
            catalogue.forget()
            again = isinstance(trouble, IntegrityError) or "deadlock" in str(trouble)
            if alone or not again or attempt == TRIES_MAX:
                raise
    raise AssertionError("the last try answers or raises")


def _answer(token: Token, key: str, mark: str, run: Callable[[], HttpResponse]) -> HttpResponse:
    if kept := _before(token, key, mark):
        return _told_again(kept, mark)
    try:
        with transaction.atomic():
            made = run()
            if made.status_code >= 400:
                raise _Undone(made)
    except _Undone as undone:
        made = undone.answer
        if made.status_code == 429 or made.status_code >= 500:
            raise  # takes the row with it: the same request may try again
    KeptAnswer.objects.filter(token=token, key=key).update(status=made.status_code, body=made.content.decode())
    return made


def _before(token: Token, key: str, mark: str) -> KeptAnswer | None:
    """What was answered under this key before; None for the first. Waits here while another, who was first, is at it."""
    mine = KeptAnswer.objects.filter(token=token, key=key)
    if kept := mine.first():
        return kept
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (token_id, key, fingerprint, status, body, at_us) VALUES (%s, %s, %s, 0, '', %s)"
            " ON CONFLICT (token_id, key) DO NOTHING",
            [token.id, key, mark, now_us()],
        )
        return None if cursor.rowcount == 1 else mine.get()


def _told_again(kept: KeptAnswer, mark: str) -> HttpResponse:
    if kept.fingerprint != mark:
        detail = "This key came before with another method, address or body."
        raise Problem("key_reused", detail, mend="Give each new request a key of its own.", field=HEADER)
    kind = CONTENT_TYPE if kept.status >= 400 else "application/json; charset=utf-8"
    answer = HttpResponse(kept.body, status=kept.status, content_type=kind)
    answer[REPLAYED] = "true"
    return answer

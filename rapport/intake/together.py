"""What several senders wait to have written goes into one transaction: SQLite has one writer, and each commit costs as much again.

Threads wait here rather than inside SQLite, where each would ask again and again and hold a mark on the write-ahead log:
with four senders it grew to 360 MB.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from rapport.events import catalogue
from rapport.lib.locks import writing

FACTS_MAX = 5_000  # of one transaction; a batch may be as large by itself
log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Waiting:
    write: Callable[[], None]
    facts: int
    written: bool | None = None  # None: nobody's transaction has had it yet


_waiting: deque[_Waiting] = deque()


def write_together(write: Callable[[], None], facts: int) -> bool:
    """True once `write` has run in a transaction that is committed, perhaps by another thread and beside others' writes.

    False where that transaction failed: nothing of it was kept, and the caller does it again alone. `write` may run more
    than once, and starts from scratch each time.
    """
    mine = _Waiting(write, facts)
    _waiting.append(mine)
    with writing():
        while mine.written is None:
            _write(_next_group())
    return mine.written


def _next_group() -> list[_Waiting]:
    group = [_waiting.popleft()]
    facts = group[0].facts
    while _waiting and facts + _waiting[0].facts <= FACTS_MAX:
        group.append(_waiting.popleft())
        facts += group[-1].facts
    return group


def _write(group: list[_Waiting]) -> None:
    for one in group:
        one.written = False  # whatever happens, each thread of the group goes on
    try:
        with transaction.atomic():
            for one in group:
                one.write()
    except Exception:  # whoever is at fault meets it again alone; the others must not
        log.info("A transaction of %d batches failed; each is written alone.", len(group), exc_info=True)
        catalogue.forget()
        return
    for one in group:
        one.written = True

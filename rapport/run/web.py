"""What the web process runs: the application, ended with the server that started it, and warmed before the first question."""

import gc
import logging
import threading

from rapport.wsgi import application as application  # sets up Django, which the rooms below need

# isort: split
import duckdb
from django.db import DatabaseError, connections

from rapport.lib.refusals import Refusal
from rapport.run.kin import end_with_parent
from rapport.warehouse.queries import warm

GC_OBJECTS = 20_000  # a batch of facts makes so many objects, and no cycles
log = logging.getLogger(__name__)


def _warm() -> None:
    """Seconds of imports, taken before somebody waits for them."""
    try:
        warm()
    except (duckdb.Error, DatabaseError, Refusal):
        log.warning("The warehouse does not open yet; `rapport check` tells more.", exc_info=True)
    finally:
        connections.close_all()
        gc.collect()
        gc.freeze()  # what is loaded stays: to look through it again and again costs a request a seventh of a second now and then
        gc.set_threshold(GC_OBJECTS, 10, 50)


end_with_parent()
threading.Thread(target=_warm, name="warm").start()  # no daemon: a stop in the middle of it ends in order

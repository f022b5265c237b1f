"""Which loops the house runs, and how often each looks for work."""

from rapport.events.reactions import run_reactions
from rapport.run.loops import Loop
from rapport.warehouse import actions as warehouse

LOOPS = (
    Loop("warehouse", lambda: warehouse.load_pass() > 0, pause_seconds=1),
    Loop("reactions", lambda: run_reactions() > 0, pause_seconds=1),
)

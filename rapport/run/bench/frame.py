"""What every benchmark shares: cases run in turns with their peers, medians, equal results, the peak of memory."""

import resource
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from math import inf
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

RUNS = 5
Tell = Callable[[str], None]  # words for people, on standard error


@dataclass(frozen=True)
class Case:
    """`ours` and `peer` do the same work and return what is compared."""

    name: str
    ours: Callable[[], object]
    peer_name: str
    peer: Callable[[], object]
    goal: float  # ours may take so many times the peer's seconds
    free_seconds: float = 0.0  # ... or this long, where that is more
    most_seconds: float = inf  # ... and never longer than this
    runs: int = RUNS
    fresh: Callable[[], None] | None = None  # before each run of either, not timed
    most_mb: float = inf  # of memory that ours may hold at once
    peer_part: float = 1.0  # of the work, where the peer can bear no more: its seconds count as those of the whole


@dataclass(frozen=True)
class Measured:
    """The figures of one case; `goal` is the ratio allowed, so `ratio <= goal` says whether it was met."""

    name: str
    ours_seconds: float
    peer: str
    peer_seconds: float
    ratio: float
    goal: float
    equal_results: bool
    peak_mb: int
    most_mb: float = inf

    @property
    def is_met(self) -> bool:
        return self.ratio <= self.goal and self.equal_results and self.peak_mb <= self.most_mb


@dataclass(frozen=True)
class Bench:
    """`cases` prepares what they need and gives them one at a time; what it holds is let go when it ends."""

    about: str
    cases: Callable[[dict[str, Any], Tell], Iterable[Case]]
    own_folder: bool = True  # runs in a process of its own with an empty data folder on SQLite, gone afterwards
    on_any_database: bool = False  # with a folder of its own, yet in the database that RAPPORT_DATABASE_URL names, where it does
    options: dict[str, int] = field(default_factory=dict)  # the sizes it knows, with their defaults


def benches() -> dict[str, Bench]:
    """Every benchmark by its name."""
    modules = {found.name: import_module(f"{__package__}.{found.name}") for found in iter_modules([str(Path(__file__).parent)])}
    return {name: module.BENCH for name, module in sorted(modules.items()) if hasattr(module, "BENCH")}


def measured(case: Case) -> Measured:
    """Ours and the peer in turns after a run of each to warm up, so that a busy machine slows both."""
    results, seconds, peaks = ([], []), ([], []), []  # type: ignore[var-annotated]
    for turn in range(case.runs + 1):
        for side, work in enumerate((case.ours, case.peer)):
            if case.fresh is not None:
                case.fresh()
            forget_peak()
            started = time.perf_counter()
            result = work()
            taken = time.perf_counter() - started
            results[side].append(result)
            if side == 0:
                peaks.append(peak_mb())
            if turn:
                seconds[side].append(taken)
    ours, peer = (statistics.median(side) for side in seconds)
    peer /= case.peer_part
    equal = all(result == results[0][0] for side in results for result in side)
    goal = min(max(case.goal, case.free_seconds / peer), case.most_seconds / peer)
    return Measured(
        case.name, round(ours, 6), case.peer_name, round(peer, 6), round(ours / peer, 3), round(goal, 3), equal, max(peaks), case.most_mb
    )


def forget_peak() -> None:
    """From now on the peak is that of what follows (Linux; elsewhere it is that of the whole process)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_mb() -> int:
    """The most memory this process has held, in MB."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024

"""One thread for numbers: sums over some ten thousand rows are too short to be shared out.

Where other work holds the cores, the threads of BLAS and OpenMP wait for each other many times as long as they work.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

P = ParamSpec("P")
T = TypeVar("T")


def alone(work: Callable[P, T]) -> Callable[P, T]:
    """The same work on one thread."""

    @wraps(work)
    def on_one(*args: P.args, **kwargs: P.kwargs) -> T:
        with threadpool_limits(1):
            return work(*args, **kwargs)

    return on_one

"""One thread for numbers: sums over some ten thousand rows are too short to be shared out.

Where other work holds the cores, the threads of BLAS and OpenMP wait for each other many times as long as they work.
"""

from threadpoolctl import threadpool_limits

alone = threadpool_limits.wrap(limits=1)  # a decorator

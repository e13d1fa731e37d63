"""A barrier for processes of one machine that meet often: in every step of a small network, or in one of a few.

Method: everybody has a semaphore, raises everybody else's on arrival and then waits until all others have raised its
own: a barrier without a centre, as the dissemination barrier of Hensgen, Finkel and Manber, "Two Algorithms for Barrier
Synchronization" (1988), in a single round, because workers are few. Semaphores are there twice and used in turn, so
that nobody quick is counted in place of somebody slow. Whoever waits looks for a moment whether the other is there,
giving its core away after each time, and then sleeps in the kernel, as in Karlin, Li, Manasse and Owicki, "Empirical
Studies of Competitive Spinning for a Shared-Memory Multiprocessor" (1991).

Semaphores also order memory: what a process wrote before the barrier, all others read after it. On some processors
(ARM) a plain flag in shared memory would not do.
"""

import os
import time

from casual_training.parallel.workers import context

SPIN_SECONDS = 0.001


class SharedBarrier:
    """Lets workers through when all have called `wait`, again and again.

    Make it before the workers and give it to them as an argument. It knows no worker that dies: the supervisor does.

    Args:
        workers: how many meet, 1 or more.
    """

    def __init__(self, workers: int):
        make = context()
        self._others = workers - 1
        self._arrivals = [[make.Semaphore(0) for _ in range(workers)] for _ in range(2)]

    def wait(self, rank: int) -> None:
        """Return when all have called this as often as the caller, who is worker `rank`."""
        arrivals = self._arrivals[0]
        self._arrivals.reverse()  # each process turns its own list round
        own = arrivals[rank]
        for semaphore in arrivals:
            if semaphore is not own:
                semaphore.release()
        for _ in range(self._others):
            _take(own)


def _take(semaphore) -> None:
    """Lower a semaphore by one as soon as it has been raised."""
    limit = time.perf_counter() + SPIN_SECONDS
    while time.perf_counter() < limit:
        if semaphore.acquire(block=False):
            return
        os.sched_yield()
    semaphore.acquire()

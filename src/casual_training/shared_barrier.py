"""A barrier for processes of one machine that meet every few milliseconds.

Method: arrivals are counted under a lock, and the last lets the others through: the central barrier of Mellor-Crummey
and Scott, "Algorithms for Scalable Synchronization on Shared-Memory Multiprocessors" (1991). Instead of their reversed
sense there are two gates, used in turn. A gate is empty again before its next turn, so nobody quick takes the place of
somebody slow. Whoever waits asks for a moment whether the gate is open, giving its core away after each time, and then
sleeps in the kernel, as in Karlin, Li, Manasse and Owicki, "Empirical Studies of Competitive Spinning for a
Shared-Memory Multiprocessor" (1991).

All of it is semaphores, which also order memory: what a process wrote before the barrier, all others read after it. On
some processors (ARM) a plain flag in shared memory would not do.
"""

import os
import time

from casual_training.processes import context

SPIN_SECONDS = 0.001


class SharedBarrier:
    """Lets processes through when as many as there are workers have called `wait`, again and again.

    Make it before the workers and give it to them as an argument. It knows no worker that dies: the supervisor does.

    Args:
        workers: how many meet, 1 or more.
    """

    def __init__(self, workers: int):
        make = context()
        self._others = workers - 1
        self._lock = make.Lock()
        self._still_to_come = make.Semaphore(self._others)  # besides the last
        self._gates = [make.Semaphore(0), make.Semaphore(0)]  # each process turns its own list round

    def wait(self) -> None:
        """Return when all have called this as often as the caller."""
        gate = self._gates[0]
        self._gates.reverse()
        with self._lock:
            is_last = not self._still_to_come.acquire(block=False)
        if is_last:
            for _ in range(self._others):
                self._still_to_come.release()
            for _ in range(self._others):
                gate.release()
        else:
            _pass(gate)


def _pass(gate) -> None:
    """Take one place at a gate as soon as it is open."""
    limit = time.perf_counter() + SPIN_SECONDS
    while time.perf_counter() < limit:
        if gate.acquire(block=False):
            return
        os.sched_yield()
    gate.acquire()

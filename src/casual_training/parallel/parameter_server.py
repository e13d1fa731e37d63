"""The weights of a parameter server: who updates them when, and how stale a gradient may be by then.

Knows nothing of RPC: a push is answered through a future, so that a push that has to wait keeps no thread.
"""

import functools
import math
import threading
import time
from typing import NamedTuple

import torch


class Answer(NamedTuple):
    """What a worker gets for its gradient."""

    weights: torch.Tensor  # flat
    version: int  # of these weights
    lock_wait_seconds: float  # that the push waited for the lock
    lock_hold_seconds: float  # that it, or the push that completed its update, held it


class ParameterServer:
    """The weights, their optimizer and its state, and the lock round both.

    The version of the weights is the number of updates that made them. An update of version v -> v + 1 takes one
    gradient, unless that would leave another worker's more than `max_staleness` behind. Then it waits for all gradients
    that are `max_staleness` behind, which make one update, of their mean. So a gradient waits for others only while
    some of them are still being computed.

    Args:
        weights: all that is trained, as one flat parameter; updated in place.
        optimizer: of it.
        workers: how many workers there are; each begins with the weights of version 0.
        max_staleness: most updates that an update may miss, 0 or more; None sets no bound.
    """

    def __init__(
        self, weights: torch.nn.Parameter, optimizer: torch.optim.Optimizer, workers: int, max_staleness: int | None
    ):
        self.weights, self.optimizer = weights, optimizer
        self.max_staleness = math.inf if max_staleness is None else max_staleness
        self.version = 0
        self._pulled = dict.fromkeys(range(workers), 0)  # worker with work left -> version of the weights it has
        self._pushed = {}  # worker -> (gradient, future of its answer, seconds it waited for the lock)
        self._lock = threading.Lock()

    def push(self, rank: int, gradient: torch.Tensor) -> torch.futures.Future:
        """Take a worker's gradient, flat; the Answer comes when it has been applied."""
        future, called = torch.futures.Future(), time.perf_counter()
        with self._lock:
            locked = time.perf_counter()
            self._pushed[rank] = gradient, future, locked - called
            answers = self._update(locked)
        self._send(answers)
        return future

    def leave(self, rank: int) -> None:
        """Note that a worker has no work left, so that nobody waits for it."""
        with self._lock:
            del self._pulled[rank]
            answers = self._update(time.perf_counter())
        self._send(answers)

    def _update(self, locked: float) -> list:
        """Make every update that may be made now; return the answers that are due."""
        answers = []
        while ranks := self._next():
            gradients, futures, waited = zip(*map(self._pushed.pop, ranks), strict=True)
            self.weights.grad = functools.reduce(torch.add, gradients) / len(ranks)
            self.optimizer.step()
            self.version += 1
            self._pulled.update(dict.fromkeys(ranks, self.version))
            weights = self.weights.detach().clone()  # the next update may come before they have been sent
            held = time.perf_counter() - locked
            answers += [
                (future, Answer(weights, self.version, seconds, held))
                for future, seconds in zip(futures, waited, strict=True)
            ]
        return answers

    def _next(self) -> list[int]:
        """Return the workers whose gradients make the next update, in the order of ranks; none if it must wait."""
        oldest = [rank for rank, version in self._pulled.items() if self.version - version == self.max_staleness]
        if oldest:
            return oldest if self._pushed.keys() >= set(oldest) else []
        return list(self._pushed)[:1]

    @staticmethod
    def _send(answers: list) -> None:
        """Answer outside the lock: packing the weights takes as long as the update."""
        for future, answer in answers:
            future.set_result(answer)

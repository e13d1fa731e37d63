"""A worker's side of a parameter server: what it pushes, and when it takes the answer. Knows nothing of RPC."""

import time
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.utils import vector_to_parameters

from casual_training.measure.recorder import Recorder


class ParameterClient:
    """The weights of a worker's replica, and the one push whose answer has not been taken yet.

    Args:
        call: call((rank, gradient)) pushes a gradient and returns a future of parameter_server.Answer.
        rank: of the worker.
        overlap: whether the worker computes on while its gradient is under way.
        parameters: of the replica, in the order of the flat weights.
        recorder: gets how many updates of others each of the worker's missed, and what a push takes.
    """

    def __init__(self, call: Callable, rank: int, overlap: bool, parameters: list[nn.Parameter], recorder: Recorder):
        self._call, self._rank, self._overlap = call, rank, overlap
        self._parameters, self._recorder = parameters, recorder
        self._own_updates = self._updates_of_others = 0  # that made the weights of the replica
        self._push = None

    def push_pull(self, gradient: torch.Tensor) -> None:
        """Push a flat gradient and load the weights of the answer; with overlap, of the answer to the push before."""
        computed_on = self._updates_of_others
        if self._overlap:
            self.pull()
        called = time.perf_counter()
        self._push = self._call((self._rank, gradient)).then(_with_arrival), called, computed_on
        if not self._overlap:
            self.pull()

    def pull(self) -> None:
        """Load the weights that answer the last push, if they have not been loaded yet."""
        if self._push is None:
            return
        future, called, computed_on = self._push
        (answer, arrived), self._push = future.wait(), None
        vector_to_parameters(answer.weights, self._parameters)  # as views, without a copy
        self._own_updates += 1
        self._updates_of_others = answer.version - self._own_updates
        self._recorder.stale(self._updates_of_others - computed_on)
        self._recorder.add("round_trip_seconds", arrived - called)
        self._recorder.add("lock_wait_seconds", answer.lock_wait_seconds)
        self._recorder.add("lock_hold_seconds", answer.lock_hold_seconds)
        self._recorder.add("payload_bytes", 2 * answer.weights.nbytes)  # the gradient is as large


def _with_arrival(future: torch.futures.Future) -> tuple:
    """Return an answer and the moment it came, also where nobody waits for it yet."""
    return future.wait(), time.perf_counter()

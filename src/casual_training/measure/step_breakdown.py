"""Where the time of a step goes and how many updates are lost: what a short run of its own measures.

A diagnosed run hooks into each worker from outside, so no strategy knows of it. The parts of a step of a worker:

    data           until the pipeline has given the next batch
    forward        inside the network, or a copy of it
    backward       from its outputs to the gradients, so the loss too: from the end of the forward pass to the update,
                   without communication that the strategy times; torch's DDP exchanges gradients inside it
    communication  what the strategy times of its dealings with others, where the worker waits for it
    update         inside the optimizer's step
    other          what is left, such as setting the gradients to None and recording

A part that no worker does, or that cannot be told from another, is None. What a server computes is inside the
communication: with ps_push_pull there is no update in a worker, with ps_tutorial no forward and backward pass either.

Lost updates, a proxy: where workers write shared weights, each also adds 1 to a shared vector as long as the weights,
right after its optimizer's step and with the same kernel. What is missing in the end was overwritten by another worker
halfway through. The vector is traffic of its own, and its time is in no part.
"""

import contextlib
import functools
import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from casual_training.measure.recorder import Recorder
from casual_training.records.record import PARTS
from casual_training.workload.pipelines import Pipeline

DATA, FORWARD, BACKWARD, COMMUNICATION, UPDATE, OTHER = range(len(PARTS))
COMMUNICATING = ("communication_seconds", "lock_wait_seconds", "round_trip_seconds")
_of_this_process: "BreakdownRecorder | None" = None  # where this is a worker that is diagnosed
WARM_UP_SHARE = 0.1  # of a worker's steps: the first ones make threads and memory that later ones have


class BreakdownRecorder(Recorder):
    """The shared record of a diagnosed run: a Recorder that also takes the steps of its workers apart.

    Args:
        model: the network that the strategy is given.
        data: the input pipeline that the strategy is given.
        workers, steps, log_interval, snapshots: as of Recorder.
    """

    def __init__(self, model: nn.Module, data: Pipeline, workers: int, steps: int, log_interval: int, snapshots=None):
        super().__init__(workers, steps, log_interval, snapshots)
        self._data = data
        self._warm_up_steps = int(WARM_UP_SHARE * steps)
        # (workers, parts) in seconds, (workers, [samples, seconds]) after the warm-up, (workers,) updates
        self._seconds = torch.zeros(workers, len(PARTS), dtype=torch.float64).share_memory_()
        self._speeds = torch.zeros(workers, 2, dtype=torch.float64).share_memory_()
        self._shared_updates = torch.zeros(workers, dtype=torch.float64).share_memory_()
        n_weights = sum(parameter.numel() for parameter in model.parameters())
        self._survived = torch.zeros(n_weights).share_memory_()  # float32, exact up to 2**24
        # Here and not in the worker, so that the copies that a strategy makes for its workers have the hooks, too.
        model.register_forward_pre_hook(_enter_forward)
        model.register_forward_hook(_leave_forward)

    def start(self, rank: int, threads: int) -> None:
        """Hook into the calling worker, then begin its record."""
        if rank != self._server:
            # Item assignment on numpy's view of a tensor is 10 times cheaper.
            self._own_seconds, self._own_speed = self._seconds[rank].numpy(), self._speeds[rank].numpy()
            self._own_updates = self._shared_updates[rank : rank + 1].numpy()
            self._is_communicating = False
            self._forget()
            self._hook()
        super().start(rank, threads)
        self._warmed_up = self._step_begun = time.perf_counter()

    def _hook(self) -> None:
        global _of_this_process
        _of_this_process = self
        self._data.batches = functools.partial(self._timed_batches, self._data.batches)
        register_optimizer_step_pre_hook(lambda *_: self._enter_update())
        register_optimizer_step_post_hook(lambda *_: self._leave_update())

    def _forget(self) -> None:
        """Begin a step: nothing of it is spent yet."""
        self._spent = [0.0] * len(PARTS)
        self._forward_left = None  # when the forward pass ended, while what follows is the backward pass
        self._communicated_since = 0.0  # then

    def _timed_batches(self, batches, number: int, rank: int) -> Iterator:
        given = iter(batches(number, rank))
        while True:
            begun = time.perf_counter()
            batch = next(given, None)
            self._spent[DATA] += time.perf_counter() - begun
            if batch is None:
                return
            yield batch

    def enter_forward(self) -> None:
        """Note that the network of the calling worker begins a forward pass."""
        self._entered = time.perf_counter()

    def leave_forward(self) -> None:
        """Note that it ends it; from now on it is the backward pass."""
        self._forward_left = time.perf_counter()
        self._communicated_since = 0.0
        self._spent[FORWARD] += self._forward_left - self._entered

    def _enter_update(self) -> None:
        self._entered = time.perf_counter()
        self._end_backward(self._entered)

    def _end_backward(self, moment: float) -> None:
        if self._forward_left is not None:
            self._spent[BACKWARD] += moment - self._forward_left - self._communicated_since
            self._forward_left = None

    def _leave_update(self) -> None:
        left = time.perf_counter()
        self._spent[UPDATE] += left - self._entered
        if self._updates_at_reading is not None:  # the strategy says that others may write what it reads
            self._survived.add_(1)
            self._own_updates += 1
            self._step_begun += time.perf_counter() - left

    def step(self, loss: torch.Tensor, samples: int) -> None:
        """Count one step of the calling worker, and its parts if the warm-up is over."""
        now = time.perf_counter()
        self._end_backward(now)  # a worker without an optimizer has its weights updated elsewhere
        self._spent[OTHER] = now - self._step_begun - sum(self._spent)
        if self._steps >= self._warm_up_steps:
            self._own_seconds += self._spent
            self._own_speed[:] = self._own_speed[0] + samples, now - self._warmed_up
        else:
            self._warmed_up = now
        self._forget()
        self._step_begun = now
        super().step(loss, samples)

    @contextlib.contextmanager
    def timing(self, measure: str) -> Iterator[None]:
        """Add the seconds in between to one of the measures; the outermost of several that communicate is a part."""
        is_outermost = measure in COMMUNICATING and not self._is_communicating
        self._is_communicating |= is_outermost
        begun = time.perf_counter()
        try:
            with super().timing(measure):
                yield
        finally:
            if is_outermost:
                self._is_communicating = False
                self._communicated(time.perf_counter() - begun)

    def add(self, measure: str, amount: float) -> None:
        """Add one reading of the calling worker to one of the measures."""
        super().add(measure, amount)
        if measure == "communication_seconds" and not self._is_communicating:
            self._communicated(amount)

    def _communicated(self, seconds: float) -> None:
        self._spent[COMMUNICATION] += seconds
        self._communicated_since += seconds

    def step_breakdown(self) -> dict[str, Any]:
        """Return what was found, as the fields of records.record.StepBreakdown.

        `seconds` by part, None for a part that no worker was seen in, and `samples_per_second` after the warm-up, both
        of all workers together; `lost_updates`, a share in [0, 1] of what workers wrote to shared weights; None where
        they share none.
        """
        *seconds, other = self._seconds.sum(0).tolist()
        updates = self._shared_updates.sum().item()
        survived = self._survived.mean(dtype=torch.float64).item()
        return {
            "seconds": dict(zip(PARTS, [*(part or None for part in seconds), other], strict=True)),
            "samples_per_second": sum(samples / seconds for samples, seconds in self._speeds.tolist() if seconds),
            "lost_updates": 1 - survived / updates if updates else None,
        }


# Functions of a module, because a network takes its hooks with it to where it is copied or unpickled.


def _enter_forward(*_) -> None:
    if _of_this_process:
        _of_this_process.enter_forward()


def _leave_forward(*_) -> None:
    if _of_this_process:
        _of_this_process.leave_forward()

"""A training of the original's interface as a run of a strategy: its numbers, and its data from the caller's loader."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch

from casual_training.measure import machine
from casual_training.plan.seeds import DATA_ORDER, WORKER, derived_seed
from casual_training.workload.pipelines import Batch

A_DAY = 24 * 60 * 60  # seconds; the original knows no deadline


@dataclass(frozen=True)
class LoaderRun:
    """What strategies and workers.run_workers ask of a plan.run.Run; `passes` are the epochs of each worker.

    All workers together use the cores, and each has one thread or more.
    """

    workers: int
    passes: int
    seed: int
    loss: str = "cross_entropy"
    optimizer: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    cores: int = field(default_factory=lambda: machine.cores())
    deadline_seconds: ClassVar[int] = A_DAY
    heartbeat_seconds: ClassVar[int] = 5
    user_code: ClassVar[tuple] = ()

    @property
    def threads(self) -> int:
        """The intra-op threads of each worker."""
        return max(1, self.cores // self.workers)


class WholeLoader:
    """A loader as the `data` of a strategy: every worker goes over all of it in each pass, as in the original.

    The random state of a pass follows from (seed, rank, number of the pass): the order of the samples, and dropout
    and random transforms with it.

    Args:
        loader: gives batches (inputs, targets), again and again.
        seed: 0 or more.
        device: where the batches go.
    """

    def __init__(self, loader, seed: int, device: torch.device | str = "cpu"):
        self.loader, self.seed, self.device = loader, seed, device

    def batches(self, number: int, rank: int) -> Iterator[Batch]:
        """Return the batches (inputs, targets) of worker `rank` in pass `number`, counted from 0."""
        seed = derived_seed(derived_seed(self.seed, WORKER, rank), DATA_ORDER, number)
        torch.manual_seed(seed)
        # A generator of the loader's own came here as a copy, the same in every process.
        for holder in (self.loader, getattr(self.loader, "sampler", None)):
            generator = getattr(holder, "generator", None)
            if generator is not None:
                generator.manual_seed(seed)
        for inputs, targets in self.loader:
            yield inputs.to(self.device), targets.to(self.device)

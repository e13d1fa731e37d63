"""The processes of one training, and what their user's loader gives each of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch

from casual_training.measure import machine
from casual_training.plan.seeds import DATA_ORDER, WORKER, derived_seed

A_DAY = 24 * 60 * 60  # seconds; the original knows no deadline


@dataclass(frozen=True)
class Team:
    """What processes.run_workers has to know of the processes: how many, their threads, their seed, its times."""

    workers: int
    threads: int
    cores: int
    seed: int
    deadline_seconds: int = A_DAY
    heartbeat_seconds: ClassVar[int] = 5


def sizes(workers: int) -> dict[str, int]:
    """Return a Team its workers, threads and cores: all together use the cores, each has one thread or more."""
    cores = machine.cores()
    return {"workers": workers, "threads": max(1, cores // workers), "cores": cores}


class WholeLoader:
    """A loader as the `data` of a strategy: every worker goes over all of it in each pass, as in the original.

    The random state of a pass follows from (seed, rank, number of the pass): the order of the samples, and dropout
    and random transforms with it.

    Args:
        loader: gives batches (inputs, targets), again and again.
        seed: 0 or more.
    """

    def __init__(self, loader, seed: int):
        self.loader, self.seed = loader, seed

    def batches(self, number: int, rank: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Return worker `rank` its batches of pass `number`, counted from 0."""
        seed = derived_seed(derived_seed(self.seed, WORKER, rank), DATA_ORDER, number)
        torch.manual_seed(seed)
        # A generator of the loader's own came here as a copy, the same in every process.
        for holder in (self.loader, getattr(self.loader, "sampler", None)):
            generator = getattr(holder, "generator", None)
            if generator is not None:
                generator.manual_seed(seed)
        yield from self.loader

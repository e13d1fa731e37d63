"""What one average of the weights costs two workers that arrive together, over gloo and through shared memory.

    python benchmarks/averaging.py

The workers train simple_nn on synthetic images, 16 steps before each average as local_sgd does, meet at a barrier and
then exchange their weights by one or the other. Five turns of 60 averages each. Wants the machine to itself.
"""

import functools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import distributed, multiprocessing, nn

from casual_training.parallel.rendezvous import gloo_group
from casual_training.parallel.shared_barrier import SharedBarrier
from casual_training.parallel.shared_weights import SharedWeights
from casual_training.workload import models

TURNS, AVERAGES, STEPS, BATCH, WORKERS = 5, 60, 16, 32, 2


def main() -> None:
    model = models.build("simple_nn")
    with tempfile.TemporaryDirectory() as folder:
        arguments = (Path(folder, "store"), SharedWeights(model, WORKERS), SharedBarrier(WORKERS))
        multiprocessing.start_processes(measure, arguments, nprocs=WORKERS, start_method="forkserver")


def measure(rank: int, store: Path, weights: SharedWeights, barrier: SharedBarrier) -> None:
    """Be one of the workers; worker 0 prints."""
    torch.set_num_threads(1)
    with gloo_group(store, WORKERS, rank):
        exchanges = {"gloo": average_over_gloo, "shared memory": functools.partial(average_shared, rank, weights)}
        turns = [{name: milliseconds(make, rank, barrier) for name, make in exchanges.items()} for _ in range(TURNS)]
    if rank == 0:
        for name in exchanges:
            values = [turn[name] for turn in turns]
            print(f"{name}: {statistics.median(values):.2f} ms ({min(values):.2f} to {max(values):.2f}) an average")


def milliseconds(make, rank: int, barrier: SharedBarrier) -> float:
    """Train, with an average of the weights now and then; return the mean of what these take from the barrier on."""
    model, taken = models.build("simple_nn"), []
    average = make(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)
    inputs, targets = torch.randn(BATCH, 1, 28, 28), torch.randint(10, (BATCH,))
    for _ in range(AVERAGES):
        for _ in range(STEPS):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), targets).backward()
            optimizer.step()
        barrier.wait(rank)
        started = time.perf_counter()
        average()
        taken.append(time.perf_counter() - started)
    return 1000 * statistics.mean(taken)


def average_shared(rank: int, weights: SharedWeights, model: nn.Module) -> Callable[[], None]:
    """Return what averages the weights of a network through shared memory."""
    weights.join(rank, model)
    return weights.average


def average_over_gloo(model: nn.Module) -> Callable[[], None]:
    """Return what replaces the weights of a network by their mean over all workers, by an all-reduce."""

    @torch.no_grad()
    def average() -> None:
        parameters = list(model.parameters())
        mean = nn.utils.parameters_to_vector(parameters)
        distributed.all_reduce(mean)
        mean /= WORKERS
        for parameter, values in zip(parameters, mean.split([each.numel() for each in parameters]), strict=True):
            parameter.copy_(values.view_as(parameter))

    return average


if __name__ == "__main__":
    main()

"""What one average of the weights costs two workers that arrive together, over gloo and through shared memory.

    python benchmarks/averaging.py

The workers train simple_nn on made-up images, 16 steps before each average as local_sgd does, meet at a barrier and
then exchange their weights in one way or the other. Five turns of 60 averages each. Wants the machine to itself.
"""

import functools
import statistics
import tempfile
import time
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
    shared = SharedWeights(model, WORKERS), SharedBarrier(WORKERS)
    with tempfile.TemporaryDirectory() as folder:
        arguments = (Path(folder, "store"), *shared)
        multiprocessing.start_processes(measure, arguments, nprocs=WORKERS, start_method="forkserver")


def measure(rank: int, store: Path, weights: SharedWeights, barrier: SharedBarrier) -> None:
    """Be one of the workers; worker 0 prints."""
    torch.set_num_threads(1)
    with gloo_group(store, WORKERS, rank):
        ways = {"gloo": average_over_gloo, "shared memory": functools.partial(weights.average, rank)}
        turns = [{name: milliseconds(way, rank, barrier) for name, way in ways.items()} for _ in range(TURNS)]
    if rank == 0:
        for name in ways:
            values = [turn[name] for turn in turns]
            print(f"{name}: {statistics.median(values):.2f} ms ({min(values):.2f} to {max(values):.2f}) an average")


def milliseconds(way, rank: int, barrier: SharedBarrier) -> float:
    """Train, with an average of the weights now and then; give the mean of what these take from the barrier on."""
    model, taken = models.build("simple_nn"), []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)
    inputs, targets = torch.randn(BATCH, 1, 28, 28), torch.randint(10, (BATCH,))
    for _ in range(AVERAGES):
        for _ in range(STEPS):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), targets).backward()
            optimizer.step()
        barrier.wait(rank)
        started = time.perf_counter()
        way(model)
        taken.append(time.perf_counter() - started)
    return 1000 * statistics.mean(taken)


@torch.no_grad()
def average_over_gloo(model) -> None:
    """Replace the weights by their mean over all workers, by an all-reduce."""
    mean = nn.utils.parameters_to_vector(model.parameters())
    distributed.all_reduce(mean)
    mean /= WORKERS
    for parameter, values in zip(model.parameters(), mean.split([p.numel() for p in model.parameters()]), strict=True):
        parameter.copy_(values.view_as(parameter))


if __name__ == "__main__":
    main()

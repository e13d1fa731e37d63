"""Every worker gets the same mean of what all networks hold, again and again, whoever is slow."""

import time

import pytest
import torch
from torch import nn

from casual_training import shared_memory
from casual_training.parallel.shared_weights import SharedWeights
from casual_training.parallel.workers import context

pytestmark = pytest.mark.usefixtures("fork_server")
AVERAGES = 200
SLOW_SECONDS = 0.002


class Held(nn.Module):
    """A network that holds weights, a buffer that is averaged and one that counts."""

    def __init__(self, dtype=torch.float32):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3, dtype=dtype))
        self.register_buffer("statistics", torch.zeros(2))
        self.register_buffer("batches", torch.zeros(1, dtype=torch.int64))


def value_of(rank, number):
    """What a worker's network holds before an average: nothing that a sum in another order would give as well."""
    return 1 / (3 + rank) + 0.1 * number


def average_often(rank, weights, seen, slow):
    """Average again and again; a slow worker comes to its rows when the others may be at their next average."""
    barrier = weights._exchange._barrier
    meet = barrier.wait

    def wait(own):
        meet(own)
        time.sleep(SLOW_SECONDS if rank == slow else 0)

    barrier.wait = wait
    model = Held()
    weights.join(rank, model)
    for number in range(AVERAGES):
        for held in (model.weight.data, model.statistics, model.batches):
            held.fill_(value_of(rank, number) if held.is_floating_point() else rank)
        weights.average()
        seen[rank, number] = torch.cat([model.weight.data, model.statistics, model.batches.float()])


def mean_of(number, workers):
    own = [torch.tensor(value_of(rank, number)) for rank in range(workers)]
    return sum(own[1:], own[0]) / workers


@pytest.mark.parametrize("slow", [0, -1])
@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_every_worker_gets_the_mean_in_the_order_of_ranks(workers, slow):
    weights, seen = SharedWeights(Held(), workers), torch.zeros(workers, AVERAGES, 6).share_memory_()
    slow %= workers
    arguments = [(rank, weights, seen, slow) for rank in range(workers)]
    processes = [context().Process(target=average_often, args=own, daemon=True) for own in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    means = torch.stack([mean_of(number, workers) for number in range(AVERAGES)])
    for rank in range(workers):
        assert torch.equal(seen[rank, :, :5], means[:, None].expand(-1, 5))
        assert (seen[rank, :, 5] == rank).all()  # what counts is nobody's mean


def test_a_network_of_several_dtypes_keeps_them():
    model = Held(torch.float64)
    model.weight.data.fill_(0.1)
    weights = SharedWeights(model, 1)
    weights.join(0, model)
    weights.average()
    assert model.weight.dtype == torch.float64 and model.statistics.dtype == torch.float32
    assert model.weight.tolist() == [0.1] * 3


def test_too_little_shared_memory_for_the_weights_is_one_sentence(monkeypatch):
    monkeypatch.setattr(
        shared_memory.shutil, "disk_usage", lambda folder: shared_memory.shutil._ntuple_diskusage(9, 8, 1)
    )
    with pytest.raises(ValueError, match=r"the weights of the workers need .* lower study\.workers"):
        SharedWeights(Held(), 2)

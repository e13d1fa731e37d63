"""Which samples a worker takes in which pass."""

import pytest
import torch

from casual_training.workload.data_order import batch_indices, pass_order, shard
from training import TRAIN_SAMPLES, make_run


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_the_shards_of_a_pass_hold_every_sample_once(workers):
    order = pass_order(1, 0, 100)
    shards = [shard(order, rank, workers) for rank in range(workers)]
    assert torch.cat(shards).sort().values.tolist() == list(range(100))


def test_passes_and_seeds_have_orders_of_their_own():
    orders = [pass_order(seed, number, 100).tolist() for seed in (1, 2) for number in (0, 1)]
    assert len({tuple(order) for order in orders}) == 4
    assert pass_order(1, 0, 100).tolist() == orders[0]


def test_with_full_sampling_each_worker_has_whole_epochs_in_its_own_order():
    run = make_run(strategy="hogwild", workers=2, passes=4, sampling="full")
    epochs = {rank: [batch_indices(TRAIN_SAMPLES, number, rank, run) for number in range(4)] for rank in (0, 1)}
    orders = [torch.cat(batches).tolist() for rank in (0, 1) for batches in epochs[rank] if batches]
    assert len(orders) == len({tuple(order) for order in orders}) == 4
    assert all(sorted(order) == list(range(TRAIN_SAMPLES)) for order in orders)
    assert [[len(batches) > 0 for batches in epochs[rank]] for rank in (0, 1)] == [[True, False] * 2, [False, True] * 2]

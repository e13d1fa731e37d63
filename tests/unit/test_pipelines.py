import shutil

import pytest
import torch

from casual_training import datasets, pipelines
from casual_training.pipelines import PIPELINES, pass_order, shard, steps_per_worker
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


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
@pytest.mark.parametrize("batch_size", [32, 33])
def test_no_worker_makes_more_steps_than_the_record_has_room_for(data_dir, workers, batch_size):
    run = make_run(strategy="hogwild", workers=workers, passes=3, batch_size=batch_size)
    data = PIPELINES["memory"](datasets.load(run.dataset, data_dir), run)
    steps = [sum(1 for number in range(3) for _ in data.batches(number, rank)) for rank in range(workers)]
    assert max(steps) == steps_per_worker(TRAIN_SAMPLES, run)


def test_both_pipelines_give_the_same_batches(data_dir):
    run = make_run(workers=2, strategy="hogwild")
    splits = datasets.load(run.dataset, data_dir)
    memory, torchvision = (list(PIPELINES[name](splits, run).batches(0, 1)) for name in ("memory", "torchvision"))
    assert len(memory) == len(torchvision) == TRAIN_SAMPLES // 2 // 32
    for (inputs, targets), (same_inputs, same_targets) in zip(memory, torchvision, strict=True):
        torch.testing.assert_close(same_inputs, inputs, rtol=0, atol=1e-6)
        assert same_targets.tolist() == targets.tolist()


def test_the_training_set_is_normalised_and_in_shared_memory(data_dir):
    run = make_run()
    data = PIPELINES["memory"](datasets.load(run.dataset, data_dir), run)
    assert data.inputs.is_shared()
    assert data.inputs.shape == (TRAIN_SAMPLES, 1, 28, 28)
    assert abs(data.inputs.mean().item()) < 0.1
    assert abs(data.inputs.std().item() - 1) < 0.1


def test_too_little_shared_memory_is_one_sentence_before_training(data_dir, monkeypatch):
    monkeypatch.setattr(pipelines.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(1000, 990, 10))
    run = make_run()
    with pytest.raises(ValueError, match=r"need 2 MB of shared memory, more than is free in /dev/shm"):
        PIPELINES["memory"](datasets.load(run.dataset, data_dir), run)

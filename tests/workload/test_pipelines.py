import shutil

import pytest
import torch

from casual_training import shared_memory
from casual_training.workload import samples
from casual_training.workload.data_order import batch_indices, planned_work
from casual_training.workload.pipelines import PIPELINES
from training import TRAIN_SAMPLES, make_run


@pytest.mark.parametrize("max_steps", [None, 4, 13, 50, 1000])
@pytest.mark.parametrize(("sampling", "workers"), [("shard", 1), ("shard", 3), ("shard", 4), ("full", 1), ("full", 3)])
@pytest.mark.parametrize("batch_size", [32, 33])
def test_every_worker_makes_the_planned_steps_on_the_planned_samples(
    data_dir, sampling, workers, batch_size, max_steps
):
    shape = {"sampling": sampling, "batch_size": batch_size, "max_steps": max_steps}
    run = make_run(strategy="hogwild", workers=workers, passes=6, **shape)
    data = PIPELINES["memory"](samples.load(run, data_dir), run)
    for rank in range(workers):
        batches = [len(targets) for number in range(6) for _, targets in data.batches(number, rank)]
        assert (len(batches), sum(batches)) == planned_work(TRAIN_SAMPLES, rank, run)
        assert max_steps is None or len(batches) <= max_steps // workers


@pytest.mark.parametrize("max_steps", [None, 7, 70, 71])
@pytest.mark.parametrize(("count", "workers"), [(640, 2), (321, 2), (577, 3), (99, 3)])
def test_steps_and_missed_steps_are_equal_for_all_workers(data_dir, count, workers, max_steps):
    run = make_run(strategy="ddp", workers=workers, passes=8, max_steps=max_steps, train_samples=count)
    for pipeline in PIPELINES.values():
        data = pipeline(samples.load(run, data_dir), run)
        for number in range(8):
            steps = [len(batch_indices(count, number, rank, run)) for rank in range(workers)]
            missed = [data.missed_steps(number, rank) for rank in range(workers)]
            assert [made + less for made, less in zip(steps, missed, strict=True)] == [max(steps)] * workers


def test_max_steps_takes_the_first_batches_of_the_whole_run(data_dir):
    splits = samples.load(make_run(), data_dir)
    whole, short = (PIPELINES["memory"](splits, make_run(passes=2, max_steps=steps)) for steps in (None, 25))
    targets = [[t.tolist() for number in range(2) for _, t in data.batches(number, 0)] for data in (whole, short)]
    assert targets[1] == targets[0][:25]


@pytest.mark.parametrize("max_steps", [None, 13])
def test_both_pipelines_give_the_same_batches(data_dir, max_steps):
    run = make_run(workers=2, strategy="hogwild", max_steps=max_steps)
    splits = samples.load(run, data_dir)
    memory, dataloader = (list(PIPELINES[name](splits, run).batches(0, 1)) for name in ("memory", "dataloader"))
    assert len(memory) == len(dataloader) == (max_steps or TRAIN_SAMPLES // 32) // 2
    for (inputs, targets), (same_inputs, same_targets) in zip(memory, dataloader, strict=True):
        torch.testing.assert_close(same_inputs, inputs, rtol=0, atol=1e-6)
        assert same_targets.tolist() == targets.tolist()


def test_the_training_set_is_normalised_and_in_shared_memory(data_dir):
    run = make_run()
    data = PIPELINES["memory"](samples.load(run, data_dir), run)
    assert data.inputs.is_shared()
    assert data.inputs.shape == (TRAIN_SAMPLES, 1, 28, 28)
    assert abs(data.inputs.mean().item()) < 0.1
    assert abs(data.inputs.std().item() - 1) < 0.1


def test_too_little_shared_memory_is_one_sentence_before_training(data_dir, monkeypatch):
    monkeypatch.setattr(shared_memory.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(1000, 990, 10))
    run = make_run()
    with pytest.raises(ValueError, match="the training data need 2 MB of shared memory, more than is free in /dev/shm"):
        PIPELINES["memory"](samples.load(run, data_dir), run)

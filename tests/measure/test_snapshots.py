import pytest
import torch

from casual_training import shared_memory
from casual_training.measure.recorder import Recorder
from casual_training.measure.snapshots import Snapshots


@pytest.fixture
def model():
    model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.BatchNorm1d(1))
    model.share_memory()
    return model


def train(model, recorder, rank, steps, samples=10):
    """Set the bias of the model to the number of the step, step by step."""
    recorder.start(rank, threads=1)
    for step in range(1, steps + 1):
        with torch.no_grad():
            model[0].bias.fill_(step)
            model[1].num_batches_tracked.fill_(step)
        recorder.step(torch.tensor(0.0), samples)
    recorder.complete()


def taken(recorder):
    return [(samples, weights["0.bias"].item()) for _, samples, weights in recorder.snapshots.taken()]


def test_weights_are_copied_after_the_step_that_reaches_the_threshold(model):
    recorder = Recorder(1, 10, 1, Snapshots(model, [20, 45, 99]))
    train(model, recorder, 0, 10)
    assert taken(recorder) == [(20, 2.0), (50, 5.0), (100, 10.0)]


def test_a_snapshot_holds_every_tensor_of_the_network_in_its_dtype(model):
    recorder = Recorder(1, 10, 1, Snapshots(model, [50]))
    train(model, recorder, 0, 5)
    ((_, _, weights),) = recorder.snapshots.taken()
    assert weights.keys() == model.state_dict().keys()
    for name, tensor in model.state_dict().items():
        assert torch.equal(weights[name], tensor)
        assert weights[name].dtype == tensor.dtype


def test_moments_lie_between_start_and_end(model):
    recorder = Recorder(1, 10, 1, Snapshots(model, [10, 20]))
    train(model, recorder, 0, 10)
    first, second = (moment for moment, _, _ in recorder.snapshots.taken())
    assert recorder.started < first < second < recorder.ended


def test_worker_0_counts_the_samples_of_all_workers(model):
    recorder = Recorder(2, 10, 1, Snapshots(model, [60, 110]))
    train(model, recorder, 1, 10)
    train(model, recorder, 0, 10)
    assert taken(recorder) == [(110, 1.0)]  # both were due after the first step: one copy serves


def test_without_thresholds_nothing_is_copied(model):
    recorder = Recorder(1, 10, 1, Snapshots(model, []))
    train(model, recorder, 0, 10)
    assert recorder.snapshots.taken() == []


def test_weights_that_move_to_shared_memory_later_are_still_the_ones_copied():
    model = torch.nn.Linear(3, 1)
    snapshots = Snapshots(model, [10])
    model.share_memory()
    with torch.no_grad():
        model.bias.fill_(7)
    snapshots.take(0, 10, 1.0)
    ((_, _, weights),) = snapshots.taken()
    assert weights["bias"].item() == 7


def test_too_little_shared_memory_for_the_snapshots_is_one_sentence(model, monkeypatch):
    monkeypatch.setattr(
        shared_memory.shutil, "disk_usage", lambda folder: shared_memory.shutil._ntuple_diskusage(9, 8, 1)
    )
    with pytest.raises(ValueError, match=r"the snapshots of the weights need .* lower study\.snapshots"):
        Snapshots(model, [10])

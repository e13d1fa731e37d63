"""Methods whose workers share weights refuse a network that changes more than its weights in training."""

import copy

import pytest
import torch
from torch import nn

from casual_training import strategies
from casual_training.errors import RunFailed
from casual_training.parallel.changing_buffers import note_changed_buffer, refuse_changing_buffers
from training import make_run


class Counting(nn.Module):
    """Counts its batches in a buffer that is `dtype`, in training only, and if it is told to."""

    def __init__(self, counts=True, dtype=torch.int64):
        super().__init__()
        self.counts, self.linear = counts, nn.Linear(4, 2)
        self.register_buffer("seen", torch.zeros((), dtype=dtype), persistent=False)
        self.register_buffer("unknown", torch.tensor([float("nan"), float("-inf")]))

    def forward(self, inputs):
        if self.counts and self.training:
            self.seen = self.seen + 1
        return self.linear(inputs)


def stepped(model, shape=(8, 4)):
    """Note which buffer a training step changes, as the step before a run does."""
    trial = copy.deepcopy(model)
    trial(torch.randn(shape)).sum().backward()
    note_changed_buffer(model, trial)
    return model


@pytest.mark.parametrize("method", ["hogwild", "ps_push_pull"])
def test_a_network_that_changes_a_buffer_is_refused_by_its_name(method):
    normed = nn.Sequential(nn.InstanceNorm1d(4, track_running_stats=True), nn.Flatten(), nn.Linear(12, 2))
    networks = {"0.seen": stepped(nn.Sequential(Counting())), "0.running_mean": stepped(normed, (8, 4, 3))}
    for name, network in networks.items():
        run = make_run(strategy=method, method=method, workers=2)
        with pytest.raises(RunFailed) as refused:
            strategies.load(method)(network, None, run, None)
        assert refused.value.status == "unavailable"
        assert f"{method} cannot train a network whose forward pass changes a buffer ({name})" in refused.value.cause
        assert "\n" not in refused.value.cause


@pytest.mark.parametrize("dtype", [torch.bool, torch.float32])
def test_a_network_whose_buffers_stay_is_not_refused(dtype):
    refuse_changing_buffers(stepped(Counting(counts=False, dtype=dtype)), "hogwild")
    refuse_changing_buffers(
        stepped(nn.Sequential(nn.InstanceNorm1d(4), nn.Flatten(), nn.Linear(12, 2)), (8, 4, 3)), "hogwild"
    )


def test_batch_norm_keeps_its_own_sentence():
    network = stepped(nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 2)))
    with pytest.raises(RunFailed, match=r"batch norm \(BatchNorm1d\)"):
        refuse_changing_buffers(network, "hogwild")

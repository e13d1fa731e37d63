"""Strategies that exchange all weights or gradients as one tensor keep the dtype of the network."""

import pytest
import torch
from torch import nn

from casual_training import strategies
from casual_training.errors import RunFailed
from casual_training.workload import models
from training import make_run, trained

pytestmark = pytest.mark.usefixtures("fork_server")
AS_ONE_TENSOR = ["ps_push_pull", "sync_shared"]


class Double(nn.Module):
    """A network of float64."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(784, 10, dtype=torch.float64)

    def forward(self, images):
        return self.linear(images.flatten(1).double())


@pytest.mark.parametrize("name", [*AS_ONE_TENSOR, "local_sgd"])
def test_one_worker_repeats_serial_training_of_float64_bit_for_bit(name, data_dir, monkeypatch):
    monkeypatch.setattr(models, "build", lambda name: Double())
    model, _ = trained(make_run(strategy=name), data_dir)
    serial, _ = trained(make_run(), data_dir)
    assert model.linear.weight.dtype == torch.float64
    assert torch.equal(model.linear.weight, serial.linear.weight)


@pytest.mark.parametrize("name", AS_ONE_TENSOR)
def test_a_network_of_several_dtypes_is_refused_before_anything_starts(name):
    mixed = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2, dtype=torch.float64))
    with pytest.raises(RunFailed, match="cannot train a network that has float32 and float64; give all") as failure:
        strategies.load(name)(mixed, None, make_run(strategy=name), None)
    assert failure.value.status == "unavailable"

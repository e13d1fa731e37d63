"""Workers that train networks of their own begin with the initial weights, however far worker 0 is by then."""

import copy
import time
from multiprocessing import parent_process

import pytest
from torch import nn, zeros

from casual_training import strategies
from casual_training.workload import models
from casual_training.workload.loss_functions import make_loss
from training import make_run, prepared

pytestmark = pytest.mark.usefixtures("fork_server")


class SlowToCopy(nn.Module):
    """Counts its batches, which its outputs depend on, and is slow to copy in a worker."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(784, 10)
        self.register_buffer("batches", zeros(()))

    def forward(self, images):
        self.batches += 1
        return self.linear(images.flatten(1)) * self.batches

    def __deepcopy__(self, memo):
        if parent_process() is not None:
            time.sleep(0.3)
        same = SlowToCopy()
        same.load_state_dict(self.state_dict())
        return same


@pytest.mark.parametrize("name", ["independent", "sync_shared", "local_sgd"])
def test_worker_1_begins_with_the_initial_weights_and_buffers(name, data_dir, monkeypatch):
    monkeypatch.setattr(models, "build", lambda name: SlowToCopy())
    run = make_run(strategy=name, workers=2)
    model, data, recorder = prepared(run, data_dir)
    inputs, targets = next(iter(data.batches(0, 1)))
    expected = make_loss(run)(copy.deepcopy(model)(inputs), targets).item()
    strategies.load(name)(model, data, run, recorder)
    first = next(loss for rank, step, *_, loss in recorder.losses() if (rank, step) == (1, 1))
    assert first == pytest.approx(expected)

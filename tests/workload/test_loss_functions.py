import pytest
import torch

from casual_training.config.names import LOSSES
from casual_training.workload.loss_functions import make_loss
from training import make_run


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_a_mean_over_the_batch(name):
    targets = torch.tensor([0, 1, 2, 3]) if name == "cross_entropy" else torch.ones(4, 10)
    expected = {"cross_entropy": 2.302585, "binary_cross_entropy_with_logits": 0.693147}.get(name, 1.0)
    assert make_loss(make_run(loss=name))(torch.zeros(4, 10), targets).item() == pytest.approx(expected, abs=1e-5)

import pytest
import torch

from casual_training.config.models import Adam, Sgd
from casual_training.workload.optimizers import CLASSES, make_optimizer
from training import make_run


@pytest.mark.parametrize("listed", [Sgd, Adam])
def test_every_optimizer_takes_the_options_it_is_listed_with(listed):
    name, *_ = listed.model_fields["name"].annotation.__args__
    options = dict.fromkeys(listed.model_fields.keys() - {"name"}, 0.1)
    optimizer = make_optimizer(torch.nn.Linear(1, 1), make_run(optimizer={"name": name} | options))
    assert type(optimizer) is CLASSES[name]
    assert all(optimizer.defaults[option] == 0.1 for option in options)

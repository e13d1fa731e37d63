import pytest
import torch

from casual_training.workload import models
from casual_training.config.names import LOSSES, OPTIMIZERS
from casual_training.workload.losses import make_loss
from casual_training.workload.optimizers import make_optimizer

CLASSES = {"resnet34": 1000}  # as ImageNet has, because the original left them


@pytest.mark.parametrize("name", models.names())
def test_every_model_maps_images_to_logits(name):
    assert models.build(name)(torch.zeros(3, 1, 28, 28)).shape == (3, CLASSES.get(name, 10))


NETS = [("simple_nn", 21_840), ("ps_net", 1_199_882), ("resnet34", 21_797_672)]


@pytest.mark.parametrize(("name", "parameters"), NETS)
def test_the_nets_of_the_original_have_its_parameters(name, parameters):
    assert sum(parameter.numel() for parameter in models.build(name).parameters()) == parameters


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_takes_the_options_it_is_listed_with(name):
    from training import make_run

    _, options = OPTIMIZERS[name]
    run = make_run(optimizer={"name": name} | dict.fromkeys(options, 0.1))
    optimizer = make_optimizer(torch.nn.Linear(1, 1), run)
    assert all(optimizer.defaults[option] == 0.1 for option in options)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_a_mean_over_the_batch(name):
    from training import make_run

    targets = torch.tensor([0, 1, 2, 3]) if name == "cross_entropy" else torch.ones(4, 10)
    expected = {"cross_entropy": 2.302585, "binary_cross_entropy_with_logits": 0.693147}.get(name, 1.0)
    assert make_loss(make_run(loss=name))(torch.zeros(4, 10), targets).item() == pytest.approx(expected, abs=1e-5)

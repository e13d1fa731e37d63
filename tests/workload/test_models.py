import pytest
import torch

from casual_training.workload import models

CLASSES = {"resnet34": 1000}  # as ImageNet has, because the original left them


@pytest.mark.parametrize("name", models.names())
def test_every_model_maps_images_to_logits(name):
    assert models.build(name)(torch.zeros(3, 1, 28, 28)).shape == (3, CLASSES.get(name, 10))


NETS = [("simple_nn", 21_840), ("ps_net", 1_199_882), ("resnet34", 21_797_672)]


@pytest.mark.parametrize(("name", "parameters"), NETS)
def test_the_nets_of_the_original_have_its_parameters(name, parameters):
    assert sum(parameter.numel() for parameter in models.build(name).parameters()) == parameters

"""Both ways of the first approach, on the one device that is always there."""

import itertools

import pytest
import torch
from torch import nn

from casual_training.errors import RunFailed
from casual_training.strategies.device_switching import bytes_of_a_switch
from training import make_run, prepared, strategies, trained

pytestmark = pytest.mark.usefixtures("fork_server")


def run_of(switch, **changes):
    return make_run(strategy="device_switching", options={"switch": switch}, passes=2, **changes)


RESNET = {"model": "resnet34", "train_samples": 64, "snapshots": 1, "threads": 2}


@pytest.mark.parametrize("changes", [{}, RESNET], ids=["simple_nn", "resnet34"])
def test_with_and_without_the_switch_the_cpu_learns_the_same(changes, data_dir):
    (regular, one), (switching, other) = (trained(run_of(switch, **changes), data_dir) for switch in (False, True))
    assert [loss for *_, loss in one.losses()] == [loss for *_, loss in other.losses()]
    for name, tensor in regular.state_dict().items():  # the running statistics of batch norm among them
        assert torch.equal(tensor, switching.state_dict()[name]), name


def test_pass_ends_are_noted_and_on_the_cpu_nothing_moves(data_dir):
    _, recorder = trained(run_of(True), data_dir)
    assert recorder.details["bytes_moved"] == 0
    moments = [0, *recorder.details["pass_seconds"], recorder.ended - recorder.started]
    assert len(moments) == 2 + 2
    assert all(earlier < later for earlier, later in itertools.pairwise(moments))


def test_a_switch_moves_parameters_gradients_and_buffers_there_and_back():
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    network[0].bias.requires_grad = False
    # 6 + 2 + 2 + 2 weights, gradients of 10 of them and 4 running statistics of 4 bytes each, and a count of 8.
    assert bytes_of_a_switch(network, torch.device("cuda")) == 2 * (4 * (12 + 10 + 4) + 8)
    assert bytes_of_a_switch(network, torch.device("cpu")) == 0


@pytest.mark.skipif(torch.accelerator.is_available(), reason="there is an accelerator")
def test_without_an_accelerator_the_run_is_unavailable_and_says_why(data_dir):
    run = run_of(False)
    run.options["device"] = "accelerator"
    model, data, recorder = prepared(run, data_dir)
    with pytest.raises(RunFailed, match="no accelerator") as failure:
        strategies.load("device_switching")(model, data, run, recorder)
    assert failure.value.status == "unavailable"

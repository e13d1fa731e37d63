"""What does not fit in the user's code and data is found before the run, and is one sentence."""

import pytest
import torch

from casual_training.runs.preflight import try_out, try_step
from casual_training.runs.prepare import PreparedRun, prepare_run
from casual_training.workload import models, samples
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.metrics import make_metric
from user_files import refusal, run_of, user_project


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    yield from user_project(tmp_path, monkeypatch)


def tried(model=None, targets=None, **changes):
    run = run_of(**changes)
    network = models.build(run.model) if model is None else model
    prepared = PreparedRun(run, None, None, network, make_loss(run), make_metric(run))
    inputs, own_targets = torch.ones(8, 3), torch.ones(8, 1)
    try_step(prepared, (inputs, own_targets if targets is None else targets))


def test_a_step_that_fits_is_tried_and_changes_nothing():
    network = models.build("mine.py:Net")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    state = torch.random.get_rng_state()
    tried(network)
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"targets": torch.ones(8)},
            "the network gives a tensor of shape (8, 1), float32, but mean_squared_error needs",
        ),
        ({"model": torch.nn.Linear(4, 1)}, "the network cannot take inputs of shape (8, 3), float32: RuntimeError"),
        ({"model": torch.nn.Flatten()}, "the network has no parameters to train"),
        (
            {"loss": "cross_entropy", "targets": torch.full((8,), 3)},
            "targets of the training data go from 3 to 3, but",
        ),
        ({"loss": "cross_entropy", "targets": torch.ones(8)}, "cross_entropy cannot take outputs of shape (8, 1)"),
        ({"metric": "accuracy", "loss": "mine.py:third", "targets": torch.ones(8, 2)}, "which accuracy cannot compare"),
        ({"loss": "mine.py:make_items"}, "mine.py:make_items cannot take outputs"),
        ({"loss": "mine.py:Net"}, "mine.py:Net cannot take outputs"),
        ({"metric": "mine.py:make_items"}, "mine.py:make_items cannot take outputs"),
    ],
)
def test_what_does_not_fit_is_refused_before_training(changes, said):
    assert said in refusal(lambda: tried(**changes))


def test_a_loss_or_metric_that_gives_no_number_is_refused(project):
    (project / "other.py").write_text("def pair(outputs, targets):\n    return outputs, targets\n")
    assert "other.py, line 1: other.py:pair gives a tuple" in refusal(lambda: tried(loss="other.py:pair"))
    assert "other.py, line 1: other.py:pair gives a tuple" in refusal(lambda: tried(metric="other.py:pair"))


CLASSES = """
import torch
from torch import nn

def make_data(part="train", index=0, label=0):
    targets = {"train": torch.arange(60) % 3, "test": torch.arange(205) % 3}
    targets[part][index] = label
    return tuple((torch.randn(len(labels), 4), labels) for labels in targets.values())

class Items(torch.utils.data.TensorDataset):
    pass

def make_items(**wrong):
    return tuple(Items(*pair) for pair in make_data(**wrong))

class Net(nn.Linear):
    def forward(self, inputs, breaks=None):
        if not self.training and len(inputs) == self.breaks_at:
            raise IndexError("no such place")
        return super().forward(inputs)

def make_network(classes=3, breaks_at=None):
    net = Net(4, classes)
    net.breaks_at = breaks_at
    return net

def strict(outputs, targets):
    if torch.is_inference_mode_enabled():
        raise ValueError("not in evaluation")
    return (outputs.argmax(1) == targets).float()
"""
CLASSES_LINES = {line.strip(): number for number, line in enumerate(CLASSES.split("\n"), start=1)}


def tried_whole(project, data=None, items="make_data", **changes):
    (project / "classes.py").write_text(CLASSES)
    workload = {"model": "classes.py:make_network", "loss": "cross_entropy", "metric": "accuracy"} | changes
    run = run_of(dataset={"factory": f"classes.py:{items}", "arguments": data or {}}, **workload)
    try_out(prepare_run(run, samples.load(run, project)))


@pytest.mark.parametrize("items", ["make_data", "make_items"])
@pytest.mark.parametrize("part", ["train", "test"])
def test_a_label_that_is_no_class_is_found_wherever_it_stands(project, part, items):
    tried_whole(project, items=items)
    for index in range(0, 60, 7):  # some of them are in the batch that is tried, some among the validation data
        message = refusal(lambda index=index: tried_whole(project, {"part": part, "index": index, "label": 3}, items))
        assert message.startswith("classes.py, line ")
        assert "data go from 0 to 3, but the network (classes.py, line " in message
        assert "so it has the classes 0 to 2" in message


def test_a_binary_target_that_is_neither_0_nor_1_is_refused(project):
    labels = "binary_cross_entropy_with_logits needs targets from 0 to 1"
    assert labels in refusal(lambda: tried(loss="binary_cross_entropy_with_logits", targets=torch.full((8, 1), -1.0)))


def test_a_network_that_breaks_only_in_evaluation_is_found_before(project):
    broken = {"factory": "classes.py:make_network", "arguments": {"breaks_at": 5}}
    line = CLASSES_LINES['raise IndexError("no such place")']
    assert refusal(lambda: tried_whole(project, model=broken)) == (
        f"classes.py, line {line}: the network cannot take inputs of shape (5, 4), float32 in the evaluation on test "
        "data: IndexError: no such place"
    )


def test_a_metric_that_breaks_only_in_the_evaluation_is_found_before(project):
    line = CLASSES_LINES['raise ValueError("not in evaluation")']
    message = refusal(lambda: tried_whole(project, metric="classes.py:strict"))
    assert message.startswith(f"classes.py, line {line}: classes.py:strict cannot take outputs of shape (10, 3)")
    assert message.endswith("in the evaluation on validation data: ValueError: not in evaluation")

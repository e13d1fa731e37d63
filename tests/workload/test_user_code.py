"""Code of the user's own is found and checked without importing it, and what is wrong with it is one sentence."""

import json
import pickle
import subprocess
import sys
import textwrap

import pytest
import torch

from casual_training.runs import perform
from casual_training.runs.preflight import try_out, try_step
from casual_training.workload import models, pipelines, samples, user_code
from casual_training.config import references
from casual_training.config.names import describe_metric
from casual_training.workload.losses import make_loss
from casual_training.workload.metrics import make_metric
from casual_training.errors import UserCodeError
from training import make_run

FILE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, hidden=4):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, hidden), nn.Linear(hidden, 1))

    def forward(self, inputs):
        return self.layers(inputs)

def make_data(n=60, where=None, value=float("nan")):
    inputs = torch.randn(n, 3, generator=torch.Generator().manual_seed(0))
    targets = inputs.sum(1, keepdim=True)
    if where is not None:
        (inputs if where == "inputs" else targets)[7] = value
    return (inputs, targets), (inputs[:10], targets[:10])

class Items(torch.utils.data.Dataset):
    def __len__(self):
        return 60

    def __getitem__(self, index):
        return torch.full((3,), float(index)), torch.tensor([float(index)])

def make_items():
    return Items(), Items()

def third(outputs, targets):
    return ((outputs - targets).abs() ** 3).mean()

def raises(message="no such table"):
    raise ValueError(message)
"""
LINE_OF = {
    line.split("(")[0].split()[-1].rstrip(":"): number
    for number, line in enumerate(FILE.split("\n"), start=1)
    if line.startswith(("def", "class"))
}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """The user's project, which is the working directory; modules imported from it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    (tmp_path / "mine.py").write_text(FILE)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("raise ImportError('imported too early')")
    (tmp_path / "package" / "inner.py").write_text(FILE)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith((user_code.PREFIX, "package")):
            del sys.modules[name]


def run_of(**changes):
    workload = {"dataset": "mine.py:make_data", "model": "mine.py:Net", "loss": "mean_squared_error", "batch_size": 8}
    workload |= changes
    return make_run(**workload | {"metric": describe_metric(workload["loss"], changes.get("metric"))})


def refusal(call, *arguments):
    with pytest.raises(UserCodeError) as error:
        call(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


def tried(model=None, targets=None, **changes):
    run = run_of(**changes)
    network = models.build(run.model) if model is None else model
    inputs, own_targets = torch.ones(8, 3), torch.ones(8, 1)
    try_step(network, (inputs, own_targets if targets is None else targets), run)


@pytest.mark.parametrize("reference", ["mine.py:Net", "./mine.py:make_data", "package.inner:third"])
def test_a_file_and_a_module_are_found_and_read_without_being_imported(reference):
    before = set(sys.modules)
    references.require_defined(reference, "workloads.mine.model")
    assert references.source_file(reference).name in ("mine.py", "inner.py")
    assert not [name for name in set(sys.modules) - before if "mine" in name or "package" in name]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("nowhere.py:make", "there is no file nowhere.py"),
        ("package.nowhere:make", "there is no module package.nowhere"),
        ("mine.py:make", "mine.py defines no 'make'"),
        ("broken.py:make", "broken.py, line 2 is not valid Python"),
    ],
)
def test_what_is_not_there_is_named_with_its_key(project, reference, said):
    (project / "broken.py").write_text("import os\ndef make(:\n")
    with pytest.raises(ValueError) as error:
        references.require_defined(reference, "workloads.mine.model")
    assert str(error.value).startswith("config: workloads.mine.model")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "source",
    [
        "make = 1",
        "from os import getcwd as make",
        "try:\n    make = 1\nexcept E:\n    pass",
        "from os import *",
        "class make: pass",
    ],
)
def test_whatever_binds_the_name_defines_it(project, source):
    (project / "other.py").write_text(source)
    references.require_defined("other.py:make", "model")


def test_a_factory_is_called_with_its_arguments():
    network = models.build({"factory": "mine.py:Net", "arguments": {"hidden": 5}})
    assert network.layers[0].out_features == 5


def test_no_cache_is_left_beside_the_users_file(project):
    models.build("mine.py:Net")
    assert sorted(path.name for path in project.iterdir()) == ["mine.py", "package"]


def test_what_stands_beside_a_file_can_be_imported_from_it(project):
    (project / "folder").mkdir()
    (project / "folder" / "beside_it.py").write_text("WIDTH = 7")
    (project / "folder" / "net.py").write_text(
        "from beside_it import WIDTH\nfrom torch import nn\ndef make(): return nn.Linear(WIDTH, 1)"
    )
    assert models.build("folder/net.py:make").in_features == 7


def test_a_network_of_the_users_file_can_be_received_by_a_fresh_process(project):
    pickled = pickle.dumps(models.build("mine.py:Net"))
    code = "import pickle, sys; import casual_training.parallel.workers; print(pickle.load(sys.stdin.buffer))"
    received = subprocess.run([sys.executable, "-c", code], input=pickled, capture_output=True, cwd=project)
    assert b"Linear(in_features=3" in received.stdout, received.stderr


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("mine.py:raises", f"mine.py, line {LINE_OF['raises'] + 1}: raises raised ValueError: no such table"),
        (
            {"factory": "mine.py:Net", "arguments": {"hiden": 5}},
            f"mine.py, line {LINE_OF['Net']}: Net raised TypeError",
        ),
        ("mine.py:make_items", "make_items gives a tuple; return a torch.nn.Module"),
        (
            "early.py:make",
            "early.py, line 1: early.py cannot be imported: ModuleNotFoundError: No module named 'nowhere'",
        ),
        ("local.py:make", "local.py, line 2: make gives a network that cannot be sent to a worker"),
    ],
)
def test_a_factory_of_networks_that_does_not_give_one_is_named_with_its_line(project, named, said):
    (project / "early.py").write_text("import nowhere")
    (project / "local.py").write_text(
        "from torch import nn\ndef make():\n    class Net(nn.Linear): pass\n    return Net(1, 1)"
    )
    assert said in refusal(models.build, named)


def test_the_users_data_are_split_the_same_way_for_every_seed(tmp_path):
    for factory in ("make_data", "make_items"):
        splits = [samples.load(run_of(dataset=f"mine.py:{factory}", seed=seed), tmp_path) for seed in (1, 2)]
        sizes = [len(part) for part in (splits[0].train, splits[0].validation, splits[0].test)]
        assert sizes == [50, 10, 10 if factory == "make_data" else 60]
        for part in ("train", "validation"):
            first, second = (getattr(split, part).stacked()[1] for split in splits)
            assert torch.equal(first, second)
        both = torch.cat([splits[0].train.stacked()[1], splits[0].validation.stacked()[1]])
        assert len(both.unique()) == 60


def test_fewer_training_samples_are_the_first_of_all(tmp_path):
    every, some = (samples.load(run_of(train_samples=n), tmp_path) for n in (None, 9))
    assert torch.equal(some.train.stacked()[1], every.train.stacked()[1][:9])
    assert torch.equal(some.validation.stacked()[1], every.validation.stacked()[1])


@pytest.mark.parametrize("where", ["inputs", "targets"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_sample_that_is_no_number_is_named(tmp_path, where, value):
    named = {"factory": "mine.py:make_data", "arguments": {"where": where, "value": value}}
    message = refusal(samples.load, run_of(dataset=named), tmp_path)
    assert (
        f"mine.py, line {LINE_OF['make_data']}: make_data gives {value} in the {where} of sample 7 of train" in message
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 3", "make gives a int; return (train, test)"),
        ("return torch.ones(4, 3), torch.ones(4, 3)", "no pair (input, target)"),
        ("return (torch.ones(4, 3), torch.ones(3)), None", "of the shapes (4, 3) and (3,) as train"),
        ("return (torch.ones(4, 3), torch.ones(4)), None", "gives a NoneType as test; give a pair of tensors"),
        ("return (torch.ones(1, 3), torch.ones(1)), (torch.ones(1, 3), torch.ones(1))", "gives 1 training and 1 test"),
        ("return (torch.ones(4, 3), torch.ones(4)), (torch.ones(0, 3), torch.ones(0))", "gives 4 training and 0 test"),
        ("raise KeyError('x')", "other.py, line 3: make raised KeyError: 'x'"),
    ],
)  # fmt: skip
def test_data_that_are_none_are_refused_by_their_factory(project, body, said):
    (project / "other.py").write_text(f"import torch\ndef make():\n    {body}\n")

    def load():
        for part in vars(samples.load(run_of(dataset="other.py:make"), project)).values():
            part.stacked()

    message = refusal(load)
    assert said in message
    assert message.startswith("other.py, line ")


def test_more_training_samples_than_there_are_is_one_sentence(tmp_path):
    message = refusal(samples.load, run_of(train_samples=51), tmp_path)
    assert "leaves 50 training samples beside 10 validation samples, but the config's train_samples is 51" in message


def test_a_data_set_that_raises_at_a_sample_is_named_with_its_line(project):
    (project / "other.py").write_text(FILE.replace("return torch.full((3,), float(index)), ", "return 1 / 0, "))
    line = (project / "other.py").read_text().split("\n").index(
        "        return 1 / 0, torch.tensor([float(index)])"
    ) + 1
    message = refusal(samples.load, run_of(dataset="other.py:make_items"), project)
    assert message == f"other.py, line {line}: the samples of make_items raised ZeroDivisionError: division by zero"


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


def test_a_loss_and_a_metric_of_the_users_own_are_used():
    run = run_of(loss="mine.py:third")
    assert run.metric == {"name": "third", "function": "mine.py:third", "higher_is_better": False}
    for function in (make_loss(run), make_metric(run)):
        assert function(torch.full((4, 1), 2.0), torch.zeros(4, 1)).item() == 8


@pytest.mark.parametrize(
    ("loss", "metric", "expected"),
    [
        ("cross_entropy", None, ("accuracy", True)),
        ("binary_cross_entropy_with_logits", None, ("accuracy", True)),
        ("mean_absolute_error", None, ("mean_absolute_error", False)),
        ("cross_entropy", "mine.py:third", ("third", True)),
        ("cross_entropy", {"function": "mine.py:third", "higher_is_better": False}, ("third", False)),
        ("cross_entropy", "mine.py:accuracy", ("mine.py:accuracy", True)),
    ],
)
def test_the_metric_is_what_fits_the_loss_unless_one_is_named(loss, metric, expected):
    described = describe_metric(loss, metric)
    assert (described["name"], described["higher_is_better"]) == expected


def test_workers_train_the_users_network_on_the_users_data_with_the_users_loss(project, fork_server):
    """All of it comes from files that the workers have never seen, in both pipelines."""
    code = """
        import json, sys
        from pathlib import Path
        from casual_training import experiment, models, samples
        from casual_training.runs.evaluate import evaluate
        from casual_training.plan.run import Run
        run = Run(**json.loads(sys.argv[1]))
        record = perform.perform(run, Path(sys.argv[2]), Path("data"))
        assert record["status"] == "ok", record["cause"]
        assert record["metric"] == "third" and record["higher_is_better"] is False
        validation = samples.load(run, Path("data")).validation.stacked()
        untrained, _ = evaluate(models.build(run.model), *validation, run)
        assert record["validation_metric"] < untrained / 2, (untrained, record["curve"])
    """
    for pipeline, data in (("memory", "make_data"), ("dataloader", "make_items"), ("dataloader", "make_data")):
        run = run_of(strategy="hogwild", workers=2, passes=30, loss="mine.py:third", input_pipeline=pipeline)
        spec = run.spec | {"dataset": f"mine.py:{data}", "optimizer": {"name": "adam", "lr": 0.01}}
        command = [sys.executable, "-c", textwrap.dedent(code), json.dumps(spec), f"{pipeline}-{data}"]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_an_error_in_the_middle_of_training_is_placed_in_the_users_file():
    line = FILE.split("\n").index("        return self.layers(inputs)") + 1
    with pytest.raises(RuntimeError) as error:
        models.build("mine.py:Net")(torch.ones(1, 4))
    assert user_code.raised_at(error.value, "simple_nn", None, "mine.py:Net") == f"mine.py, line {line}"
    assert user_code.raised_at(error.value, "package.inner:Net") == ""


@pytest.mark.parametrize(
    "source", ["import argparse\nargparse.ArgumentParser().parse_args(['--x'])", "import sys\nsys.exit()"]
)
def test_a_file_that_exits_when_it_is_imported_is_named_with_its_line(project, source):
    (project / "script.py").write_text(f"{source}\ndef make(): pass\n")
    assert refusal(user_code.load, "script.py:make").startswith(
        "script.py, line 2: script.py cannot be imported: SystemExit"
    )


def test_a_factory_that_exits_is_named_with_its_line(project):
    (project / "script.py").write_text("def make():\n    raise SystemExit(3)\n")
    assert refusal(user_code.make, "script.py:make") == "script.py, line 2: make raised SystemExit: 3"


def test_a_signal_that_ends_the_process_is_not_taken_for_the_users_exit(project):
    (project / "script.py").write_text(
        "from casual_training.runs.perform import Terminated\ndef make():\n    raise Terminated(143)\n"
    )
    with pytest.raises(perform.Terminated):
        user_code.make("script.py:make")


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
    splits = samples.load(run, project)
    data = pipelines.PIPELINES[run.input_pipeline](splits, run)
    try_out(models.build(run.model), data, splits, run)


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


def test_a_network_that_breaks_only_in_the_last_batch_of_its_evaluation_is_found_before(project):
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

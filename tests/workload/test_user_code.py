"""Code of the user's own is found and checked without importing it, and what is wrong with it is one sentence."""

import json
import pickle
import subprocess
import sys
import textwrap

import pytest
import torch

from casual_training.config import references
from casual_training.config.names import describe_metric
from casual_training.runs.environment import Terminated
from casual_training.workload import models, samples, user_code
from casual_training.workload.loss_functions import make_loss
from casual_training.workload.metrics import make_metric
from user_files import FILE, LINE_OF, refusal, run_of, user_project


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    yield from user_project(tmp_path, monkeypatch)


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


def test_a_fresh_process_can_receive_a_network_of_the_users_file(project):
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
def test_a_factory_that_gives_no_network_is_named_with_its_line(project, named, said):
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


def test_a_data_set_that_raises_is_named_with_its_line(project):
    (project / "other.py").write_text(FILE.replace("return torch.full((3,), float(index)), ", "return 1 / 0, "))
    line = (project / "other.py").read_text().split("\n").index(
        "        return 1 / 0, torch.tensor([float(index)])"
    ) + 1
    message = refusal(samples.load, run_of(dataset="other.py:make_items"), project)
    assert message == f"other.py, line {line}: the samples of make_items raised ZeroDivisionError: division by zero"


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


def test_workers_train_with_the_users_network_data_and_loss(project, fork_server):
    """All of it comes from files that the workers have never seen, in both pipelines."""
    code = """
        import json, sys
        from pathlib import Path
        from casual_training.plan.run import Run
        from casual_training.runs.evaluate import evaluate
        from casual_training.runs.perform import perform
        from casual_training.runs.prepare import prepare_run
        from casual_training.workload.samples import load
        run = Run(**json.loads(sys.argv[1]))
        record = perform(run, Path(sys.argv[2]), Path("data"))
        assert record.ok, record.cause
        assert record.run.metric["name"] == "third" and record.run.metric["higher_is_better"] is False
        prepared = prepare_run(run, load(run, Path("data")))
        untrained, _ = evaluate(prepared, *prepared.splits.validation.stacked())
        assert record.validation_metric < untrained / 2, (untrained, record.curve)
    """
    for pipeline, data in (("memory", "make_data"), ("dataloader", "make_items"), ("dataloader", "make_data")):
        run = run_of(strategy="hogwild", workers=2, passes=30, loss="mine.py:third", input_pipeline=pipeline)
        spec = run.spec | {"dataset": f"mine.py:{data}", "optimizer": {"name": "adam", "lr": 0.01}}
        command = [sys.executable, "-c", textwrap.dedent(code), json.dumps(spec), f"{pipeline}-{data}"]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_an_error_in_training_is_placed_in_the_users_file():
    line = FILE.split("\n").index("        return self.layers(inputs)") + 1
    with pytest.raises(RuntimeError) as error:
        models.build("mine.py:Net")(torch.ones(1, 4))
    assert user_code.raise_location(error.value, "simple_nn", None, "mine.py:Net") == f"mine.py, line {line}"
    assert user_code.raise_location(error.value, "package.inner:Net") == ""


@pytest.mark.parametrize(
    "source", ["import argparse\nargparse.ArgumentParser().parse_args(['--x'])", "import sys\nsys.exit()"]
)
def test_a_file_that_exits_on_import_is_named_with_its_line(project, source):
    (project / "script.py").write_text(f"{source}\ndef make(): pass\n")
    assert refusal(user_code.load, "script.py:make").startswith(
        "script.py, line 2: script.py cannot be imported: SystemExit"
    )


def test_a_factory_that_exits_is_named_with_its_line(project):
    (project / "script.py").write_text("def make():\n    raise SystemExit(3)\n")
    assert refusal(user_code.make, "script.py:make") == "script.py, line 2: make raised SystemExit: 3"


def test_a_signal_is_not_taken_for_the_users_exit(project):
    (project / "script.py").write_text(
        "from casual_training.runs.environment import Terminated\ndef make():\n    raise Terminated(143)\n"
    )
    with pytest.raises(Terminated):
        user_code.make("script.py:make")

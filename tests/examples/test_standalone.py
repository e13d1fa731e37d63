"""Every script in examples/standalone runs by itself, and trains exactly as the strategy that it stands for."""

import ast
import dataclasses
import importlib
import inspect
import itertools
import os
import re
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
import torch

from casual_training import strategies
from casual_training.config.read import read_config
from casual_training.measure.recorder import Recorder
from casual_training.measure.snapshots import Snapshots
from casual_training.plan.expand import Expansion
from casual_training.plan.seeds import WORKER, derived_seed
from casual_training.study.load import PROJECT, catalogue, load_files, load_plan

FOLDER = "examples/standalone"
SCRIPTS = sorted(file.stem for file in (PROJECT / FOLDER).glob("*.py"))
SAMPLES, PASSES, SEED = 330, 2, 1  # the last batch of a pass is not a whole one
CORES = os.cpu_count()  # which the scripts share out among their workers


def batches_of(script, **known):
    """The batches (inputs, targets) of one pass of a script, which asks for those of the arguments that it needs."""
    named = [known[name] for name in inspect.signature(script.batches).parameters]
    return [(inputs, targets) for inputs, targets, *_ in script.batches(*named)]


class PlannedBatches:
    """The batches of a script with one worker, as a strategy asks for them."""

    def __init__(self, script, seed):
        inputs, targets = script.make_data(SAMPLES)
        known = {"inputs": inputs, "targets": targets, "rank": 0, "workers": 1}
        self.passes = [batches_of(script, seed=seed + number, **known) for number in range(PASSES)]

    def batches(self, number, rank):
        return self.passes[number]

    def missed_steps(self, number, rank):
        return 0


def source_of(name):
    return (PROJECT / FOLDER / f"{name}.py").read_text(encoding="utf-8")


def output_of(name, workers):
    """Run a script on few samples, with so many workers if it has any, and give what it printed."""
    options = {"samples": SAMPLES, "passes": PASSES, "seed": derived_seed(SEED, WORKER, 0), "log-interval": 1}
    options |= {"workers": workers} if "--workers" in source_of(name) else {}
    done = subprocess.run(
        [sys.executable, f"{FOLDER}/{name}.py", *(f"--{option}={value}" for option, value in options.items())],
        cwd=PROJECT,
        # Where a script sets no number of threads, torch takes this one.
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {"OMP_NUM_THREADS": str(CORES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def run_of(name):
    """Return a run of the method that a script stands for: of its name, or the strategy that its name begins with."""
    config = read_config([PROJECT / "config.yaml"])
    strategy = max((one for one in strategies.names() if name.startswith(one)), key=len, default=None)
    config["methods"].setdefault(name, {"strategy": strategy})
    plan = load_plan(config)
    expansion = Expansion(plan.config, catalogue(), CORES)
    run = expansion.run("fashion_mnist-simple_nn", name, plan.config.methods[name], 1, SEED)
    return dataclasses.replace(run, max_steps=None)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_imports_torch_and_the_standard_library_only(name):
    imported = set()
    for node in ast.walk(ast.parse(source_of(name))):
        if isinstance(node, ast.Import):
            imported |= {item.name for item in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add("." * node.level + (node.module or ""))
    assert {module.partition(".")[0] for module in imported} <= sys.stdlib_module_names | {"torch"}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs_says_how_fast_it_was_and_what_it_learned(name):
    words = output_of(name, 2)
    assert f"{PASSES * SAMPLES} samples in " in words
    assert "accuracy on the first 1,000 samples: " in words


@pytest.mark.usefixtures("fork_server")
@pytest.mark.parametrize("name", SCRIPTS)
def test_with_one_worker_a_script_has_its_strategys_losses_exactly(name, monkeypatch):
    losses = [float(loss) for loss in re.findall(r"\bstep \d+: loss (\S+)$", output_of(name, 1), re.MULTILINE)]
    monkeypatch.syspath_prepend(PROJECT / FOLDER)  # of the workers too, which unpickle its network
    script = importlib.import_module(name)
    run = run_of(name)
    assert run.batch_size == script.BATCH

    seed = derived_seed(run.seed, WORKER, 0)
    torch.manual_seed(seed)
    model, data = script.Net(), PlannedBatches(script, seed)
    steps = sum(map(len, data.passes))
    recorder = Recorder(1, steps, 1, Snapshots(model, []))
    planned = dataclasses.replace(run, passes=PASSES, log_interval=1)
    strategies.load(run.strategy)(model, data, planned, recorder)
    assert losses == [loss for *_, loss in recorder.losses()]
    assert len(losses) == steps


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_workers_of_a_script_take_every_sample_once_a_pass(name, monkeypatch):
    monkeypatch.syspath_prepend(PROJECT / FOLDER)
    script, workers = importlib.import_module(name), 3 if "--workers" in source_of(name) else 1
    samples = torch.arange(3 * script.BATCH + 1)  # after a step of all, a single sample is left
    known = {"inputs": samples, "targets": samples, "seed": SEED, "workers": workers}
    taken = [batch for rank in range(workers) for batch, _ in batches_of(script, rank=rank, **known)]
    assert sorted(torch.cat(taken).tolist()) == samples.tolist()


def test_the_gradients_of_sync_shared_are_the_mean_over_all_samples(monkeypatch):
    monkeypatch.syspath_prepend(PROJECT / FOLDER)
    script = importlib.import_module("sync_shared")
    inputs, targets = torch.randn(3, 4), torch.randn(3, 2)

    def with_gradient(part):
        model = torch.nn.Linear(4, 2)
        torch.nn.init.ones_(model.weight)
        torch.nn.init.zeros_(model.bias)
        torch.nn.functional.mse_loss(model(inputs[part]), targets[part]).backward()
        return model

    joint, (one, other) = with_gradient(slice(3)), map(with_gradient, (slice(2), slice(2, 3)))
    rows, barrier = torch.zeros(2, 10), SimpleNamespace(wait=lambda: None)
    script.average(other, rows, 1, barrier, 1 / 3)
    script.average(one, rows, 0, barrier, 2 / 3)
    torch.testing.assert_close(one.weight.grad, joint.weight.grad)
    torch.testing.assert_close(one.bias.grad, joint.bias.grad)


def test_methods_without_a_script_are_known():
    from casual_training.analysis.tables.lines_changed import script_of, strategies_and_options

    methods = strategies_and_options(load_files([PROJECT / "config.yaml"]))
    assert {name for name in methods if script_of(name, methods, SCRIPTS) is None} == {
        *("device_regular", "device_switching"),  # there is no accelerator here to try one with
        "local_sgd_epoch",
        *("ps_push_pull_plain", "ps_push_pull_sync"),
        *("ps_unlocked", "ps_default_transport", "ps_original"),
    }


def average_often(rank, rows, barrier, seen):
    """Be a worker of the script of local_sgd that averages again and again; worker 0 reads late what all wrote."""
    script, meet = importlib.import_module("local_sgd"), barrier.wait
    waits = itertools.count()
    late = SimpleNamespace(wait=lambda: (meet(), time.sleep(0.002 * (rank == 0 and next(waits) % 2 == 0))))
    model = torch.nn.Linear(1, 1, bias=False)
    for number in range(seen.shape[1]):
        model.weight.data.fill_(rank + 10 * number)
        script.average(model, rows, rank, late)
        seen[rank, number] = model.weight.item()


def test_the_script_of_local_sgd_gives_every_worker_the_mean(monkeypatch):
    monkeypatch.syspath_prepend(PROJECT / FOLDER)
    workers, averages = 3, 100
    rows, seen = torch.zeros(workers, 1).share_memory_(), torch.zeros(workers, averages).share_memory_()
    barrier = torch.multiprocessing.get_context("spawn").Barrier(workers)
    torch.multiprocessing.spawn(average_often, (rows, barrier, seen), nprocs=workers)
    assert torch.equal(seen, (1 + 10 * torch.arange(averages)).float().expand(workers, -1))

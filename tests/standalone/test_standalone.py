"""Every script in examples/standalone runs by itself, and trains exactly as the strategy that it stands for."""

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys

import pytest
import torch

from casual_training import strategies
from casual_training.analysis.code_cost import FOLDER, script_of
from casual_training.recorder import Recorder
from casual_training.seeding import WORKER, derived_seed
from casual_training.snapshots import Snapshots
from casual_training.study import PROJECT, expand, read_config, validate

SCRIPTS = sorted(file.stem for file in (PROJECT / FOLDER).glob("*.py"))
SAMPLES, PASSES, SEED = 330, 2, 1  # the last batch of a pass is not a whole one
CORES = os.cpu_count()  # which the scripts share out among their workers


class PlannedBatches:
    """The batches of a script with one worker, as a strategy asks for them."""

    def __init__(self, script, seed):
        inputs, targets = script.make_data(SAMPLES)
        known = {"inputs": inputs, "targets": targets, "rank": 0, "workers": 1}
        self.passes = []
        for number in range(PASSES):
            arguments = known | {"seed": seed + number}
            named = [arguments[name] for name in inspect.signature(script.batches).parameters]
            self.passes.append(list(script.batches(*named)))

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


def method_of(name, config):
    """Give the method that a script stands for: the one of its name, or the strategy that its name begins with."""
    if name in config["methods"]:
        return config["methods"][name]
    strategy = max((one for one in strategies.names() if name.startswith(one)), key=len)
    defaults = {key: option["default"] for key, option in strategies.options(strategy).items()}
    return config["methods"]["hogwild"] | {"strategy": strategy, "threads": "auto"} | defaults


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
def test_with_one_worker_a_script_has_the_losses_of_its_strategy_bit_for_bit(name, monkeypatch):
    losses = [float(loss) for loss in re.findall(r"\bstep \d+: loss (\S+)$", output_of(name, 1), re.MULTILINE)]
    monkeypatch.syspath_prepend(PROJECT / FOLDER)  # of the workers too, which unpickle its network
    script = importlib.import_module(name)
    config = validate(read_config([PROJECT / "config.yaml"]))
    method = method_of(name, config)
    run = expand(config, "fashion_mnist-simple_nn", name, method | {"max_steps": None}, 1, CORES, SEED)
    assert run.batch_size == script.BATCH

    seed = derived_seed(run.seed, WORKER, 0)
    torch.manual_seed(seed)
    model, data = script.Net(), PlannedBatches(script, seed)
    steps = sum(map(len, data.passes))
    recorder = Recorder(1, steps, 1, Snapshots(model, []))
    planned = type(run)(**run.spec | {"passes": PASSES, "log_interval": 1})
    strategies.load(run.strategy)(model, data, planned, recorder)
    assert losses == [loss for *_, loss in recorder.losses()]
    assert len(losses) == steps


def test_every_method_of_the_catalogue_but_device_switching_has_a_script():
    methods = validate(read_config([PROJECT / "config.yaml"]))["methods"]
    without = {
        method["strategy"] for name, method in methods.items() if not script_of(name, method["strategy"], SCRIPTS)
    }
    assert without <= {"device_switching"}

"""The ways of training, one file each, found by being here; `serial.py` is the one to read first.

The contract of a file NAME.py: one public function

    def train(model, data, run, recorder) -> None

    model     the network with its initial weights; holds the trained weights when train returns
    data      pipelines.MemoryPipeline or another: data.batches(number, rank) are the batches of pass `number`
    run       run.Run: workers, passes, seed, options, ...
    recorder  recorder.Recorder: recorder.step(loss, samples) after every step of a worker, recorder.timing(measure)
              round what it does with others, and recorder.reading() before it reads weights that others may update;
              recorder.details is for what else train has to say in run.json, once its workers have ended

and, if a config may choose between variants of it, a literal OPTIONS = {name: JSON schema with a default}, whose values
arrive in run.options, and ONE_WORKER = True if it never has more. While workers train, the caller's model must hold the
weights that count, in shared memory (recorder.refresh brings them there if they are elsewhere): the recorder copies
them now and then, to be evaluated after the clock.

Workers are started through processes.run_workers, which sets their threads and seed, lines them up before the
clock starts and watches them to their end. The training loop is written out in every file on purpose: the
difference to serial.py is the method.
"""

import ast
import functools
import importlib
import pkgutil
from pathlib import Path


def names() -> list[str]:
    """List the strategies by name, without importing them (or torch)."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str):
    """Import a strategy and return its `train` function."""
    return importlib.import_module(f"{__name__}.{name}").train


def options(name: str) -> dict[str, dict]:
    """Give the options of a strategy, name -> JSON schema: its file's OPTIONS."""
    return _literals(name).get("OPTIONS", {})


def takes_one_worker(name: str) -> bool:
    """Whether a strategy has one worker by definition: its file's ONE_WORKER."""
    return _literals(name).get("ONE_WORKER", False)


@functools.cache
def _literals(name: str) -> dict:
    """Read what a strategy's file says about it, without importing it (or torch)."""
    module = ast.parse(Path(__path__[0], f"{name}.py").read_text(encoding="utf-8"))
    assigned = {
        ast.unparse(statement.targets[0]): statement.value
        for statement in module.body
        if isinstance(statement, ast.Assign)
    }
    return {key: ast.literal_eval(assigned[key]) for key in ("OPTIONS", "ONE_WORKER") if key in assigned}

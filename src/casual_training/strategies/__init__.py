"""The methods of training, one file each, found by being here; `serial.py` is the one to read first.

The contract of a file NAME.py: one public function

    def train(model, data, run, recorder) -> None

    model     the network with its initial weights; holds the trained weights when train returns
    data      a pipeline of workload/pipelines.py: data.batches(number, rank) are the batches of pass `number`
    run       plan.run.Run: workers, passes, seed, options, ...
    recorder  measure.recorder.Recorder: recorder.step(loss, samples) after every step of a worker,
              recorder.timing(measure) round what it does with others, and recorder.reading() before it reads weights
              that others may update; recorder.details is for what else train has to say in run.json, once its workers
              have ended

and, if a config may choose between variants of it, a literal OPTIONS = {name: JSON schema with a default}, whose values
arrive in run.options. Four more literals say what is true of it:

    ONE_WORKER = True       it never has more
    SYNCHRONOUS = True      its workers go through every pass together and wait for each other
    DETERMINISTIC = True    runs of a seed with as many workers end with the same weights bit for bit
    SERIAL_TOLERANCE = x    the relative difference that its losses with one worker may have from serial training's, if
                            they are not equal bit for bit

While workers train, the caller's model must hold the weights that count, in shared memory (recorder.refresh brings them
there if they are elsewhere): the recorder copies them now and then, to be evaluated after the clock.

Workers are started through workers.run_workers, which sets their threads and seed, lines them up before the
clock starts and watches them to their end. The training loop is written out in every file on purpose: the
difference to serial.py is the method. `casual-training check` tries all of this on one strategy, which need not lie
here: check/ says what it looks at.
"""

import ast
import functools
import importlib
import os
import pkgutil
from collections.abc import Callable
from pathlib import Path

from casual_training.config.catalogue import StrategyFacts
from casual_training.files import read_literals

OWN_FILES = "CASUAL_TRAINING_STRATEGY_FILES"  # a variable: strategies that lie elsewhere, separated like PATH
LITERALS = ("OPTIONS", "ONE_WORKER", "SYNCHRONOUS", "DETERMINISTIC", "SERIAL_TOLERANCE")
_FOLDER = __path__[0]


def names() -> list[str]:
    """List the strategies by name, without importing them (or torch)."""
    return sorted({module.name for module in pkgutil.iter_modules([_FOLDER])} | {file.stem for file in _own_files()})


def load(name: str) -> Callable:
    """Import a strategy and return its `train` function."""
    return importlib.import_module(f"{__name__}.{name}").train


def add(file: Path) -> str:
    """Make a strategy that lies elsewhere known to this process and to those it starts from now on; return its name.

    Raises:
        ValueError: the file cannot be read as a strategy, or one of its name is there already.
    """
    file = file.resolve()
    name = file.stem
    if Path(_FOLDER) == file.parent and name in names():
        return name
    if name in names():
        raise ValueError(f"{file} has the name of another strategy, {name}; rename it")
    if not name.isidentifier() or file.suffix != ".py":
        raise ValueError(f"{file} cannot be imported under this name; call it like a variable, with .py at its end")
    _literals_of(file)
    os.environ[OWN_FILES] = os.pathsep.join([*map(str, _own_files()), str(file)])
    _look_there_too()
    return name


def options(name: str) -> dict[str, dict]:
    """Return the options of a strategy, name -> JSON schema: its file's OPTIONS."""
    return _literals(name).get("OPTIONS", {})


def facts(name: str) -> StrategyFacts:
    """Return what a config or a plan depends on of a strategy."""
    return StrategyFacts(options(name), takes_one_worker(name), is_synchronous(name))


def takes_one_worker(name: str) -> bool:
    """Return whether a strategy has one worker by definition: its file's ONE_WORKER."""
    return _literals(name).get("ONE_WORKER", False)


def is_deterministic(name: str) -> bool:
    """Return whether a strategy's runs of a seed, with as many workers, end with the same weights: DETERMINISTIC."""
    return _literals(name).get("DETERMINISTIC", False)


def serial_tolerance(name: str) -> float:
    """Return the relative difference that one worker's losses may have from serial training's; 0 is bit for bit."""
    return _literals(name).get("SERIAL_TOLERANCE", 0.0)


def is_synchronous(name: str) -> bool:
    """Return whether the workers of a strategy go through every pass together: its file's SYNCHRONOUS."""
    return _literals(name).get("SYNCHRONOUS", False)


def _own_files() -> list[Path]:
    return [Path(file) for file in os.environ.get(OWN_FILES, "").split(os.pathsep) if file]


def _look_there_too() -> None:
    """Let strategies that lie elsewhere be imported as if they were here: a worker looks for its work by that name."""
    for file in _own_files():
        if str(file.parent) not in __path__:
            __path__.append(str(file.parent))


_look_there_too()  # in a worker, which inherits the variable


@functools.cache
def _literals(name: str) -> dict:
    """Read what a strategy's file says about it, without importing it (or torch)."""
    elsewhere = {file.stem: file for file in _own_files()}
    return _literals_of(elsewhere.get(name, Path(_FOLDER, f"{name}.py")))


def _literals_of(file: Path) -> dict:
    literals = read_literals(file, LITERALS)
    if read_literals(file, ["SERVER_THREADS"]):  # of version 0.1
        raise ValueError(f"{file}: SERVER_THREADS is now run_workers(server_threads=...); pass it there")
    statements = ast.parse(file.read_text(encoding="utf-8")).body
    if "train" not in {statement.name for statement in statements if isinstance(statement, ast.FunctionDef)}:
        raise ValueError(f"{file} has no function train(model, data, run, recorder); write one, as serial.py has it")
    return literals

"""The ways of training, one file each, found by being here; `serial.py` is the one to read first.

The contract of a file NAME.py: one public function

    def train(model, data, run, recorder) -> None

    model     the network with its initial weights; holds the trained weights when train returns
    data      pipelines.MemoryPipeline or another: data.batches(number, rank) are the batches of pass `number`
    run       run.Run: workers, passes, seed, ...
    recorder  recorder.Recorder: recorder.step(loss, samples) after every step of a worker

Workers are started through processes.run_workers, which sets their threads and seed, lines them up before the
clock starts and watches them to their end. The training loop is written out in every file on purpose: the
difference to serial.py is the method.
"""

import importlib
import pkgutil


def names() -> list[str]:
    """List the strategies by name, without importing them (or torch)."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str):
    """Import a strategy and return its `train` function."""
    return importlib.import_module(f"{__name__}.{name}").train

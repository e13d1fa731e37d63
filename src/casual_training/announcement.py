"""What a study is about to do, before it starts: how many runs, and about how long they take on this machine."""

import json
import time
from pathlib import Path

from casual_training import study
from casual_training.datasets import DATASETS
from casual_training.run import Run

CALIBRATION_STEPS = 40
# Beside its training a run imports torch, loads its data, evaluates and starts processes: this many times the
# seconds that importing torch takes here.
OVERHEAD_IN_IMPORTS = 2.5


def announce(config: dict, root: Path) -> str:
    """Say how many runs of a study are still to be made, and estimate their minutes.

    The estimate times a few steps of each workload's network on one thread, and assumes that threads and workers
    share the work out perfectly over the cores: it is there to plan a coffee by, not to be quoted.

    Args:
        config: a validated config.
        root: the project's folder, in which results/ stands.
    """
    planned = study.schedule(config)
    waiting = [run for run in planned if not _is_done(run, root)]
    started = time.perf_counter()
    import torch

    overhead = OVERHEAD_IN_IMPORTS * (time.perf_counter() - started)
    torch.set_num_threads(1)
    step_seconds = {run.workload: _step_seconds(run) for run in {run.workload: run for run in waiting}.values()}
    seconds = sum(overhead + _steps(run) * step_seconds[run.workload] / _parallel(run) for run in waiting)
    return (
        f"study {config['study']['name']}: {len(waiting)} of {len(planned)} runs to make, ceilings included; "
        f"about {max(1, round(seconds / 60))} minutes on the {planned[0].cores} cores of this machine"
    )


def _is_done(run: Run, root: Path) -> bool:
    try:
        return json.loads((root / run.folder / "run.json").read_text(encoding="utf-8"))["spec"] == run.spec
    except (OSError, ValueError, KeyError):
        return False


def _step_seconds(run: Run) -> float:
    """Time a training step of a run's network on made-up data, in this process, on one thread."""
    import torch

    from casual_training import models
    from casual_training.optimization import make_loss, make_optimizer

    dataset = DATASETS[run.dataset]
    model = models.build(run.model)
    optimizer, compute_loss = make_optimizer(model, run), make_loss(run)
    inputs = torch.randn(run.batch_size, *dataset.input_shape)
    targets = torch.randint(dataset.n_classes, (run.batch_size,))
    for step in range(2 * CALIBRATION_STEPS):
        if step == CALIBRATION_STEPS:  # the first ones were warm-up
            started = time.perf_counter()
        optimizer.zero_grad()
        compute_loss(model(inputs), targets).backward()
        optimizer.step()
    return (time.perf_counter() - started) / CALIBRATION_STEPS


def _steps(run: Run) -> float:
    dataset = DATASETS[run.dataset]
    samples = run.train_samples or dataset.n_train - dataset.n_validation
    return run.passes * samples / run.batch_size


def _parallel(run: Run) -> int:
    return min(run.workers * run.threads, run.cores)

"""What a study is about to do, before it starts: how many runs, and about how long they take on this machine."""

import dataclasses
import time

import numpy

from casual_training import study
from casual_training.datasets import DATASETS, Dataset, Splits
from casual_training.run import Run

CALIBRATION_STEPS = 40
# Beside its training a run imports torch, loads its data, evaluates and starts processes: this many times the
# seconds that importing torch takes here.
OVERHEAD_IN_IMPORTS = 2.5
FORWARD_SHARE = 1 / 3  # of a training step; the backward pass takes about twice as long as the forward pass


def announce(config: dict, folders: set[str]) -> str:
    """Say how many runs of a study are to be made, and estimate their minutes.

    The estimate times a few steps of each workload on one thread, and assumes that threads and workers share the work
    out perfectly over the cores and lose nothing in talk between processes: it is there to plan a coffee by, not to be
    quoted.

    Args:
        config: a validated config.
        folders: the folders of the runs that are to be made, ceilings and diagnoses included.
    """
    planned = study.schedule(config) + study.plan_diagnoses(config)
    waiting = [run for run in planned if run.folder in folders]
    started = time.perf_counter()
    import torch

    overhead = OVERHEAD_IN_IMPORTS * (time.perf_counter() - started)
    torch.set_num_threads(1)
    is_there = torch.accelerator.is_available()
    possible = [run for run in waiting if is_there or not _needs_accelerator(run)]  # the others end at once
    kinds = {_kind(run): run for run in possible}
    step_seconds = {kind: _step_seconds(run) for kind, run in kinds.items()}
    seconds = overhead * len(waiting) + sum(
        _steps(run) * step_seconds[_kind(run)] / _parallel(run)
        # Where it is only evaluated, a network makes its forward pass alone, with all cores.
        + _evaluated_batches(run) * FORWARD_SHARE * step_seconds[_kind(run)] / run.cores
        for run in possible
    )
    minutes = max(1, round(seconds / 60))
    return (
        f"study {config['study']['name']}: {len(waiting)} of {len(planned)} runs to make, ceilings included; "
        f"about {minutes} minute{'s' * (minutes > 1)} on the {planned[0].cores} cores of this machine"
    )


def _kind(run: Run) -> tuple:
    """Give what the time of a step depends on; that of moving the network between devices is not estimated."""
    return run.workload, run.input_pipeline, _needs_accelerator(run)


def _needs_accelerator(run: Run) -> bool:
    return run.options.get("device") == "accelerator"


def _step_seconds(run: Run) -> float:
    """Time a training step of a run, with its model, device and input pipeline, on made-up data in this process."""
    import torch

    from casual_training import models, pipelines
    from casual_training.optimization import make_loss, make_optimizer

    run = dataclasses.replace(run, workers=1)
    data = pipelines.PIPELINES[run.input_pipeline](
        _noise(DATASETS[run.dataset], 2 * CALIBRATION_STEPS * run.batch_size), run
    )
    device = torch.accelerator.current_accelerator() if _needs_accelerator(run) else torch.device("cpu")
    model = models.build(run.model).to(device)
    optimizer, compute_loss = make_optimizer(model, run), make_loss(run)
    for step, (inputs, targets) in enumerate(data.batches(0, 0)):
        if step == CALIBRATION_STEPS:  # the first ones were warm-up
            started = time.perf_counter()
        optimizer.zero_grad()
        loss = compute_loss(model(inputs.to(device)), targets.to(device))
        loss.backward()
        optimizer.step()
    loss.item()  # waits for an accelerator
    return (time.perf_counter() - started) / CALIBRATION_STEPS


def _noise(dataset: Dataset, samples: int) -> Splits:
    """Make up a data set of the right shape, all of it training data."""
    random = numpy.random.default_rng(0)
    images = random.integers(256, size=(samples, *dataset.input_shape[1:]), dtype=numpy.uint8)
    labels = random.integers(dataset.n_classes, size=samples)
    return Splits(images, labels, images[:0], labels[:0], images[:0], labels[:0])


def _steps(run: Run) -> float:
    dataset = DATASETS[run.dataset]
    samples = run.train_samples or dataset.n_train - dataset.n_validation
    steps = run.passes * samples / run.batch_size
    return steps if run.max_steps is None else min(steps, run.max_steps)


def _evaluated_batches(run: Run) -> float:
    dataset = DATASETS[run.dataset]
    return 0 if run.rate_only else (run.snapshots * dataset.n_validation + dataset.n_test) / run.batch_size


def _parallel(run: Run) -> int:
    return min(run.workers * run.threads, run.cores)

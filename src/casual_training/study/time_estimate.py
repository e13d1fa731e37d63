"""What a study is about to do, before it starts: how many runs, and about how long they take on this machine."""

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path

from casual_training.config.references import is_user_code
from casual_training.errors import UserCodeError
from casual_training.plan.plan import Plan
from casual_training.plan.run import Run
from casual_training.workload import datasets

CALIBRATION_STEPS = 40
# Beside its training a run imports torch, loads its data, evaluates and starts processes: this many times the
# seconds that importing torch takes here.
OVERHEAD_IN_IMPORTS = 2.5
FORWARD_SHARE = 1 / 3  # of a training step; the backward pass takes about twice as long as the forward pass


def announce(plan: Plan, folders: set[str]) -> str:
    """Return how many runs of a study are to be made, and estimate their minutes.

    The estimate times a few steps of each workload on one thread, and assumes that threads and workers share the work
    out perfectly over the cores and lose nothing in talk between processes: it is there to plan a coffee by, not to be
    quoted.

    Args:
        plan: of the study.
        folders: the folders of the runs that are to be made, independent copies and diagnoses included.

    Raises:
        UserCodeError: no run can be made, because the user's own code or data are wrong in every workload. If others
            can be, that is said, and the study goes on with them.
    """
    waiting = [run for run in plan.timed if run.folder in folders]
    started = time.perf_counter()
    import torch

    overhead = OVERHEAD_IN_IMPORTS * (time.perf_counter() - started)
    torch.set_num_threads(1)
    is_there = torch.accelerator.is_available()
    possible = [run for run in waiting if is_there or not _needs_accelerator(run)]  # the others end at once
    costs, wrong = {}, {}
    for run in possible:
        if _kind(run) not in costs and run.workload not in wrong:
            try:
                costs[_kind(run)] = _cost(run)
            except UserCodeError as error:
                wrong[run.workload] = error
    if wrong and {run.workload for run in waiting} == set(wrong):
        raise next(iter(wrong.values()))
    seconds = overhead * len(waiting) + sum(
        _seconds(run, costs[_kind(run)]) for run in possible if run.workload not in wrong
    )
    minutes = max(1, round(seconds / 60))
    return "\n".join(
        [
            f"study {plan.name}: {len(waiting)} of {len(plan.timed)} runs to make, independent copies included; "
            f"about {minutes} minute{'s' * (minutes > 1)} on the {plan.cores} cores of this machine",
            *(f"workload {workload} will fail: {error}" for workload, error in wrong.items()),
        ]
    )


def _kind(run: Run) -> tuple:
    """Return what the time of a step depends on; that of moving the network between devices is not estimated."""
    return run.workload, run.input_pipeline, run.batch_size, _needs_accelerator(run)


def _needs_accelerator(run: Run) -> bool:
    return run.options.get("device") == "accelerator"


@dataclass(frozen=True)
class Cost:
    """Of a workload with one input pipeline: the seconds of a step, and how many samples there are."""

    step_seconds: float
    n_train: int
    n_validation: int
    n_test: int


def _cost(run: Run) -> Cost:
    """Time a training step of a run, with its model, device and input pipeline, on its first data in this process.

    Images are synthetic: they may not have been fetched yet.
    """
    import torch

    from casual_training.runs.preflight import try_out
    from casual_training.runs.prepare import prepare_run
    from casual_training.workload import pipelines, samples
    from casual_training.workload.optimizers import make_optimizer

    device = torch.accelerator.current_accelerator() if _needs_accelerator(run) else torch.device("cpu")
    run = dataclasses.replace(run, workers=1, options={}, max_steps=None)
    needed = 2 * CALIBRATION_STEPS * run.batch_size
    if is_user_code(run.dataset):
        splits = samples.load(run, Path())
        counts = [len(splits.train), len(splits.validation), len(splits.test)]
        pipelines.require_batches(len(splits.train), run)
        repeated = dataclasses.replace(splits, train=_repeated(splits.train, needed))
    else:
        kind = datasets.get(run.dataset)
        counts = [run.train_samples or kind.available, kind.n_validation, kind.n_test]
        noise = _noise(kind, needed)
        splits = repeated = samples.Splits(noise, noise, noise)
    prepared = prepare_run(run, repeated)
    try_out(dataclasses.replace(prepared, splits=splits))
    model = prepared.model.to(device)
    optimizer = make_optimizer(model, run)
    for step, (inputs, targets) in enumerate(prepared.data.batches(0, 0)):
        if step == CALIBRATION_STEPS:  # the first ones were warm-up
            started = time.perf_counter()
        optimizer.zero_grad()
        loss = prepared.compute_loss(model(inputs.to(device)), targets.to(device))
        loss.backward()
        optimizer.step()
    loss.item()  # waits for an accelerator
    return Cost((time.perf_counter() - started) / CALIBRATION_STEPS, *counts)


def _repeated(samples, needed: int):
    """Return the first samples, all of them again and again if there are too few."""
    import torch

    return samples.take(torch.arange(needed) % len(samples))


def _noise(kind: datasets.Dataset, needed: int):
    """Make up images of the right shape."""
    import torch

    from casual_training.workload.samples import Images

    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (needed, *kind.input_shape[1:]), dtype=torch.uint8, generator=generator)
    return Images(images, torch.randint(kind.n_classes, (needed,), generator=generator), kind)


def _seconds(run: Run, cost: Cost) -> float:
    """Estimate the seconds of a run beyond its overhead."""
    steps = run.passes * cost.n_train / run.batch_size
    steps = steps if run.max_steps is None else min(steps, run.max_steps)
    evaluated = 0 if run.throughput_only else (run.snapshots * cost.n_validation + cost.n_test) / run.batch_size
    # Where it is only evaluated, a network makes its forward pass alone, with all cores.
    return cost.step_seconds * (
        steps / min(run.workers * run.threads, run.cores) + evaluated * FORWARD_SHARE / run.cores
    )

"""One row of the study -> one run folder: run.json, losses.csv, train.log.

A run that fails is a row with a cause and no time. Wrong input (data that are missing or altered, a folder that
cannot be written) is a ValueError before any training, and leaves results that are there untouched. What is wrong with
the user's own code or data is such a row and such an error both: a study has other workloads to go on with.

Imports that take time stand inside the functions: the fork server must have started on its own by then.
"""

import contextlib
import dataclasses
import gc
import io
import json
import math
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from casual_training import strategies
from casual_training.config import references
from casual_training.errors import RunFailed, UserCodeError
from casual_training.files import write_whole
from casual_training.measure import interference
from casual_training.measure.clocks import PhaseClock, process_start
from casual_training.parallel import workers
from casual_training.plan.run import Run
from casual_training.runs import repeat
from casual_training.runs.machine_lock import exclusive_machine
from casual_training.runs.record import describe, losses_csv, quality, speed
from casual_training.workload import user_code

STOPPING_SECONDS = 3  # a little more than workers.py needs to end workers that do not obey
# Snakemake exports thread counts, and people export affinities: a run must not depend on who started it.
THREADING_VARIABLES = ("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "GOTO_", "VECLIB_", "NUMEXPR_")


def perform(run: Run, folder: Path, data_dir: Path, lr_factor: float = 1) -> dict:
    """Train and evaluate one run, write its folder and return what stands in its run.json.

    Args:
        run: what to train and how.
        folder: where to write; made if it is not there.
        data_dir: folder of the data sets; a set that is not there is fetched, outside every clock.
        lr_factor: what to multiply the run's learning rate by; above 0.

    Raises:
        ValueError: wrong input, found before training; nothing was written but train.log.
        UserCodeError: the user's own code or data are wrong, found before training; the row that says so was written.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    for name in [name for name in os.environ if name.startswith(THREADING_VARIABLES)]:
        del os.environ[name]
    if run.omp_wait_policy is not None:
        os.environ["OMP_WAIT_POLICY"] = run.omp_wait_policy
    begun = time.perf_counter()
    if not references.is_user_code(run.dataset) and not (data_dir / run.dataset).is_dir():
        from casual_training.workload.fetch import fetch

        fetch(run.dataset, data_dir)
    with exclusive_machine(), _log(folder / "train.log") as console:
        wait_seconds = time.perf_counter() - begun
        number, started = repeat.attempt()
        if number == 1:
            repeat.forget_first(folder)
        clock = PhaseClock((started or process_start()) + wait_seconds)
        print(f"{run.method} {run.split}, seed {run.seed}: started", file=console, flush=True)
        record, wrong = _perform(run, folder, data_dir, lr_factor, clock, wait_seconds)
        print(f"{run.method} {run.split}, seed {run.seed}: {_summary(record)}", file=console, flush=True)
    if wrong:
        raise wrong
    return record


class Terminated(SystemExit):
    """Somebody asked this process to end, with SIGTERM."""


def _stop(number: int, frame) -> None:
    for either in (signal.SIGTERM, signal.SIGINT):
        signal.signal(either, signal.SIG_IGN)  # once is enough, and not while it cleans up
    signal.alarm(STOPPING_SECONDS)  # ends the process if the exception is lost, as in an import that excepts everything
    raise Terminated(128 + number) if number == signal.SIGTERM else KeyboardInterrupt


def _perform(
    run: Run, folder: Path, data_dir: Path, lr_factor: float, clock: PhaseClock, wait_seconds: float
) -> tuple[dict, UserCodeError | None]:
    """Make the run and write its folder; returns what stands in run.json, and what is wrong with the user's code."""
    about, wrong = describe(run, repeat.attempt()[0], lr_factor), None
    run = dataclasses.replace(run, optimizer=run.optimizer | {"lr": lr_factor * run.optimizer["lr"]})
    try:
        result, recorder = _measure(run, data_dir, clock)
    except UserCodeError as error:
        traceback.print_exc()
        result, recorder, wrong = {"status": "failed", "cause": str(error), "curve": []}, None, error
    except (KeyboardInterrupt, Terminated) as stop:
        # A result that is there is better than this one. Snakemake removes it, and makes the run when it goes on.
        if not (folder / "run.json").exists():
            number = signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT
            killed = {"status": "killed", "cause": f"the run was ended by {number.name}"}
            _write(folder / "run.json", about | killed)
        signal.alarm(0)  # it was not lost
        raise
    clock.enter("write")
    write_whole(folder / "losses.csv", losses_csv(recorder.losses() if recorder else []))
    record = about | result | {"clocks": _clock_readings(clock, recorder, result["status"], wait_seconds)}
    _write(folder / "run.json", record)
    return record, wrong


def _write(path: Path, record: dict) -> None:
    write_whole(path, json.dumps(record, indent=1, allow_nan=False) + "\n")


def _measure(run: Run, data_dir: Path, clock: PhaseClock) -> tuple[dict, object]:
    """Train and evaluate; returns the results, status and cause among them, and the workers' Recorder."""
    workers.prepare()
    gc.disable()  # an import makes nothing but objects that stay; it is a fifth faster without looking at them
    import torch

    from casual_training.measure.recorder import Recorder
    from casual_training.measure.snapshots import Snapshots
    from casual_training.measure.step_breakdown import Diagnosis
    from casual_training.parallel import flat_tensors
    from casual_training.plan.seeds import INITIAL_WEIGHTS, derived_seed
    from casual_training.runs.preflight import try_out
    from casual_training.workload import data_order, models, pipelines
    from casual_training.workload.samples import load

    gc.enable()
    clock.enter("load")
    splits = load(run, data_dir)
    pipelines.require_batches(len(splits.train), run)
    data = pipelines.PIPELINES[run.input_pipeline](splits, run)
    torch.manual_seed(derived_seed(run.seed, INITIAL_WEIGHTS))
    model = models.build(run.model)
    try_out(model, data, splits, run)
    work = [data_order.planned_work(len(splits.train), rank, run) for rank in range(run.workers)]
    most_steps, planned_samples = max(steps for steps, _ in work), sum(samples for _, samples in work)
    room = run.workers, most_steps, run.log_interval, Snapshots(model, _thresholds(run, planned_samples))
    recorder = Diagnosis(model, data, *room) if run.diagnose else Recorder(*room)
    recorder.epochs = None if run.throughput_only else run.epochs
    result = {"planned_samples": planned_samples, "parameters": flat_tensors.weights_of(model).numel()}
    result |= {"status": "ok", "cause": "", "curve": []}

    clock.enter("spawn")
    before = interference.read()
    try:
        _train(run, model, data, recorder, planned_samples)
        clock.enter("train", at=recorder.started)
        clock.enter("spawn", at=recorder.ended)  # the workers' end belongs to their start, not to training
        clock.enter("evaluate")
        result |= speed(recorder)
        if run.diagnose:
            result["diagnosis"] = recorder.diagnosis()
        if not run.throughput_only:
            print(f"{time.perf_counter() - clock.started:7.1f} s: evaluating", flush=True)
            result |= quality(run, model, splits, recorder)
    except RunFailed as failure:
        result |= {"status": failure.status, "cause": failure.cause}
    except Exception as error:  # whatever a strategy or a model raises is a row, too
        traceback.print_exc()
        place = user_code.raised_at(error, *run.user_code)
        cause = f"{run.method} raised {user_code.said(error)}" + (f" ({place})" if place else "")
        result |= {"status": "failed", "cause": cause}
    if "interference_detected" not in result:  # it failed before its workers' own readings were assessed
        result |= interference.assess_since(before)
    records = {"worker_records": recorder.workers(), "server_record": recorder.server(), "details": recorder.details}
    return result | records, recorder


def _thresholds(run: Run, planned_samples: int) -> list[int]:
    """Return the samples after which the weights are copied: evenly over the run, but for its end, where they stay."""
    if run.throughput_only:
        return []
    return [planned_samples * number // run.snapshots for number in range(1, run.snapshots)]


def _train(run: Run, model, data, recorder, planned_samples: int) -> None:
    """Train `model`; raise RunFailed unless all of the planned work was done and its result is a number."""
    import torch

    strategies.load(run.strategy)(model, data, run, recorder)
    if recorder.samples != planned_samples:
        raise RunFailed("failed", f"trained on {recorder.samples:,} samples instead of {planned_samples:,}")
    for worker, step, _, _, loss in recorder.losses():
        if not math.isfinite(loss):
            raise RunFailed("diverged", f"the loss of worker {worker} is {loss} at its step {step}")
    if not all(torch.isfinite(parameter).all() for parameter in model.parameters()):
        raise RunFailed("diverged", "a weight is not a finite number after training")


def _clock_readings(clock: PhaseClock, recorder, status: str, wait_seconds: float) -> dict:
    readings = {"wait_seconds": wait_seconds} | clock.readings()
    if status == "ok":
        return readings | {"startup_seconds": recorder.started - clock.started}
    # How long a failed run took says nothing about its method.
    return readings | dict.fromkeys(("spawn_seconds", "train_seconds", "evaluate_seconds", "wall_seconds"))


def _summary(record: dict) -> str:
    if record["status"] != "ok":
        return f"{record['status']}: {record['cause']}"
    value, metric = record["test_metric"], record["metric"].replace("_", " ")
    written = "" if value is None else f"{value:.1%}" if metric == "accuracy" else f"{value:.3g}"
    quality = f"test {metric} {written}" if written else "rate only"
    return f"{record['clocks']['train_seconds']:.1f} s, {record['samples_per_second']:,.0f} samples/s, {quality}"


@contextlib.contextmanager
def _log(path: Path) -> Iterator[io.TextIOBase]:
    """Send everything that this process and its children print to `path`; yields the console it went to before."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        log = open(path, "w", encoding="utf-8")  # noqa: SIM115 - closed by the `with` below
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}; choose a folder you may write to") from None
    with log, os.fdopen(os.dup(2), "w", encoding="utf-8") as console:
        sys.stdout.flush()
        kept_stdout = os.dup(1)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield console
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(kept_stdout, 1)
            os.dup2(console.fileno(), 2)
            os.close(kept_stdout)

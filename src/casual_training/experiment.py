"""One row of the study -> one run folder: run.json, losses.csv, train.log.

A run that fails is a row with a cause and no time. Wrong input (data that are missing or altered, a folder that
cannot be written) is a ValueError before any training, and leaves results that are there untouched.

Imports that take time stand inside the functions: the fork server must have started on its own by then.
"""

import contextlib
import csv
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
from datetime import UTC, datetime
from pathlib import Path

from casual_training import machine, processes, strategies
from casual_training.clocks import PhaseClock, process_start
from casual_training.files import write_whole
from casual_training.machine_lock import exclusive_machine
from casual_training.processes import RunFailed
from casual_training.run import Run

RUN_FORMAT = 1
# Snakemake exports thread counts, and people export affinities: a run must not depend on who started it.
THREADING_VARIABLES = ("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "GOTO_", "VECLIB_", "NUMEXPR_")


def perform(run: Run, folder: Path, data_dir: Path) -> str:
    """Train and evaluate one run, write its folder and return its status.

    Args:
        run: what to train and how.
        folder: where to write; made if it is not there.
        data_dir: folder of the data sets; a set that is not there is fetched, outside every clock.

    Raises:
        ValueError: wrong input, found before training; nothing was written but train.log.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    for name in [name for name in os.environ if name.startswith(THREADING_VARIABLES)]:
        del os.environ[name]
    begun = time.perf_counter()
    if not (data_dir / run.dataset).is_dir():
        from casual_training.fetch import fetch

        fetch(run.dataset, data_dir)
    with exclusive_machine(), _log(folder / "train.log") as console:
        wait_seconds = time.perf_counter() - begun
        clock = PhaseClock(process_start() + wait_seconds)
        print(f"{run.method} {run.split}, seed {run.seed}: started", file=console, flush=True)
        record = _perform(run, folder, data_dir, clock, wait_seconds)
        print(f"{run.method} {run.split}, seed {run.seed}: {_summary(record)}", file=console, flush=True)
    return record["status"]


def _perform(run: Run, folder: Path, data_dir: Path, clock: PhaseClock, wait_seconds: float) -> dict:
    started_at, load_average = datetime.now(UTC).isoformat(), machine.load_average()
    processes.prepare()
    gc.disable()  # an import makes nothing but objects that stay; it is a fifth faster without looking at them
    import torch

    from casual_training import models, pipelines
    from casual_training.datasets import load
    from casual_training.recorder import Recorder
    from casual_training.seeding import INITIAL_WEIGHTS, derived_seed

    gc.enable()
    clock.enter("load")
    splits = load(run.dataset, data_dir, run.train_samples)
    data = pipelines.PIPELINES[run.input_pipeline](splits, run)
    torch.manual_seed(derived_seed(run.seed, INITIAL_WEIGHTS))
    model = models.build(run.model)
    samples = len(splits.train_labels)
    recorder = Recorder(run.workers, pipelines.steps_per_worker(samples, run), run.log_interval)
    record = {"planned_samples": run.passes * samples, "status": "ok", "cause": ""}

    clock.enter("spawn")
    try:
        _train(run, model, data, recorder, record["planned_samples"])
        clock.enter("train", at=recorder.started)
        clock.enter("spawn", at=recorder.ended)  # the workers' end belongs to their start, not to training
        clock.enter("evaluate")
        record |= _results(run, model, splits, recorder)
    except RunFailed as failure:
        record |= {"status": failure.status, "cause": failure.cause}
    except Exception as error:  # whatever a strategy or a model raises is a row, too
        traceback.print_exc()
        record |= {"status": "failed", "cause": f"{run.method} raised {type(error).__name__}: {error}"}

    clock.enter("write")
    write_whole(folder / "losses.csv", _losses_csv(recorder))
    record = _identity(run, started_at, load_average) | record | {"worker_records": recorder.workers()}
    record["clocks"] = _clock_readings(clock, recorder, record["status"], wait_seconds)
    write_whole(folder / "run.json", json.dumps(record, indent=1, allow_nan=False) + "\n")
    return record


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


def _results(run: Run, model, splits, recorder) -> dict:
    """Evaluate the trained model and sum up what the workers recorded."""
    import torch

    from casual_training.datasets import DATASETS
    from casual_training.evaluation import evaluate

    torch.set_num_threads(run.cores)
    dataset = DATASETS[run.dataset]
    validation_accuracy, _ = evaluate(model, splits.validation_images, splits.validation_labels, dataset, run)
    test_accuracy, test_loss = evaluate(model, splits.test_images, splits.test_labels, dataset, run)
    if not math.isfinite(test_loss):
        raise RunFailed("diverged", f"the loss on the test data is {test_loss} after training")
    workers = recorder.workers()
    return {
        "samples": recorder.samples,
        "samples_per_second": recorder.samples / (recorder.ended - recorder.started),
        "validation_accuracy": validation_accuracy,
        "test_accuracy": test_accuracy,
        "test_loss": test_loss,
        "cpu_seconds": sum(worker["cpu_seconds"] for worker in workers),
        "peak_rss_mb": sum(worker["peak_rss_mb"] for worker in workers),
    }


def _identity(run: Run, started_at: str, load_average: float | None) -> dict:
    """Say what was run, on what machine and with which code; the results are empty until there are any."""
    commit, commit_dirty = machine.commit()
    measured = (
        "samples",
        "samples_per_second",
        "validation_accuracy",
        "test_accuracy",
        "test_loss",
        "cpu_seconds",
    )
    return {
        "format": RUN_FORMAT,
        "study": run.study,
        "workload": run.workload,
        "method": run.method,
        "strategy": run.strategy,
        "workers": run.workers,
        "epochs": run.epochs,
        "passes": run.passes,
        "seed": run.seed,
        "threads_per_worker": run.threads,
        "cores": run.cores,
        "oversubscribed": run.oversubscribed,
        "expected": run.expected_failure,
        "started_at": started_at,
        **dict.fromkeys((*measured, "peak_rss_mb")),
        "spec": run.spec,
        "machine": machine.describe() | {"load_average": load_average},
        "versions": machine.versions(),
        "commit": commit,
        "commit_dirty": commit_dirty,
    }


def _clock_readings(clock: PhaseClock, recorder, status: str, wait_seconds: float) -> dict:
    readings = {"wait_seconds": wait_seconds} | clock.readings()
    if status == "ok":
        return readings | {"startup_seconds": recorder.started - clock.started}
    # How long a failed run took says nothing about its method.
    return readings | dict.fromkeys(("spawn_seconds", "train_seconds", "evaluate_seconds", "wall_seconds"))


def _losses_csv(recorder) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("worker", "step", "seconds", "samples", "loss"))
    for worker, step, seconds, samples, loss in recorder.losses():
        writer.writerow((worker, step, f"{seconds:.6f}", samples, f"{loss:.6g}"))
    return text.getvalue()


def _summary(record: dict) -> str:
    if record["status"] != "ok":
        return f"{record['status']}: {record['cause']}"
    return (
        f"{record['clocks']['train_seconds']:.1f} s, {record['samples_per_second']:,.0f} samples/s, "
        f"test accuracy {record['test_accuracy']:.1%}"
    )


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

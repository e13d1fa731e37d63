"""One row of the study -> one run folder: run.json, losses.csv, train.log.

A run that fails is a row with a cause and no time. Wrong input (data that are missing or altered, a folder that
cannot be written) is a ValueError before any training, and leaves results that are there untouched. What is wrong with
the user's own code or data is such a row and such an error both: a study has other workloads to go on with.

Imports that take time stand inside the functions: the fork server must have started on its own by then.
"""

import dataclasses
import gc
import math
import signal
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casual_training import strategies
from casual_training.config.references import is_user_code
from casual_training.errors import RunFailed, UserCodeError
from casual_training.files import write_whole
from casual_training.measure import interference
from casual_training.measure.clocks import PhaseClock, process_start
from casual_training.parallel import workers
from casual_training.plan.run import Run
from casual_training.runs import repeat, train_log
from casual_training.runs.environment import Terminated, prepare_process
from casual_training.runs.machine_lock import exclusive_machine
from casual_training.workload import user_code

if TYPE_CHECKING:
    from casual_training.measure.recorder import Recorder
    from casual_training.records.record import Record
    from casual_training.runs.prepare import PreparedRun


# How long a failed run took says nothing about its method.
NOT_OF_FAILED_RUNS = ("spawn_seconds", "train_seconds", "evaluate_seconds", "wall_seconds")


def perform(run: Run, folder: Path, data_dir: Path, lr_factor: float | None = None) -> "Record":
    """Train and evaluate one run, write its folder and return what stands in its run.json.

    Args:
        run: what to train and how.
        folder: where to write; made if it is not there.
        data_dir: folder of the data sets; a set that is not there is fetched, outside every clock.
        lr_factor: what to multiply the run's learning rate by, above 0; None is what a trial tries, and 1 otherwise.

    Raises:
        ValueError: wrong input, found before training; nothing was written but train.log.
        UserCodeError: the user's own code or data are wrong, found before training; the row that says so was written.
    """
    prepare_process(run.omp_wait_policy)
    lr_factor = lr_factor or run.lr_factor or 1.0
    begun = time.perf_counter()
    if not is_user_code(run.dataset) and not (data_dir / run.dataset).is_dir():
        from casual_training.workload.fetch import fetch

        fetch(run.dataset, data_dir)
    with exclusive_machine(), train_log.logged_to(folder / train_log.FILE) as console:
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


def _perform(
    run: Run, folder: Path, data_dir: Path, lr_factor: float, clock: PhaseClock, wait_seconds: float
) -> tuple["Record", UserCodeError | None]:
    """Make the run and write its folder; returns what stands in run.json, and what is wrong with the user's code."""
    workers.prepare()
    from casual_training.records import losses_csv
    from casual_training.records.record import FILE, write_record
    from casual_training.runs.results import describe

    about, recorder, wrong = describe(run, repeat.attempt()[0], lr_factor), None, None
    scaled = dataclasses.replace(run, optimizer=run.optimizer | {"lr": lr_factor * run.optimizer["lr"]})
    try:
        result, recorder = _measure(scaled, data_dir, clock)
    except UserCodeError as error:
        traceback.print_exc()
        result, wrong = {"status": "failed", "cause": str(error)}, error
    except (KeyboardInterrupt, Terminated) as stop:
        # A result that is there is better than this one. Snakemake removes it, and makes the run when it goes on.
        if not (folder / FILE).exists():
            number = signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT
            killed = {"status": "killed", "cause": f"the run was ended by {number.name}"}
            write_record(folder, _record(about, killed, {}))
        signal.alarm(0)  # it was not lost
        raise
    clock.enter("write")
    write_whole(folder / losses_csv.FILE, losses_csv.as_text(recorder.losses() if recorder else []))
    record = _record(about, result, _clock_readings(clock, recorder, result["status"], wait_seconds))
    write_record(folder, record)
    return record, wrong


def _record(about: dict[str, Any], result: dict[str, Any], clocks: dict[str, float | None]) -> "Record":
    """Make the record of a run; one with a reading that no table can hold is a failed run."""
    from pydantic import ValidationError

    from casual_training.records.record import FORMAT, Record

    try:
        return Record(format=FORMAT, **about, **result, clocks=clocks)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        cause = f"{'.'.join(map(str, first['loc']))} is {first['input']!r:.50}, which no table can hold"
        kept = {key: result.get(key) for key in ("foreign_cpu_share", "steal_share", "interference_detected")}
        without = clocks | dict.fromkeys(NOT_OF_FAILED_RUNS)
        return Record(format=FORMAT, **about, **kept, status="failed", cause=cause, clocks=without)


def _measure(run: Run, data_dir: Path, clock: PhaseClock) -> tuple[dict[str, Any], "Recorder"]:
    """Train and evaluate; returns the results, status and cause among them, and the workers' Recorder."""
    gc.disable()  # an import makes nothing but objects that stay; it is a fifth faster without looking at them
    from casual_training.parallel.flat_parameters import weights_of
    from casual_training.runs.evaluate import evaluate_run
    from casual_training.runs.preflight import try_out
    from casual_training.runs.prepare import prepare_run
    from casual_training.runs.results import speed
    from casual_training.workload import data_order
    from casual_training.workload.samples import load

    gc.enable()
    clock.enter("load")
    prepared = prepare_run(run, load(run, data_dir))
    try_out(prepared)
    n_train = len(prepared.splits.train)
    work = [data_order.planned_work(n_train, rank, run) for rank in range(run.workers)]
    planned_samples = sum(samples for _, samples in work)
    recorder = _make_recorder(prepared, max(steps for steps, _ in work), planned_samples)
    result = {"status": "ok", "planned_samples": planned_samples}
    result |= {"parameters": weights_of(prepared.model).numel()}

    clock.enter("spawn")
    before = interference.read()
    try:
        _train(prepared, recorder, planned_samples)
        clock.enter("train", at=recorder.started)
        clock.enter("spawn", at=recorder.ended)  # the workers' end belongs to their start, not to training
        clock.enter("evaluate")
        result |= speed(recorder)
        if run.diagnose:
            result["step_breakdown"] = recorder.step_breakdown()
        if not run.throughput_only:
            print(f"{time.perf_counter() - clock.started:7.1f} s: evaluating", flush=True)
            result |= evaluate_run(prepared, recorder)
    except RunFailed as failure:
        result |= {"status": failure.status, "cause": failure.cause}
    except Exception as error:  # whatever a strategy or a model raises is a row, too
        traceback.print_exc()
        place = user_code.raise_location(error, *run.user_code)
        cause = f"{run.method} raised {user_code.one_line(error)}" + (f" ({place})" if place else "")
        result |= {"status": "failed", "cause": cause}
    if "interference_detected" not in result:  # it failed before its workers' own readings were assessed
        result |= interference.assess_since(before)
    records = {"worker_records": recorder.workers(), "server_record": recorder.server(), "details": recorder.details}
    return result | records, recorder


def _make_recorder(prepared: "PreparedRun", most_steps: int, planned_samples: int) -> "Recorder":
    """Make the workers' recorder, with room for the losses of `most_steps` steps of each and for the snapshots."""
    from casual_training.measure.recorder import Recorder
    from casual_training.measure.snapshots import Snapshots
    from casual_training.measure.step_breakdown import BreakdownRecorder

    run, model = prepared.run, prepared.model
    # The weights are copied evenly over the run, but for its end, where they stay.
    numbers = [] if run.throughput_only else range(1, run.snapshots)
    thresholds = [planned_samples * number // run.snapshots for number in numbers]
    room = run.workers, most_steps, run.log_interval, Snapshots(model, thresholds)
    recorder = BreakdownRecorder(model, prepared.data, *room) if run.diagnose else Recorder(*room)
    recorder.epochs = None if run.throughput_only else run.epochs
    return recorder


def _train(prepared: "PreparedRun", recorder: "Recorder", planned_samples: int) -> None:
    """Train the network; raise RunFailed unless all of the planned work was done and its result is a number."""
    import torch

    run, model = prepared.run, prepared.model
    strategies.load(run.strategy)(model, prepared.data, run, recorder)
    if recorder.samples != planned_samples:
        raise RunFailed("failed", f"trained on {recorder.samples:,} samples instead of {planned_samples:,}")
    for worker, step, _, _, loss in recorder.losses():
        if not math.isfinite(loss):
            raise RunFailed("diverged", f"the loss of worker {worker} is {loss} at its step {step}")
    if not all(torch.isfinite(parameter).all() for parameter in model.parameters()):
        raise RunFailed("diverged", "a weight is not a finite number after training")


def _clock_readings(
    clock: PhaseClock, recorder: "Recorder | None", status: str, wait_seconds: float
) -> dict[str, float | None]:
    readings = {"wait_seconds": wait_seconds} | clock.readings()
    if status == "ok" and recorder:
        return readings | {"startup_seconds": recorder.started - clock.started}
    return readings | dict.fromkeys(NOT_OF_FAILED_RUNS)


def _summary(record: "Record") -> str:
    if not record.ok:
        return f"{record.status}: {record.cause}"
    value, metric = record.test_metric, record.run.metric["name"].replace("_", " ")
    written = "" if value is None else f"{value:.1%}" if metric == "accuracy" else f"{value:.3g}"
    quality = f"test {metric} {written}" if written else "throughput only"
    return f"{record.clocks['train_seconds']:.1f} s, {record.samples_per_second:,.0f} samples/s, {quality}"

"""Writes a synthetic study, as its run folders, for tests of the tables and of the page. Nothing is trained."""

import copy
import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from casual_training.config.read import read_config
from casual_training.plan.plan import Plan
from casual_training.plan.run import COPIES_STRATEGY, Run
from casual_training.records.losses_csv import FILE, as_text
from casual_training.records.record import FORMAT, Record, write_record
from casual_training.study.load import PROJECT, load_plan

WORKLOAD = {
    "dataset": "fashion_mnist",
    "train_samples": None,
    "model": "simple_nn",
    "loss": "cross_entropy",
    "metric": None,
    "batch_size": 32,
    "optimizer": {"name": "sgd", "lr": 0.01, "momentum": 0.5},
    "methods": None,
    "target": None,
}
METHOD = {
    "batch": "worker",
    "input_pipeline": "memory",
    "sampling": "shard",
    "omp_wait_policy": None,
    "max_steps": None,
    "expected_failure": False,
}
CONFIG = {
    "study": {
        "name": "default",
        "workloads": ["fashion_mnist-simple_nn"],
        "methods": ["serial", "threads", "hogwild"],
        "passes": 4,
        "workers": [1, 2, 4],
        "seeds": [1, 2, 3],
        "comparisons": [{"method": "hogwild", "workers": 2}, {"method": "hogwild", "workers": 4}],
        "snapshots": 20,
        "tune": [],
        "diagnose": False,
    },
    "workloads": {"fashion_mnist-simple_nn": WORKLOAD},
    "methods": {
        "serial": METHOD | {"strategy": "serial", "threads": 1},
        "threads": METHOD | {"strategy": "serial", "threads": "cores"},
        "hogwild": METHOD | {"strategy": "hogwild", "threads": "auto", "update": "free"},
    },
    "machine": {"cores": 2, "deadline_seconds": 600, "data_dir": "data", "log_interval": 10},
    "cost": {
        "electricity": {"watts_idle": 10, "watts_per_busy_core": 8, "price_per_kwh": 0.2872, "currency": "EUR"},
        "cloud": {"machine": "a cloud's, 2 cores", "price_per_hour": 0.08, "currency": "USD", "as_of": "2026-06"},
    },
}
BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
SAMPLES = 220_000
MACHINE = {
    "system": "Linux 6.1",
    "processor": "Made-up CPU",
    "logical_cpus": 4,
    "physical_cores": 2,
    "virtual": True,
    "memory_gb": 15.6,
}
PARAMETERS = {"simple_nn": 21_840, "ps_net": 1_199_882, "wide_mlp": 1_863_690}
VERSIONS = {"python": "3.11.7", "casual-training": "0.1.0", "torch": "2.14.1", "numpy": "2.4.6"}


def make_config(**study) -> dict:
    """Copy the default study's config, with keys of `study` replaced."""
    config = copy.deepcopy(CONFIG)
    config["study"] |= study
    return config


def make_plan(**study) -> Plan:
    """Plan the default study, with keys of `study` replaced."""
    return load_plan(make_config(**study))


def seed_config() -> dict:
    """Read the config of the original study, re-examined, as on a machine of two cores."""
    config = read_config([PROJECT / "config.yaml", PROJECT / "workflow" / "studies" / "seed.yaml"])
    return config | {"machine": config["machine"] | {"cores": 2}}


def as_the_original(run: Run) -> dict:
    """Return the changes that make the runs of the seed study look like it: no accelerator, and threads in the way."""
    if run.strategy == "device_switching":
        return failed("unavailable", "torch finds no accelerator (cuda or mps) on this machine")
    if run.method.startswith("hogwild_original"):
        limited = run.method.endswith("_limited")
        speed = 8_000 * min(run.workers, run.cores) if limited else 8_000 / run.workers
        noise = random.Random(f"{run.method} {run.workers} {run.seed}").uniform(0.98, 1.02)
        return {"samples_per_second": speed * noise}
    return {}


def with_an_accelerator(run: Run) -> dict:
    """Return the changes that make the seed study's runs those of a machine that has an accelerator."""
    if run.strategy != "device_switching":
        return as_the_original(run)
    return {"details": make_details(run, 3.7 * 4 if run.options["switch"] else 4.0)}


def train_seconds(run: Run) -> float:
    """Invent a time: 24 s on one thread, 20 s on all; workers share it up to the cores, and noise.

    A parameter server takes 60 s whatever the workers.
    """
    if run.strategy == "ps_tutorial":
        seconds = 60.0
    elif run.strategy == "serial":
        seconds = 24.0 if run.threads == 1 else 20.0
    else:
        seconds = 24.0 / (min(run.workers, run.cores) * 0.95) * max(1, run.workers / run.cores) ** 0.1
    return seconds * random.Random(f"{run.method} {run.workers} {run.seed}").uniform(0.98, 1.02)


def write_study(root: Path, plan: Plan, changes: Callable[[Run], dict | None] = lambda run: {}) -> None:
    """Write every planned run, independent copies, diagnosis and trial under `root`, and link the standalone scripts.

    Args:
        root: the project folder.
        plan: of the study.
        changes: fields of the Record to replace in a given run, or None to leave the run without a result.
    """
    if not (root / "examples").exists():
        (root / "examples").symlink_to(PROJECT / "examples")
    for position, run in enumerate([*plan.runs, *plan.independent_copies, *plan.diagnoses, *plan.trials]):
        changed = changes(run)
        if changed is not None:
            write_run(root, make_record(run, position, **changed))


def make_record(run: Run, position: int = 0, **changes) -> Record:
    """Invent the record of an ok run, which is cut short if it has max_steps.

    Args:
        run: what was run.
        position: its place in time.
        changes: fields of the Record to replace.
    """
    seconds = train_seconds(run)
    workers, copies = run.workers, run.cores if run.strategy == COPIES_STRATEGY else 1
    samples = SAMPLES * copies
    seconds = 24.5 if run.strategy == COPIES_STRATEGY else seconds
    accuracy = 0.845 - 0.001 * workers + random.Random(run.seed).uniform(-0.001, 0.001)
    clocks = {
        "wait_seconds": 0.0,
        "import_seconds": 3.1,
        "load_seconds": 0.4,
        "spawn_seconds": 2.1,
        "startup_seconds": 5.5,
    }
    clocks |= {"train_seconds": seconds, "evaluate_seconds": 0.8, "write_seconds": 0.01}
    found = {
        "format": FORMAT,
        "run": run,
        "status": "ok",
        "lr_factor": run.lr_factor or 1,
        "attempt": 1,
        "started_at": (BEGIN + position * timedelta(seconds=20)).isoformat(timespec="microseconds"),
        "clocks": clocks | {"wall_seconds": sum(clocks.values()) - clocks["startup_seconds"]},
        "planned_samples": samples,
        "parameters": PARAMETERS.get(str(run.model)),
        "samples": samples,
        "samples_per_second": samples / seconds,
        "validation_metric": accuracy,
        "test_metric": accuracy - 0.003,
        "test_loss": 0.45,
        "cpu_seconds": workers * seconds,
        "peak_rss_mb": 450.0 * workers,
        "pss_mb": 250.0 * workers,
        "overlap": 0.99,
        "foreign_cpu_share": 0.004,
        "steal_share": 0.0,
        "interference_detected": False,
        "curve": make_curve(samples, seconds, accuracy, run.snapshots),
        "worker_records": [make_worker(run, rank, samples // workers, seconds) for rank in range(workers)],
        "details": make_details(run, seconds),
        "machine": MACHINE,
        "load_average": 0.1,
        "versions": VERSIONS,
        "commit": "0123456789ab",
        "commit_dirty": False,
    }
    if run.diagnose:
        found["step_breakdown"] = make_step_breakdown(run)
    return Record(**found | (throughput_only(run) if run.throughput_only else {}) | changes)


def make_worker(run: Run, rank: int = 0, samples: int = SAMPLES, train_seconds: float | None = 24.0, **changes) -> dict:
    """Invent what one worker of a run did: its fields of the record, some of them replaced."""
    n_steps = samples // 32
    waited = {"count": n_steps, "sum": 0.1 * (train_seconds or 0.0)}
    is_locked = run.options.get("update") == "locked"
    found = {
        "threads": run.threads,
        "cpu_seconds": train_seconds or 0.0,
        "peak_rss_mb": 450.0,
        "pss_mb": 250.0,
        "rank": rank,
        "steps": n_steps,
        "samples": samples,
        "train_seconds": train_seconds,
        "measures": {"lock_wait_seconds": waited, "lock_hold_seconds": waited} if is_locked else {},
        "staleness": [],
    }
    if run.strategy == "hogwild":
        found["staleness"] = [1000 // (number + 1) for number in range(min(run.workers, 16))]
    return found | changes


def make_details(run: Run, seconds: float) -> dict:
    """Invent what a strategy has to say: device_switching when its passes ended and what it moved."""
    if run.strategy != "device_switching":
        return {}
    moved = 100 * run.passes * 348_000_000 if run.options["switch"] else 0  # steps a pass, passes, bytes of a switch
    return {"pass_seconds": [seconds * (done + 1) / run.passes for done in range(run.passes)], "bytes_moved": moved}


def make_step_breakdown(run: Run) -> dict:
    """Invent where the time of a step goes, and that a fiftieth of the updates of shared weights is lost."""
    seconds = {"data": 0.1, "forward": 0.6, "backward": 1.0, "communication": None, "update": 0.2, "other": 0.1}
    lost = None if run.strategy != "hogwild" else 0.02 if run.workers > 1 else 0.0
    return {"seconds": seconds, "samples_per_second": 0.95 * SAMPLES / train_seconds(run), "lost_updates": lost}


def make_curve(samples: int, seconds: float, accuracy: float, points: int) -> list[dict]:
    """Invent snapshots of a run: an accuracy that rises from about 0.6 ever slower, with noise, to its last one."""
    noise = random.Random(f"{seconds} {accuracy}")
    shares = [number / points for number in range(1, points + 1)]
    accuracies = [
        accuracy - 0.3 * (math.exp(-5 * share) - math.exp(-5)) + noise.uniform(-0.0004, 0) for share in shares
    ]
    return [
        {"samples": round(share * samples), "seconds": share * seconds, "validation_metric": value}
        for share, value in zip(shares, [*accuracies[:-1], accuracy], strict=True)
    ]


def throughput_only(run: Run) -> dict:
    """Return the changes that turn a run into one that was ended after 200 steps: its speed counts and nothing else."""
    seconds, samples = 2.5, 200 * 32
    clocks = {"import_seconds": 3.1, "train_seconds": seconds, "wall_seconds": 9.0}
    nothing = dict.fromkeys(["validation_metric", "test_metric", "test_loss"]) | {"curve": []}
    speed = {"samples": samples, "samples_per_second": samples / seconds * min(run.workers, run.cores)}
    return {"clocks": clocks} | nothing | speed


def failed(status: str, cause: str) -> dict:
    """Return the changes that turn a run into one that is not ok."""
    figures = ["samples", "samples_per_second", "validation_metric", "test_metric", "test_loss"]
    clocks = {"import_seconds": 3.1, "train_seconds": None, "wall_seconds": 5.0}
    return dict.fromkeys(figures) | {"status": status, "cause": cause, "clocks": clocks, "curve": []}


def write_run(root: Path, record: Record) -> None:
    """Write a run's folder: run.json, and losses that fall from 2.3 to 0.4 with noise."""
    run, seconds, losses = record.run, record.clocks.get("train_seconds"), []
    if seconds:
        noise = random.Random(f"{run.method} {run.workers} {run.seed}")
        steps = int(run.passes * 55_000 / 32 / run.workers)
        for worker in range(run.workers):
            for step in range(10, steps + 1, 10):
                share = step / steps
                loss = 0.4 + 1.9 * math.exp(-8 * share) + noise.uniform(-0.15, 0.15)
                losses.append((worker, step, share * seconds, step * 32, loss))
    write_record(root / run.folder, record)
    (root / run.folder / FILE).write_text(as_text(losses))

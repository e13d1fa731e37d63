"""Start-up: seconds from the start of the process to the barrier in front of training, 1 worker against 4.

    python benchmarks/startup.py

The two alternate, so that a drift of the machine's speed meets both; medians and ranges are printed. Beside them, how
much of the process's wall time, taken from outside, the phases of a run add up to, and what the imports of a worker
take by themselves.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from casual_training.config.read import read_config
from casual_training.records.record import PHASES, read_record
from casual_training.study.load import PROJECT, one_run

REPEATS = 5


def measure(workers: int) -> tuple[float, float]:
    """Make one run; return its start-up seconds and the share of its wall time that its phases explain."""
    config = read_config([PROJECT / "config.yaml", PROJECT / "workflow/studies/quick.yaml"])
    run, data_dir = one_run(config, None, "hogwild", workers, 4 / workers, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "casual_training", "train", "--run", json.dumps(run.spec), "--out", folder]
        command += ["--data-dir", str(PROJECT / data_dir), "--deadline", "600"]
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        wall_seconds = time.perf_counter() - started
        clocks = read_record(Path(folder)).clocks
    return clocks["startup_seconds"], sum(clocks[f"{phase}_seconds"] for phase in PHASES) / wall_seconds


def import_seconds() -> tuple[float, float]:
    """Import what the fork server imports, as it does, and return the seconds of torch and of torch._dynamo."""
    code = "import gc, time; gc.disable(); a = time.perf_counter(); import torch; b = time.perf_counter(); "
    code += "import torch._dynamo; print(b - a, time.perf_counter() - b)"
    torch, dynamo = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    return float(torch), float(dynamo)


def main() -> None:
    seconds: dict[int, list[float]] = {1: [], 4: []}
    shares, imports = [], [import_seconds() for _ in range(REPEATS)]
    for _ in range(REPEATS):
        for workers, readings in seconds.items():
            startup, share = measure(workers)
            readings.append(startup)
            shares.append(share)
    for workers, readings in seconds.items():
        median = statistics.median(readings)
        print(f"start-up, {workers} workers: {median:.2f} s (from {min(readings):.2f} to {max(readings):.2f})")
    print(f"start-up, 4 workers / 1 worker: {statistics.median(seconds[4]) / statistics.median(seconds[1]):.2f}")
    for name, readings in zip(("torch", "torch._dynamo"), zip(*imports, strict=True), strict=True):
        print(f"import {name}: {statistics.median(readings):.1f} s (from {min(readings):.1f} to {max(readings):.1f})")
    print(
        f"phases, share of the wall time: {statistics.median(shares):.1%} (from {min(shares):.1%} to {max(shares):.1%})"
    )


if __name__ == "__main__":
    main()

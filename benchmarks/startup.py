"""Start-up: seconds from the start of the process to the barrier in front of training, 1 worker against 4.

    python benchmarks/startup.py

The two alternate, so that a drift of the machine's speed meets both; medians and ranges are printed.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

REPEATS = 5


def startup_seconds(workers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "casual_training", "train", "--method", "hogwild", "--out", folder]
        command += ["--workers", str(workers), "--epochs", str(1 / workers)]
        subprocess.run(command, check=True, capture_output=True)
        return json.loads(Path(folder, "run.json").read_text())["clocks"]["startup_seconds"]


def main() -> None:
    seconds: dict[int, list[float]] = {1: [], 4: []}
    for _ in range(REPEATS):
        for workers, readings in seconds.items():
            readings.append(startup_seconds(workers))
    for workers, readings in seconds.items():
        median = statistics.median(readings)
        print(f"start-up, {workers} workers: {median:.2f} s (from {min(readings):.2f} to {max(readings):.2f})")
    print(f"start-up, 4 workers / 1 worker: {statistics.median(seconds[4]) / statistics.median(seconds[1]):.2f}")


if __name__ == "__main__":
    main()

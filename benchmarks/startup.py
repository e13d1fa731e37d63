"""Start-up: seconds from the start of the process to the barrier in front of training, with 1 and with 4 workers.

    python benchmarks/startup.py [--data-dir data] [--repeats 5]

The two alternate, so that a drift of the machine's speed meets both; medians and ranges are printed.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path


def startup_seconds(workers: int, data_dir: Path) -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "casual_training",
            "train",
            "--method",
            "hogwild",
            "--workers",
            str(workers),
        ]
        command += ["--epochs", str(1 / workers), "--out", folder, "--data-dir", str(data_dir)]
        subprocess.run(command, check=True, capture_output=True)
        return json.loads(Path(folder, "run.json").read_text())["clocks"]["startup_seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    seconds: dict[int, list[float]] = {1: [], 4: []}
    for _ in range(arguments.repeats):
        for workers, readings in seconds.items():
            readings.append(startup_seconds(workers, arguments.data_dir))
    for workers, readings in seconds.items():
        print(f"{workers} workers: {statistics.median(readings):.2f} s ({min(readings):.2f} to {max(readings):.2f})")
    print(f"ratio of the medians: {statistics.median(seconds[4]) / statistics.median(seconds[1]):.2f}")


if __name__ == "__main__":
    main()

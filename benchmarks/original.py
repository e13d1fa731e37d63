"""The original's 4x1 against ours: 4 Hogwild! workers, one epoch each, with its input pipeline and with ours.

    python benchmarks/original.py

The original's pipeline (per-sample transforms in a DataLoader), with threads limited to one a worker, as nobody did
then: what remains of the difference is the pipeline. All 55,000 samples, whole processes timed from outside, in turns.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time

from casual_training.study import PROJECT, one_run, read_config, validate

REPEATS = 3


def wall_seconds(method: str) -> float:
    config = validate(read_config([PROJECT / "config.yaml", PROJECT / "workflow/studies/reference.yaml"]))
    run = one_run(config, None, method, workers=4, epochs=1, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "casual_training", "train", "--run", json.dumps(run.spec), "--out", folder]
        command += ["--data-dir", str(PROJECT / config["machine"]["data_dir"]), "--deadline", "600"]
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - started


def main() -> None:
    seconds: dict[str, list[float]] = {"hogwild_torchvision": [], "hogwild": []}
    for _ in range(REPEATS):
        for method, readings in seconds.items():
            readings.append(wall_seconds(method))
    for method, readings in seconds.items():
        median = statistics.median(readings)
        print(f"4x1 {method}: {median:.1f} s (from {min(readings):.1f} to {max(readings):.1f})")
    print(f"times as fast: {statistics.median(a / b for a, b in zip(*seconds.values(), strict=True)):.2f}")


if __name__ == "__main__":
    main()

"""Waiting around the study: a dry run over a grid of 1,000 runs, and the default study's page made again.

    python benchmarks/pipeline.py

The page is made again from results/default, so the default study has to be there.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time

REPEATS = 3
# 50 seeds x (2 serial + 6 x 3 parallel) = 1,000 runs, and 50 ceilings.
COPIES = [f"hogwild_{number}" for number in range(6)]
GRID = {
    "study": {"name": "grid", "methods": ["serial", "threads", *COPIES], "seeds": list(range(50)), "diagnose": False},
    "methods": {name: {"strategy": "hogwild"} for name in COPIES},
}


def seconds_of(*arguments: str) -> str:
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "snakemake", *arguments], check=True, capture_output=True)
        seconds.append(time.perf_counter() - started)
    return f"{statistics.median(seconds):.2f} s (from {min(seconds):.2f} to {max(seconds):.2f})"


def main() -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as overlay:
        json.dump(GRID, overlay)
        overlay.flush()
        dry_run = seconds_of("-n", "--quiet", "--cores", "4", "--configfile", overlay.name)
    print(f"snakemake -n on 1,000 runs: {dry_run}")
    print(f"snakemake --cores 1 report: {seconds_of('--cores', '1', 'report')}")


if __name__ == "__main__":
    main()

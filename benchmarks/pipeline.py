"""Waiting around the study: a dry run over 1,000 synthetic runs, and their tables, charts and page made again.

    python benchmarks/pipeline.py

The page of the default study is made again, too, from results/default, so that study has to be there. Beside what has
a bound stands that bound.
"""

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from casual_training.plan.run import Run
from casual_training.study.load import PROJECT, load_files

sys.path.append(str(PROJECT / "tests"))
import fake_study

REPEATS = 3
# 10 seeds x 3 workloads x (2 serial + 8 x 4 parallel) = 1,020 runs; with 30 points of their curves and 687 losses each.
PARALLEL = ["hogwild", "hogwild_locked", "local_sgd", "sync_shared", "sync_shared_global_batch"]
PARALLEL += ["ddp", "ddp_global_batch", "ps_push_pull"]
GRID = {
    "study": {
        "name": "grid",
        "workloads": ["fashion_mnist-simple_nn", "fashion_mnist-ps_net", "mnist-simple_nn"],
        "methods": ["serial", "threads", *PARALLEL],
        "workers": [2, 4, 8, 16],
        "seeds": list(range(10)),
    },
    "workloads": {"fashion_mnist-simple_nn": {"target": None}},
    "machine": {"cores": 2},
}
PARTS = ("Snakefile", "config.yaml", "examples", "profiles", "src", "workflow")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        overlay = make_project(root)
        snakemake = [sys.executable, "-m", "snakemake", "--configfile", str(overlay), "--cores", "1"]
        plan = load_files([PROJECT / "config.yaml", overlay])
        n_runs = len(plan.runs)
        print(f"{n_runs:,} runs: snakemake -n: {measure([*snakemake, '-n', '--quiet'], root)}")
        fake_study.write_study(root, plan, some_fail)
        config = json.dumps(plan.config.model_dump(mode="json"))
        make_runs = [sys.executable, "-m", "casual_training", "make-table", "runs", "--study", config]
        print(f"{n_runs:,} runs: casual-training make-table runs: {measure(make_runs, root)}")
        again = measure([*snakemake, "report"], root)
        print(f"{n_runs:,} runs: snakemake --cores 1 report: {again}; promised: 10 s, 500 MB")
        page = root / "reports" / "grid" / "report.html"
        print(f"{n_runs:,} runs: the page: {page.stat().st_size / 1e6:.2f} MB; promised: 3 MB")
    report = [sys.executable, "-m", "snakemake", "--cores", "1", "report"]
    print(f"the default study: snakemake --cores 1 report: {measure(report, Path.cwd())}")


def make_project(root: Path) -> Path:
    """Make a project folder of links to this one, without its results, and return the overlay of the grid in it."""
    for part in PARTS:
        (root / part).symlink_to(PROJECT / part)
    overlay = root / "grid.json"
    overlay.write_text(json.dumps(GRID))
    return overlay


def some_fail(run: Run) -> dict:
    """Let one run in fifty fail."""
    fails = random.Random(run.folder).random() < 1 / 50
    return fake_study.failed("failed", f"worker {run.workers - 1} ended with exit code 1") if fails else {}


def measure(command: list[str], folder: Path) -> str:
    """Return the median and range of a command's seconds, and of one more time the most memory that it took."""
    taken = [seconds_of(command, folder) for _ in range(REPEATS)]
    peak = peak_mb(command, folder)
    return f"{statistics.median(taken):.1f} s ({min(taken):.1f} to {max(taken):.1f}), {peak:.0f} MB"


def seconds_of(command: list[str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def peak_mb(command: list[str], folder: Path) -> float:
    """Run a command and return the most memory of all its processes, what they share counted once, in MB.

    In a run of its own, because looking costs time, too.
    """
    process, peak = psutil.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), 0.0
    while process.poll() is None:
        peak = max(peak, pss_mb(process))
        time.sleep(0.05)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return peak


def pss_mb(process: psutil.Process) -> float:
    try:
        return sum(one.memory_full_info().pss for one in [process, *process.children(recursive=True)]) / 1e6
    except psutil.Error:  # one of them ended meanwhile
        return 0.0


if __name__ == "__main__":
    main()

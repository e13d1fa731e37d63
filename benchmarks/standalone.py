"""Whether a strategy is as fast as the script that a user would copy: both against independent copies, in turns.

    python benchmarks/standalone.py [SCRIPT ...]

Makes, five times in turns, independent copies, each strategy with 2 workers and its script with 2 workers: one pass
over 30,000 samples. The scripts train on synthetic images of the same shape. Wants the machine to itself and takes 5
minutes.
"""

import json
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from casual_training.config.read import read_config
from casual_training.plan.plan import Plan
from casual_training.plan.run import Run
from casual_training.records.record import Record, read_record
from casual_training.study.load import PROJECT, load_plan, one_run

SCRIPTS = ["ddp", "ps_push_pull"]
REPEATS, SAMPLES, WORKERS = 5, 30_000, 2
RATE = re.compile(r"(\d+) samples per second")


def main() -> None:
    scripts = sys.argv[1:] or SCRIPTS
    with tempfile.TemporaryDirectory() as folder:
        overlay = Path(folder, "overlay.yaml")
        workload = {"train_samples": SAMPLES}
        settings = {"passes": 1, "snapshots": 1, "seeds": [1], "methods": ["hogwild"], "comparisons": []}
        overlay.write_text(yaml.safe_dump({"study": settings, "workloads": {"fashion_mnist-simple_nn": workload}}))
        plan = load_plan(read_config([PROJECT / "config.yaml", overlay]))
        shares: dict[str, list[float]] = {}
        for repeat in range(REPEATS):
            copies = copies_rate(plan, Path(folder, f"copies-{repeat}"))
            for script in scripts:
                own = strategy_rate(plan, script, Path(folder, f"{script}-{repeat}"))
                shares.setdefault(f"{script}, strategy", []).append(100 * own / copies)
                shares.setdefault(f"{script}, script", []).append(100 * script_rate(script) / copies)
    for name, values in shares.items():
        print(
            f"{name}: {statistics.median(values):.1f} % of independent copies ({min(values):.1f} to {max(values):.1f})"
        )
    for script in scripts:
        pairs = zip(shares[f"{script}, strategy"], shares[f"{script}, script"], strict=True)
        points = [own - other for own, other in pairs]
        print(f"{script}: strategy less script {statistics.median(points):+.1f} points ({min(points):+.1f} to ", end="")
        print(f"{max(points):+.1f})")


def copies_rate(plan: Plan, out: Path) -> float:
    """Measure what independent copies do, summed."""
    (run,) = plan.independent_copies
    return sum(worker.samples / worker.train_seconds for worker in train(run, plan, out).worker_records)


def strategy_rate(plan: Plan, method: str, out: Path) -> float:
    """Measure one of our strategies."""
    run, _ = one_run(plan.config.model_dump(), None, method, WORKERS, 1 / WORKERS, seed=1)
    return train(run, plan, out).samples_per_second


def train(run: Run, plan: Plan, out: Path) -> Record:
    """Make one run as the rule train does."""
    arguments = ["train", "--run", json.dumps(run.spec), "--out", str(out), "--deadline", "120"]
    command = [sys.executable, "-m", "casual_training", *arguments, "--data-dir", plan.config.machine.data_dir]
    subprocess.run(command, check=True, cwd=PROJECT, capture_output=True)
    return read_record(out)


def script_rate(script: str) -> float:
    """Measure a script of examples/standalone."""
    path = PROJECT / "examples" / "standalone" / f"{script}.py"
    arguments = ["--workers", str(WORKERS), "--passes", "1", "--samples", str(SAMPLES), "--log-interval", "1000000"]
    done = subprocess.run([sys.executable, path, *arguments], check=True, capture_output=True, text=True)
    return float(RATE.search(done.stdout)[1])


if __name__ == "__main__":
    main()

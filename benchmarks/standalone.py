"""Whether a strategy is as fast as the script that a user would copy: both against the ceiling, in turns.

    python benchmarks/standalone.py [SCRIPT ...]

Makes, five times in turns, the ceiling, each strategy with 2 workers and its script with 2 workers: one pass over
30,000 samples. The scripts train on made-up images of the same shape. Wants the machine to itself and takes 5 minutes.
"""

import json
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from casual_training.plan import study
from casual_training.plan.study import PROJECT, plan_ceilings
from casual_training.config.read import read_config
from casual_training.config.validate import validate

SCRIPTS = ["ddp", "ps_push_pull"]
REPEATS, SAMPLES, WORKERS = 5, 30_000, 2
RATE = re.compile(r"(\d+) samples per second")


def main() -> None:
    scripts = sys.argv[1:] or SCRIPTS
    with tempfile.TemporaryDirectory() as folder:
        overlay = Path(folder, "overlay.yaml")
        workload = {"train_samples": SAMPLES}
        settings = {"passes": 1, "snapshots": 1, "seeds": [1], "methods": ["hogwild"], "headline": []}
        overlay.write_text(yaml.safe_dump({"study": settings, "workloads": {"fashion_mnist-simple_nn": workload}}))
        config = validate(read_config([PROJECT / "config.yaml", overlay]))
        shares: dict[str, list[float]] = {}
        for repeat in range(REPEATS):
            ceiling = ceiling_rate(config, Path(folder, f"ceiling-{repeat}"))
            for script in scripts:
                own = strategy_rate(config, script, Path(folder, f"{script}-{repeat}"))
                shares.setdefault(f"{script}, strategy", []).append(100 * own / ceiling)
                shares.setdefault(f"{script}, script", []).append(100 * script_rate(script) / ceiling)
    for name, values in shares.items():
        print(f"{name}: {statistics.median(values):.1f} % of the ceiling ({min(values):.1f} to {max(values):.1f})")
    for script in scripts:
        pairs = zip(shares[f"{script}, strategy"], shares[f"{script}, script"], strict=True)
        points = [own - other for own, other in pairs]
        print(f"{script}: strategy less script {statistics.median(points):+.1f} points ({min(points):+.1f} to ", end="")
        print(f"{max(points):+.1f})")


def ceiling_rate(config: dict, out: Path) -> float:
    """Measure what independent copies do, summed."""
    (run,) = plan_ceilings(config)
    workers = train(run, config, out)["worker_records"]
    return sum(worker["samples"] / worker["train_seconds"] for worker in workers)


def strategy_rate(config: dict, method: str, out: Path) -> float:
    """Measure one of our strategies."""
    run = study.one_run(config, None, method, WORKERS, 1 / WORKERS, seed=1)
    return train(run, config, out)["samples_per_second"]


def train(run, config: dict, out: Path) -> dict:
    """Make one run as the rule train does; returns its run.json."""
    arguments = ["train", "--run", json.dumps(run.spec), "--out", str(out), "--deadline", "120"]
    command = [sys.executable, "-m", "casual_training", *arguments, "--data-dir", config["machine"]["data_dir"]]
    subprocess.run(command, check=True, cwd=PROJECT, capture_output=True)
    return json.loads((out / "run.json").read_text())


def script_rate(script: str) -> float:
    """Measure a script of examples/standalone."""
    path = PROJECT / "examples" / "standalone" / f"{script}.py"
    arguments = ["--workers", str(WORKERS), "--passes", "1", "--samples", str(SAMPLES), "--log-interval", "1000000"]
    done = subprocess.run([sys.executable, path, *arguments], check=True, capture_output=True, text=True)
    return float(RATE.search(done.stdout)[1])


if __name__ == "__main__":
    main()

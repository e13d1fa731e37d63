"""A copy of the project in a scratch folder, where tests run Snakemake, train a tiny study and change things."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from casual_training.analysis import parts
from casual_training.plan.plan import Plan
from casual_training.study.load import load_files

REPOSITORY = Path(__file__).parents[2]
PARTS = ("Snakefile", "config.yaml", "examples", "profiles", "src", "workflow")

# The smallest study with every kind of job: serial 1x2, hogwild 1x2 and 2x1, copies; on 640 training images.
TINY = {
    "study": {
        "name": "tiny",
        "workloads": ["sample"],
        "methods": ["serial", "hogwild"],
        "passes": 2,
        "workers": [1, 2],
        "seeds": [1],
        "diagnose": False,
    },
    "workloads": {
        "sample": {
            "dataset": "fashion_mnist_sample",
            "model": "simple_nn",
            "loss": "cross_entropy",
            "batch_size": 32,
            "optimizer": {"name": "sgd", "lr": 0.01, "momentum": 0.5},
        }
    },
    "machine": {"cores": 2, "log_interval": 3},
}
RUNS = {"serial 1x2 seed 1", "hogwild 1x2 seed 1", "hogwild 2x1 seed 1"}
COPIES = {"copies seed 1"}
PAGE = {"render_report", "all"}
CHARTS = {f"chart {name}" for name in parts.literals("charts")}
TABLES = {f"table {name}" for name in parts.literals("tables")}
ANALYSIS = TABLES | {"make_verdict"} | CHARTS | PAGE


@dataclass(frozen=True)
class Job:
    """One job, as Snakemake prints it."""

    rule: str
    inputs: tuple[str, ...]
    wildcards: dict[str, str]
    threads: int
    jobid: int

    def __str__(self) -> str:
        """Name the job as tests do: "hogwild 2x1 seed 1", "copies seed 1", "diagnosis of hogwild 2x1", or its rule.

        A trial is "hogwild 2x1 rate 0.5", a table "table runs", a chart "chart forest".
        """
        if self.rule == "train":
            return "{method} {workers}x{epochs} seed {seed}".format_map(self.wildcards)
        if self.rule == "try_rate":
            return "{method} {workers}x{epochs} rate {factor}".format_map(self.wildcards)
        if self.rule == "diagnose":
            return "diagnosis of {method} {workers}x{epochs}".format_map(self.wildcards)
        if self.rule == "measure_independent_copies":
            return "copies seed {seed}".format_map(self.wildcards)
        if self.rule in ("make_table", "draw_chart"):
            return f"{self.rule.partition('_')[2]} {self.wildcards.get('table') or self.wildcards['chart']}"
        return self.rule


@dataclass(frozen=True)
class Project:
    """A copy of the project and the overlay of its study, study.yaml."""

    root: Path

    @classmethod
    def of_repository(cls, root: Path, overlay: dict) -> "Project":
        """Copy the repository's files, and the data set that ships with the tests, to a new folder."""
        root.mkdir(parents=True)
        for part in PARTS:
            source = REPOSITORY / part
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, root / part)
        shutil.copytree(REPOSITORY / "tests" / "data", root / "data")
        project = cls(root)
        project.overlay.write_text(yaml.safe_dump(overlay))
        return project

    def copy(self, root: Path) -> "Project":
        """Copy this project with its results and what Snakemake knows of them."""
        shutil.copytree(self.root, root)
        return Project(root)

    @property
    def overlay(self) -> Path:
        return self.root / "study.yaml"

    @property
    def plan(self) -> Plan:
        return load_files([self.root / "config.yaml", self.overlay])

    @property
    def results(self) -> Path:
        return self.root / "results" / self.plan.name

    @property
    def reports(self) -> Path:
        return self.root / "reports" / self.plan.name

    def set(self, key: str, value) -> None:
        """Set one key of the overlay, for instance "machine.cores"."""
        overlay = yaml.safe_load(self.overlay.read_text())
        *maps, last = key.split(".")
        inner = overlay
        for name in maps:
            inner = inner.setdefault(name, {})
        inner[last] = value
        self.overlay.write_text(yaml.safe_dump(overlay))

    def edit(self, file: str) -> None:
        """Change the content of a file below src/casual_training, but not what it does."""
        path = self.root / "src" / "casual_training" / file
        comment = "{# edited #}" if path.suffix == ".jinja2" else "# edited"
        path.write_text(f"{path.read_text()}{comment}\n")

    @property
    def environment(self) -> dict[str, str]:
        """The variables to run this copy with; whatever it fetched from a network would fail."""
        nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
        return os.environ | nowhere | {"PYTHONPATH": str(self.root / "src")}

    def python(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run a Python module of this copy."""
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess:
        return self.python("snakemake", "--configfile", self.overlay.name, *arguments)

    def run(self, *arguments: str) -> list[Job]:
        """Run Snakemake, which must succeed, and list the jobs that it executed or, in a dry run, would execute."""
        done = self.snakemake(*arguments)
        assert done.returncode == 0, done.stdout
        jobs = jobs_in(done.stdout)
        (total,) = set(re.findall(r"^total +(\d+)$", done.stdout, re.M)) or {"0"}
        assert len(jobs) == int(total), done.stdout
        return jobs

    def dry_run(self, *arguments: str) -> list[Job]:
        return self.run("--dry-run", "--cores", "2", *arguments)


def jobs_in(output: str) -> list[Job]:
    """Read the jobs from what Snakemake printed about them."""
    jobs = []
    for rule, lines in re.findall(r"^(?:local)?rule (\w+):\n((?:    .+\n)+)", output, re.M):
        about = dict(line.strip().split(": ", 1) for line in lines.splitlines())
        inputs = tuple(about["input"].split(", ")) if "input" in about else ()
        wildcards = dict(pair.split("=", 1) for pair in about.get("wildcards", "").split(", ") if pair)
        jobs.append(Job(rule, inputs, wildcards, int(about.get("threads", 1)), int(about["jobid"])))
    return jobs


def names(jobs: list[Job]) -> set[str]:
    """Name the jobs, of which no two are the same."""
    named = {str(job) for job in jobs}
    assert len(named) == len(jobs)
    return named


def snapshot(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """Note every file below a folder: when it was written, and what stands in it."""
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}

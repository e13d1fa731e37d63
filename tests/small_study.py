"""A study of three methods in three seeds whose times are round figures, for tables that are worked out by hand."""

from collections.abc import Callable

import pandas as pd

import fake_study
from casual_training.analysis.tables.independent_copies import collect_copies
from casual_training.analysis.tables.runs import collect_runs
from casual_training.plan.plan import Plan
from casual_training.plan.run import COPIES_STRATEGY, Run
from casual_training.records.record import Record
from casual_training.study.load import load_plan

WORKLOAD = "fashion_mnist-simple_nn"
SECONDS = {  # a method's training time in seeds 1, 2 and 3
    "serial": (20.0, 22.0, 24.0),
    "threads": (16.0, 20.0, 18.0),
    "hogwild": (8.0, 8.0, 12.0),
}
SAMPLES = 1200
LEARNED = {  # the accuracies of a curve, a seed each
    "serial": [(0.60, 0.80, 0.851), (0.70, 0.82, 0.847), (0.60, 0.70, 0.862)],
    "threads": [(0.60, 0.84, 0.850), (0.84, 0.80, 0.846), (0.50, 0.60, 0.844)],  # the worst is 84.4 %
    "hogwild": [(0.50, 0.84, 0.830), (0.60, 0.70, 0.839), (0.90, 0.80, 0.700)],
}
Changes = Callable[[Run], dict | None]  # fields of the Record to replace, None for a run that was not made


def timed(run: Run) -> dict:
    """Make the runs take SECONDS, and two copies beside each other 10 and 15 s."""
    if run.strategy == COPIES_STRATEGY:
        seconds = enumerate((10.0, 15.0))
        return {"worker_records": [fake_study.make_worker(run, rank, SAMPLES, own) for rank, own in seconds]}
    own = SECONDS[run.method][run.seed - 1]
    clocks = {"train_seconds": own, "import_seconds": 3.0}
    return {"samples": SAMPLES, "samples_per_second": SAMPLES / own, "clocks": clocks}


def learned(of_method: dict[str, list[tuple]] = LEARNED) -> Changes:
    """Make each method learn as {method: [a curve's metrics, a seed each]} says, too."""

    def changes(run: Run) -> dict:
        if run.strategy == COPIES_STRATEGY:
            return timed(run)
        metrics = of_method[run.method][run.seed - 1]
        return timed(run) | {"validation_metric": metrics[-1], "curve": curve(*metrics)}

    return changes


def curve(*metrics: float) -> list[dict]:
    """Make a curve whose points are 100 samples and 2 s apart."""
    return [
        {"samples": 100 * number, "seconds": 2.0 * number, "validation_metric": metric}
        for number, metric in enumerate(metrics, start=1)
    ]


def small_plan(workload: dict | None = None, throughput_only: tuple = (), **study) -> Plan:
    """Plan the study with keys of its workload replaced, and with methods of which only the throughput is measured."""
    config = fake_study.make_config(**({"workers": [2]} | study))
    config["workloads"][WORKLOAD] = fake_study.WORKLOAD | (workload or {})
    for method in throughput_only:
        config["methods"][method] = config["methods"][method] | {"max_steps": 200}
        config["study"]["comparisons"] = []
    return load_plan(config)


def records(runs: tuple[Run, ...], changes: Changes = timed) -> list[Record]:
    """Make the records of planned runs."""
    made = [(position, run, changes(run)) for position, run in enumerate(runs)]
    return [fake_study.make_record(run, position, **own) for position, run, own in made if own is not None]


def small_study(changes: Changes = timed, **options) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the tables of runs and of independent copies; options as of small_plan."""
    plan = small_plan(**options)
    runs = collect_runs(records(plan.runs, changes), plan.methods, plan.targets)
    return runs, collect_copies(records(plan.independent_copies, changes))


def row(table: pd.DataFrame, method: str) -> pd.Series:
    """Return the row of a method."""
    return table.set_index("method").loc[method]

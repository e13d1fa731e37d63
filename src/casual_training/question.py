"""What a study asks of each workload, fixed before any run is looked at: what it compares, and against what."""

from dataclasses import dataclass, field

from casual_training.run import Run
from casual_training.study import cores_of, methods, plan
from casual_training.tuning import SUFFIX


@dataclass(frozen=True)
class Question:
    """The comparisons that a study declares for a workload, and the serial methods that may be their baseline.

    Comparisons are (method, workers), in the order of the config; those that come to the same on this machine are one.
    `declared` are the ones that the workload is trained with here, `untrained` the others. `serial` are the planned
    serial methods that no comparison is about, and `tuned_serial` their tuned copies; `compares_serial` says that a
    comparison is about a serial method, so that the baseline need not be the best one.
    """

    declared: list[tuple[str, int]] = field(default_factory=list)
    untrained: list[tuple[str, int]] = field(default_factory=list)
    serial: list[str] = field(default_factory=list)
    tuned_serial: list[str] = field(default_factory=list)
    compares_serial: bool = False


def questions(config: dict) -> dict[str, Question]:
    """Give what a valid config asks of each of its workloads."""
    order, cores = methods(config), cores_of(config)
    runs = sorted(plan(config), key=lambda run: order.index(run.method))
    entries = dict.fromkeys(
        (entry["method"], cores if entry["workers"] == "cores" else entry["workers"])
        for entry in config["study"]["headline"]
    )
    return {
        workload: _question([run for run in runs if run.workload == workload], list(entries))
        for workload in config["study"]["workloads"]
    }


def _question(runs: list[Run], entries: list[tuple[str, int]]) -> Question:
    trained = {(run.method, run.workers) for run in runs}
    declared = [entry for entry in entries if entry in trained]
    compared = {method for method, _ in declared}
    serial = [run for run in runs if run.strategy == "serial" and not run.rate_only and not run.expected_failure]
    as_is = list(dict.fromkeys(run.method for run in serial if run.tune is None))
    own, tuned = [method for method in as_is if method not in compared], {run.method for run in serial if run.tune}
    return Question(
        declared=declared,
        untrained=[entry for entry in entries if entry not in trained],
        serial=own,
        tuned_serial=[method + SUFFIX for method in own if method + SUFFIX in tuned],
        compares_serial=len(own) < len(as_is),
    )

"""What a study compares for each workload, and against what; fixed before any run is looked at."""

from dataclasses import dataclass, field

from casual_training.config.models import Config
from casual_training.plan.lr_trials import SUFFIX
from casual_training.plan.run import Run


@dataclass(frozen=True)
class Comparisons:
    """The pre-specified comparisons of a workload, and the serial methods that may be their baseline.

    Comparisons are (method, workers), in the order of the config; those that come to the same on this machine are one.
    `specified` are the ones that the workload is trained with here, `untrained` the others. `serial` are the planned
    serial methods that no comparison is about, and `tuned_serial` their tuned copies; `compares_serial` says that a
    comparison is about a serial method, so that the baseline need not be the best one.
    """

    specified: list[tuple[str, int]] = field(default_factory=list)
    untrained: list[tuple[str, int]] = field(default_factory=list)
    serial: list[str] = field(default_factory=list)
    tuned_serial: list[str] = field(default_factory=list)
    compares_serial: bool = False


def comparisons_of(config: Config, cores: int, runs: list[Run]) -> dict[str, Comparisons]:
    """Return what a valid config compares of each of its workloads; `runs` are in the order of its methods."""
    entries = dict.fromkeys(
        (entry.method, cores if entry.workers == "cores" else entry.workers) for entry in config.study.comparisons
    )
    return {
        workload: _of_workload([run for run in runs if run.workload == workload], list(entries))
        for workload in config.study.workloads
    }


def _of_workload(runs: list[Run], entries: list[tuple[str, int]]) -> Comparisons:
    trained = {(run.method, run.workers) for run in runs}
    specified = [entry for entry in entries if entry in trained]
    compared = {method for method, _ in specified}
    serial = [run for run in runs if run.strategy == "serial" and not run.throughput_only and not run.expected_failure]
    untuned = list(dict.fromkeys(run.method for run in serial if run.tune is None))
    own, tuned = [method for method in untuned if method not in compared], {run.method for run in serial if run.tune}
    return Comparisons(
        specified=specified,
        untrained=[entry for entry in entries if entry not in trained],
        serial=own,
        tuned_serial=[method + SUFFIX for method in own if method + SUFFIX in tuned],
        compares_serial=len(own) < len(untuned),
    )

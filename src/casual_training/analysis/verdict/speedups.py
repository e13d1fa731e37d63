"""The speed-up to the target of each configuration: the figure that the answer is about, and its parts.

The endpoint is the ratio of seconds to the target on the train clock, against the serial method that gets there
soonest, paired by seed. A way that is not ok, or misses the target, in a seed that was made has no ratio in any.

- It splits exactly into two factors: samples a second (up to the target), and how many fewer samples it takes.
- A serial method that the study declares as a comparison is compared, and is no baseline; nor is its tuned copy. While
  another one is not ok in every planned seed, nothing is compared with any: that one may be the best.
- Tuned configurations (tuning.py) are compared with the best tuned serial method, all others with the best one as is,
  or a better learning rate would pass for a faster method.
- On the cold clock a run begins with its process: importing, loading and starting workers count.
- Break-even: the seconds of serial training above which the cold run of the method ends first, so
  (its start-up - serial's start-up) / (1 - 1 / speed-up).
"""

import math

import numpy
import pandas as pd

from casual_training.analysis.columns import CELL, FIGURE, SPEEDUPS_COLUMNS, as_table
from casual_training.analysis.tables import whole
from casual_training.plan.comparisons import Comparisons


def best_to_target(runs: pd.DataFrame, seeds: list[int], question: Comparisons, tuned: bool = False) -> str | None:
    """Name the serial method with the smallest geometric mean of seconds to the target, or None.

    Only a method that is on target in every planned seed counts, and there is none while one that may be the best is
    not ok in a planned seed.

    Args:
        runs: the runs of one workload.
        seeds: the planned seeds.
        question: what the study asks of the workload.
        tuned: choose from the tuned arm instead of the one as is.
    """
    means = {}
    for method in question.tuned_serial if tuned else question.serial:
        own = of_cell(runs, method, 1)
        if missed(own, seeds):
            continue
        if not_ok(own, seeds):
            return None
        means[method] = numpy.log(seconds_to_target(own).loc[seeds]).mean()
    return min(means, key=means.get) if means else None


def missed(own: pd.DataFrame, seeds: list[int]) -> list[int]:
    """List the planned seeds in which a configuration surely missed the target: it ended without it, or diverged."""
    ended = own[((own["status"] == "ok") & own["seconds_to_target"].isna()) | (own["status"] == "diverged")]
    missing_it = set(ended["seed"])
    return [seed for seed in seeds if seed in missing_it]


def not_ok(own: pd.DataFrame, seeds: list[int]) -> list[int]:
    """List the planned seeds in which a configuration is neither on target nor has missed it: failed, or not made."""
    known = {*missed(own, seeds), *seconds_to_target(own).index}
    return [seed for seed in seeds if seed not in known]


def seconds_to_target(own: pd.DataFrame) -> pd.Series:
    """Return the seconds to the target of one configuration's ok runs that got there, by seed."""
    reached = own[_is_on_target(own)]
    return reached.set_index("seed")["seconds_to_target"].astype(FIGURE)


def of_cell(runs: pd.DataFrame, method: str, workers: int) -> pd.DataFrame:
    """Choose the runs of one configuration."""
    return runs[(runs["method"] == method) & (runs["workers"] == workers)]


def speedups(runs: pd.DataFrame, seeds: list[int], questions: dict[str, Comparisons]) -> pd.DataFrame:
    """Return the speed-up to the target of every configuration and its factors (SPEEDUPS_COLUMNS).

    All are geometric means over the seeds that there are; empty where one of them is not ok or missed the target,
    because a mean over the lucky seeds would flatter, and where there is no baseline.

    Args:
        runs: the runs table of the study.
        seeds: the planned seeds.
        questions: what the study asks of each workload.
    """
    rows = []
    runs = whole(runs)
    for (workload, tuned), of_arm in runs.groupby(["workload", runs["tuned"].fillna(False)], sort=False):
        baseline = best_to_target(of_arm, seeds, questions[workload], tuned)
        if baseline is None:
            continue
        reference = _to_target(of_arm[of_arm["method"] == baseline])
        for cell, own in of_arm.groupby(CELL, sort=False):
            row = dict(zip(CELL, cell, strict=True)) | {"workload": workload, "baseline": baseline}
            rows.append(row | _factors(_to_target(own), reference) if _is_on_target(own).all() else row)
    return as_table(rows, SPEEDUPS_COLUMNS)


def speedups_of_runs(
    runs: pd.DataFrame, ceilings: pd.DataFrame, seeds: list[int], questions: dict[str, Comparisons]
) -> pd.DataFrame:
    """Add to each run its speed-up to the target in its seed, and the ceiling's against the same baseline.

    The ceiling is a rate, so its speed-up is that of a way that needs as many samples as the baseline. Both are empty
    where the workload has no baseline, or one of the pair is missing, and the first in all seeds of a configuration
    that is not ok or missed the target in one.
    """
    added = runs.assign(speedup_of_seed=float("nan"), independent_copies_speedup=float("nan"))
    for (workload, tuned), own in runs.groupby(["workload", runs["tuned"].fillna(False)], sort=False):
        baseline = best_to_target(own, seeds, questions[workload], tuned)
        reference = own[own["method"] == baseline].set_index("seed")
        ceiling = ceilings[ceilings["workload"] == workload].set_index("seed")["samples_per_second"]
        seconds = own["seed"].map(reference["seconds_to_target"]).astype(FIGURE)
        speed = own["seed"].map(reference["samples_per_second"]).astype(FIGURE)
        is_judged = _is_on_target(own).groupby([own[column] for column in CELL]).transform("all")
        added.loc[own.index, "speedup_of_seed"] = (seconds / own["seconds_to_target"]).where(is_judged)
        added.loc[own.index, "independent_copies_speedup"] = own["seed"].map(ceiling).astype(FIGURE) / speed
    return added


def _is_on_target(runs: pd.DataFrame) -> pd.Series:
    return (runs["status"] == "ok") & runs["seconds_to_target"].notna()


def _to_target(own: pd.DataFrame) -> pd.DataFrame:
    """Return seconds, samples and the start-up of the runs on target, by seed."""
    reached = own[_is_on_target(own)].set_index("seed")
    columns = {"seconds": "seconds_to_target", "samples": "samples_to_target", "startup": "startup_seconds"}
    return pd.DataFrame({name: reached[column].astype(FIGURE) for name, column in columns.items()})


def _factors(own: pd.DataFrame, reference: pd.DataFrame) -> dict:
    """Compare one configuration with the baseline in the seeds that both have."""
    seeds = own.index.intersection(reference.index)
    if seeds.empty:
        return {}
    own, reference = own.loc[seeds], reference.loc[seeds]
    speedup = _mean(reference["seconds"] / own["seconds"])
    fewer_samples = _mean(reference["samples"] / own["samples"])
    cold = (reference["startup"] + reference["seconds"]) / (own["startup"] + own["seconds"])
    return {
        "speedup_to_target": speedup,
        "hardware_efficiency": speedup / fewer_samples,
        "statistical_efficiency": fewer_samples,
        "end_to_end_speedup": _mean(cold),
        "break_even_seconds": _break_even(speedup, own["startup"].mean() - reference["startup"].mean()),
    }


def _mean(ratios: pd.Series) -> float:
    return float(numpy.exp(numpy.log(ratios).mean()))


def _break_even(speedup: float, longer_startup: float) -> float | None:
    """Return the seconds of serial training that pay for a longer start-up; None if nothing does, or it is not known."""
    if math.isnan(longer_startup) or speedup <= 1:
        return None
    return max(0.0, longer_startup) / (1 - 1 / speedup)

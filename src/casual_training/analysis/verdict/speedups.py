"""The speed-up to the target of each configuration: the figure that the answer is about, and its parts.

The endpoint is the ratio of seconds to the target on the train clock, against the serial method that gets there
earliest, paired by seed. A configuration that is not ok, or misses the target, in a seed that was made has no ratio in
any.

- It splits exactly into two factors: samples a second (up to the target), and how many fewer samples it takes.
- A serial method that the study specifies as a comparison is compared, and is no baseline; nor is its tuned copy.
  While another one is not ok in every planned seed, nothing is compared with any: that one may be the best.
- Tuned configurations (plan/lr_trials.py) are compared with the best tuned serial method, all others with the best
  untuned one, or a better learning rate would pass for a faster method.
- End to end, a run begins with its process: importing, loading and starting workers count.
- Break-even: the seconds of serial training above which a run of the method ends first end to end, so
  (its start-up - serial's start-up) / (1 - 1 / speed-up).
"""

import math

import numpy
import pandas as pd

from casual_training.analysis.choose_runs import whole
from casual_training.analysis.frames import CELL, FIGURE, TEXT, WHOLE, as_table
from casual_training.plan.comparisons import Comparisons

COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "baseline": TEXT,
    "speedup_to_target": FIGURE,
    "hardware_efficiency": FIGURE,
    "statistical_efficiency": FIGURE,
    "end_to_end_speedup": FIGURE,
    "break_even_seconds": FIGURE,
}


def best_to_target(runs: pd.DataFrame, seeds: list[int], comparisons: Comparisons, tuned: bool = False) -> str | None:
    """Return the name of the serial method with the smallest geometric mean of seconds to the target, or None.

    Only a method that is on target in every planned seed counts, and there is none while one that may be the best is
    not ok in a planned seed.

    Args:
        runs: the runs of one workload.
        seeds: the planned seeds.
        comparisons: what the study compares of the workload.
        tuned: choose from the tuned arm instead of the untuned one.
    """
    means = {}
    for method in comparisons.tuned_serial if tuned else comparisons.serial:
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


def speedups(runs: pd.DataFrame, seeds: list[int], comparisons: dict[str, Comparisons]) -> pd.DataFrame:
    """Return the speed-up to the target of every configuration and its factors (COLUMNS).

    All are geometric means over the seeds that there are; empty where one of them is not ok or missed the target,
    because a mean over the lucky seeds would flatter, and where there is no baseline.

    Args:
        runs: the runs table of the study.
        seeds: the planned seeds.
        comparisons: what the study compares of each workload.
    """
    rows = []
    runs = whole(runs)
    for (workload, tuned), of_arm in runs.groupby(["workload", runs["tuned"].fillna(False)], sort=False):
        baseline = best_to_target(of_arm, seeds, comparisons[workload], tuned)
        if baseline is None:
            continue
        reference = _to_target(of_arm[of_arm["method"] == baseline])
        for cell, own in of_arm.groupby(CELL, sort=False):
            row = dict(zip(CELL, cell, strict=True)) | {"workload": workload, "baseline": baseline}
            rows.append(row | _factors(_to_target(own), reference) if _is_on_target(own).all() else row)
    return as_table(rows, COLUMNS)


def speedups_of_runs(
    runs: pd.DataFrame, copies: pd.DataFrame, seeds: list[int], comparisons: dict[str, Comparisons]
) -> pd.DataFrame:
    """Add to each run its speed-up to the target in its seed, and that of the independent copies.

    Both are against the same baseline. Of the copies only the throughput is known, so theirs is the speed-up of a
    method that needs as many samples as the baseline. Both are empty where the workload has no baseline, or one of the
    pair is missing, and the first in all seeds of a configuration that is not ok or missed the target in one.
    """
    added = runs.assign(speedup_of_seed=float("nan"), independent_copies_speedup=float("nan"))
    for (workload, tuned), own in runs.groupby(["workload", runs["tuned"].fillna(False)], sort=False):
        baseline = best_to_target(own, seeds, comparisons[workload], tuned)
        reference = own[own["method"] == baseline].set_index("seed")
        most = copies[copies["workload"] == workload].set_index("seed")["samples_per_second"]
        seconds = own["seed"].map(reference["seconds_to_target"]).astype(FIGURE)
        speed = own["seed"].map(reference["samples_per_second"]).astype(FIGURE)
        is_judged = _is_on_target(own).groupby([own[column] for column in CELL]).transform("all")
        added.loc[own.index, "speedup_of_seed"] = (seconds / own["seconds_to_target"]).where(is_judged)
        added.loc[own.index, "independent_copies_speedup"] = own["seed"].map(most).astype(FIGURE) / speed
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
    end_to_end = (reference["startup"] + reference["seconds"]) / (own["startup"] + own["seconds"])
    return {
        "speedup_to_target": speedup,
        "hardware_efficiency": speedup / fewer_samples,
        "statistical_efficiency": fewer_samples,
        "end_to_end_speedup": _mean(end_to_end),
        "break_even_seconds": _break_even(speedup, own["startup"].mean() - reference["startup"].mean()),
    }


def _mean(ratios: pd.Series) -> float:
    return float(numpy.exp(numpy.log(ratios).mean()))


def _break_even(speedup: float, longer_startup: float) -> float | None:
    """Return the seconds of serial training that pay for a longer start-up; None if nothing does, or it is unknown."""
    if math.isnan(longer_startup) or speedup <= 1:
        return None
    return max(0.0, longer_startup) / (1 - 1 / speedup)

"""The verdicts of a study: of each configuration its speed-up to the target, of each specified one a verdict on it."""

import pandas as pd

from casual_training.analysis.frames import CELL
from casual_training.analysis.verdict.margin import FAILS_TARGET, NOT_OK, contrast
from casual_training.analysis.verdict.speedups import missed, not_ok, of_cell, seconds_to_target, speedups
from casual_training.plan.comparisons import Comparisons


def add_verdicts(
    comparison: pd.DataFrame, runs: pd.DataFrame, seeds: list[int], comparisons: dict[str, Comparisons]
) -> pd.DataFrame:
    """Fill in the speed-ups to the target of every configuration, and of the specified ones bounds and verdicts.

    Args:
        comparison: the comparison table.
        runs: the runs table of the study.
        seeds: the planned seeds.
        comparisons: what the study compares of each workload.
    """
    found = speedups(runs, seeds, comparisons).set_index(CELL)
    judged = comparison.set_index(CELL)
    judged.update(found.drop(columns="baseline"))
    for workload, method, workers, epochs in found.index:
        specified = comparisons[workload].specified
        if (method, workers) in specified:
            of_workload = runs[runs["workload"] == workload]
            baseline = found.loc[(workload, method, workers, epochs), "baseline"]
            reference = seconds_to_target(of_cell(of_workload, baseline, 1))
            own = _verdict(of_cell(of_workload, method, workers), reference, seeds, len(specified))
            judged.loc[(workload, method, workers, epochs), list(own)] = list(own.values())
    return judged.reset_index()[list(comparison)].astype(comparison.dtypes)


def _verdict(own: pd.DataFrame, reference: pd.Series, seeds: list[int], n_specified: int) -> dict:
    """Judge one specified comparison."""
    if missed(own, seeds):
        return {"verdict": FAILS_TARGET}
    if not_ok(own, seeds):
        return {"verdict": NOT_OK}
    found = contrast(list(reference.loc[seeds] / seconds_to_target(own).loc[seeds]), n_specified)
    bounds = {"speedup_low": found.low, "speedup_high": found.high}
    bounds |= {"tost_low": found.tost_low, "tost_high": found.tost_high}
    return {"verdict": found.verdict, "further_seeds": found.further_seeds} | bounds

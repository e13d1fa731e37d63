"""One row a configuration: medians over its seeds, speed-ups paired by seed, lines of code, and the verdicts."""

import pandas as pd

from casual_training.analysis.choose_runs import best_serial
from casual_training.analysis.frames import CELL, FIGURE, FLAG, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.tables.lines_changed import add_lines_changed, strategies_and_options
from casual_training.analysis.verdict.judge import add_verdicts

CAPTION = "One row a method and split: medians over the seeds; speed-ups are paired by seed."
INPUTS = ["runs", "independent_copies", "scripts"]
COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "throughput_only": FLAG,
    "n_runs": WHOLE,
    "n_ok": WHOLE,
    "n_on_target": WHOLE,
    "train_seconds_median": FIGURE,
    "seconds_to_target_median": FIGURE,
    "samples_per_second_median": FIGURE,
    "speedup_vs_best_serial": FIGURE,
    "speedup_vs_serial_1_thread": FIGURE,
    "parallel_efficiency_percent": FIGURE,
    "metric": TEXT,
    "test_metric_median": FIGURE,
    "lines_changed": WHOLE,
    "speedup_to_target": FIGURE,
    "speedup_low": FIGURE,
    "speedup_high": FIGURE,
    "tost_low": FIGURE,
    "tost_high": FIGURE,
    "verdict": TEXT,
    "further_seeds": WHOLE,
    "hardware_efficiency": FIGURE,
    "statistical_efficiency": FIGURE,
    "end_to_end_speedup": FIGURE,
    "break_even_seconds": FIGURE,
}


def make(study: StudyFolder) -> pd.DataFrame:
    """Make the table of a study."""
    runs, plan = study.table("runs"), study.plan
    comparison = compare_methods(runs, study.table("independent_copies"))
    comparison = add_lines_changed(comparison, strategies_and_options(plan), study.scripts)
    return add_verdicts(comparison, runs, plan.seeds, plan.comparisons)


def compare_methods(runs: pd.DataFrame, copies: pd.DataFrame) -> pd.DataFrame:
    """Summarise each configuration (COLUMNS) by medians over its ok seeds, in the order of `runs`.

    Speed-ups are paired by seed with the best serial method and with the best of one thread, those of tuned
    configurations with tuned ones. A median time to the target is there only if every ok seed reached it: one over the
    lucky seeds would flatter. What a method costs in code and the verdicts are left empty.

    Args:
        runs: the runs table.
        copies: the table of independent copies.
    """
    cells = pair(runs, copies).groupby(CELL, sort=False)
    comparison = cells.agg(
        throughput_only=("throughput_only", "any"),
        n_runs=("status", "size"),
        n_ok=("status", lambda status: (status == "ok").sum()),
        n_on_target=("seconds_to_target", "count"),
        train_seconds_median=("train_seconds", "median"),
        seconds_to_target_median=("seconds_to_target", "median"),
        samples_per_second_median=("samples_per_second", "median"),
        speedup_vs_best_serial=("speedup_vs_best_serial", "median"),
        speedup_vs_serial_1_thread=("speedup_vs_serial_1_thread", "median"),
        parallel_efficiency_percent=("parallel_efficiency_percent", "median"),
        metric=("metric", "first"),
        test_metric_median=("test_metric", "median"),
    )
    comparison.loc[comparison["n_on_target"] < comparison["n_ok"], "seconds_to_target_median"] = pd.NA
    return as_table(comparison.reset_index().assign(verdict=""), COLUMNS)


def pair(runs: pd.DataFrame, copies: pd.DataFrame) -> pd.DataFrame:
    """Set each run beside the baselines of its own arm and the independent copies, of its own workload and seed.

    Adds speedup_vs_best_serial and speedup_vs_serial_1_thread (times as fast) and parallel_efficiency_percent; empty
    where one of the pair is missing.
    """
    added = ["speedup_vs_best_serial", "speedup_vs_serial_1_thread", "parallel_efficiency_percent"]
    paired = runs.assign(**dict.fromkeys(added, float("nan")))
    for (workload, tuned), group in runs.groupby(["workload", runs["tuned"].fillna(False)]):
        own = copies[copies["workload"] == workload].set_index("seed")
        most = group["seed"].map(own["samples_per_second"]).astype(FIGURE)
        best, one_thread = best_serial(group, tuned=tuned), best_serial(group, 1, tuned)
        columns = [
            _of_same_seed(group, best, "train_seconds") / group["train_seconds"],
            _of_same_seed(group, one_thread, "train_seconds") / group["train_seconds"],
            100 * group["samples_per_second"] / most,
        ]
        paired.loc[group.index, added] = pd.concat(columns, axis=1).to_numpy()
    return paired


def _of_same_seed(group: pd.DataFrame, method: str | None, column: str) -> pd.Series:
    by_seed = group[group["method"] == method].groupby("seed")[column].median()
    return group["seed"].map(by_seed).astype(FIGURE)

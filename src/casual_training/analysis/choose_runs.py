"""Choices of rows of the runs table that several tables, the verdict and the page make alike."""

import pandas as pd


def whole(runs: pd.DataFrame) -> pd.DataFrame:
    """Leave out the runs of which only the throughput was measured."""
    return runs[~runs["throughput_only"].fillna(False)]


def arm(runs: pd.DataFrame, tuned: bool = False) -> pd.DataFrame:
    """Choose the untuned runs, or those of the tuned arm (plan/lr_trials.py)."""
    return runs[runs["tuned"].fillna(False) == tuned]


def best_serial(runs: pd.DataFrame, threads: int | None = None, tuned: bool = False) -> str | None:
    """Return the name of the serial method with the smallest median training time, or None if no serial run is ok.

    Args:
        runs: the runs of one workload.
        threads: consider only the methods with this many threads.
        tuned: consider the tuned arm instead of the untuned runs.
    """
    serial = arm(whole(runs), tuned)
    serial = serial[(serial["strategy"] == "serial") & (serial["status"] == "ok")]
    if threads is not None:
        serial = serial[serial["threads_per_worker"].eq(threads).fillna(False)]
    return None if serial.empty else serial.groupby("method", sort=False)["train_seconds"].median().idxmin()

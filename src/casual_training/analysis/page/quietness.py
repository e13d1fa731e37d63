"""How quiet the machine was while it measured, in words, from the readings of every run."""

import pandas as pd

from casual_training.analysis.wording import count, percent


def quietness(runs: pd.DataFrame) -> str:
    """Describe what others took of the cores and how many runs were repeated for it; empty without a run.

    Args:
        runs: the runs table of the study.
    """
    if runs.empty:
        return ""
    shares = runs[["foreign_cpu_share", "steal_share"]].sum(axis=1, min_count=1).dropna()
    if shares.empty:
        return "How quiet it was cannot be read on this system."
    known = "" if len(shares) == len(runs) else f" ({len(shares)} of {count(len(runs), 'run')} have a reading)"
    taken = f"Other programs or virtual machines used at most {percent(shares.max())} of its cores during a run{known}"
    return f"{taken}; {_repeated(runs)}.{_load(runs)}"


def _repeated(runs: pd.DataFrame) -> str:
    repeated = runs["attempt"].eq(2).fillna(False)
    again = repeated & runs["interference_detected"].fillna(False)
    if not repeated.any():
        return "no run was disturbed"
    were = "was" if repeated.sum() == 1 else "were"
    text = f"{repeated.sum()} of {count(len(runs), 'run')} {were} disturbed and repeated"
    return f"{text}, {again.sum()} of them disturbed again" if again.any() else text


def _load(runs: pd.DataFrame) -> str:
    """Return the load before the first run, because before the others it is mostly the study's own."""
    first = runs.sort_values("order", kind="stable")["load_average"].iloc[0]
    return "" if pd.isna(first) else f" Before the first run the load average was {first:.2f}."

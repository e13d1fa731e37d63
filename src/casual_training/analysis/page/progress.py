"""How far the study is and what is not as it should be: the sentences below the answer."""

import pandas as pd

from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.wording import count

MOST_EFFICIENT_PERCENT = 110  # what noise may add to a share that cannot exceed 100 % on a quiet machine


def progress(study: StudyFolder, runs: pd.DataFrame, copies: pd.DataFrame) -> dict:
    """Return how many of the planned runs have finished, those without a result, and how many belong to another config.

    Args:
        study: the study.
        runs: its runs table.
        copies: its table of independent copies.
    """
    planned = [*study.plan.runs, *study.plan.independent_copies]
    made = {record.run.folder for record in study.records(planned)}
    missing = [run for run in study.plan.runs if run.folder not in made]
    n_failed, n_expected, n_unavailable = count_failed(runs)
    words = f"{len(runs)} of {count(len(runs) + len(missing), 'planned run')} have finished"
    words += f"; {n_failed} of them failed" if n_failed else ""
    words += f"; {n_expected} failed as expected" if n_expected else ""
    words += f"; {n_unavailable} cannot be made here" if n_unavailable else ""
    words += "; no ceiling is measured yet" if copies.empty and study.plan.independent_copies else ""
    return {
        "sentence": f"{words}.",
        "missing": [f"{run.workload}: {run.method}, {run.split}, seed {run.seed}" for run in missing],
        "n_of_other_configs": sum(map(study.has_result, planned)) - len(made),
    }


def count_failed(runs: pd.DataFrame) -> tuple[int, int, int]:
    """Count the failed runs, and apart from them those that failed as expected and those that cannot be made here."""
    n_unavailable = int((runs["status"] == "unavailable").sum())
    failed = runs[~runs["status"].isin(["ok", "unavailable"])]
    n_expected = int(failed["expected"].fillna(False).sum())
    return len(failed) - n_expected, n_expected, n_unavailable


def notes(comparison: pd.DataFrame, provenance: pd.DataFrame, n_of_other_configs: int) -> list[str]:
    """Describe what makes the figures of this page less comparable or less complete than they look."""
    found = []
    for column, things in (("machine", "machines"), ("versions", "sets of versions"), ("commit", "commits")):
        n_different = provenance[column].nunique()
        if n_different > 1:
            several = f"{n_different} {things} (listed at the end)"
            found.append(f"These runs come from {several}: their times may not be comparable.")
    if (comparison["parallel_efficiency_percent"] > MOST_EFFICIENT_PERCENT).any():
        found.append(
            "Some runs were clearly faster than their ceiling, so the machine was not equally free for all of them: "
            "close other programs and measure again."
        )
    if n_of_other_configs:
        folders = count(n_of_other_configs, "run folder")
        found.append(f"Left out, because another config made them: {folders}; run the study again.")
    return found

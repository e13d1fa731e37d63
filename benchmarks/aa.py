"""How often the verdict finds a winner where there is none: serial training against its own copy.

    python benchmarks/aa.py

Reads results/aa, which `snakemake --cores 4 --configfile workflow/studies/aa.yaml` makes, and judges every five
seeds of it as a study of their own, by the rules of any study. Prints a table in Markdown.
"""

import pandas as pd

from casual_training.analysis.frames import as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.tables import independent_copies
from casual_training.analysis.tables.comparison import compare_methods
from casual_training.analysis.verdict.answer import answer
from casual_training.analysis.verdict.judge import add_verdicts
from casual_training.plan.comparisons import Comparisons
from casual_training.study.load import PROJECT, load_files

SEEDS_OF_A_STUDY = 5


def judge(runs: pd.DataFrame, seeds: list[int], comparisons: dict[str, Comparisons]) -> tuple[dict, bool]:
    """Judge some seeds as a study; return the specified comparison as in verdict.json, and whether it has a winner.

    Args:
        runs: the runs table of all seeds, of one workload.
        seeds: of this study.
        comparisons: what the study compares of its workload, by its name.
    """
    own = runs[runs["seed"].isin(seeds)]
    compared = compare_methods(own, as_table([], independent_copies.COLUMNS))
    ((workload, of_workload),) = comparisons.items()
    found = answer(workload, own, add_verdicts(compared, own, seeds, comparisons), seeds, of_workload)
    if found.baseline is None:
        raise ValueError(f"seeds {seeds[0]} to {seeds[-1]}: {found.headline}")
    return found.contrasts[0], found.winner is not None


def main() -> None:
    plan = load_files([PROJECT / "config.yaml", PROJECT / "workflow/studies/aa.yaml"])
    runs, seeds = StudyFolder(plan, PROJECT).table("runs"), plan.seeds
    studies = [seeds[first : first + SEEDS_OF_A_STUDY] for first in range(0, len(seeds), SEEDS_OF_A_STUDY)]
    print("| study | seeds | ratio | interval | verdict |", "| --- | --- | --- | --- | --- |", sep="\n")
    n_winners = n_without = 0
    for number, own in enumerate(studies, start=1):
        found, has_winner = judge(runs, own, plan.comparisons)
        n_winners += has_winner
        n_without += found["low"] is not None and not found["low"] <= 1 <= found["high"]
        bounds = "-" if found["low"] is None else f"{found['low']:.3f} to {found['high']:.3f}"
        ratio = "-" if found["speedup"] is None else f"{found['speedup']:.3f}"
        print(f"| {number} | {own[0]} to {own[-1]} | {ratio} | {bounds} | {found['verdict']} |")
    print(f"\nfalse winners: {n_winners} of {len(studies)}; intervals without 1: {n_without} of {len(studies)}")


if __name__ == "__main__":
    main()

"""How often the verdict finds a winner where there is none: serial training against its own copy.

    python benchmarks/aa.py

Reads results/aa, which `snakemake --cores 4 --configfile workflow/studies/aa.yaml` makes, and judges every five
seeds of it as a study of their own, by the rules of any study. Prints a table in Markdown.
"""

from casual_training.analysis.columns import CEILINGS_COLUMNS, RUNS_COLUMNS, as_table, read_table
from casual_training.analysis.tables import compare_methods
from casual_training.analysis.verdict import add_verdicts, answer
from casual_training.plan.comparisons import questions
from casual_training.plan.study import PROJECT
from casual_training.config.read import read_config
from casual_training.config.validate import validate

SEEDS_OF_A_STUDY = 5


def judge(runs, seeds: list[int], asked: dict) -> tuple[dict, bool]:
    """Judge some seeds as a study; returns the declared comparison as in verdict.json, and whether it has a winner.

    Args:
        runs: the runs table of all seeds, of one workload.
        seeds: of this study.
        asked: what the study asks of its workload, by its name.
    """
    own = runs[runs["seed"].isin(seeds)]
    comparison = add_verdicts(compare_methods(own, as_table([], CEILINGS_COLUMNS)), own, seeds, asked)
    (workload,) = asked
    found = answer(workload, own, comparison, seeds, asked[workload])
    if found.baseline is None:
        raise ValueError(f"seeds {seeds[0]} to {seeds[-1]}: {found.headline}")
    return found.contrasts[0], found.winner is not None


def main() -> None:
    config = validate(read_config([PROJECT / "config.yaml", PROJECT / "workflow/studies/aa.yaml"]))
    runs, seeds = read_table(PROJECT / "results/aa/runs.csv", RUNS_COLUMNS), config["study"]["seeds"]
    studies = [seeds[first : first + SEEDS_OF_A_STUDY] for first in range(0, len(seeds), SEEDS_OF_A_STUDY)]
    print("| study | seeds | ratio | interval | verdict |", "| --- | --- | --- | --- | --- |", sep="\n")
    n_winners = n_without = 0
    for number, own in enumerate(studies, start=1):
        found, has_winner = judge(runs, own, questions(config))
        n_winners += has_winner
        n_without += found["low"] is not None and not found["low"] <= 1 <= found["high"]
        bounds = "-" if found["low"] is None else f"{found['low']:.3f} to {found['high']:.3f}"
        ratio = "-" if found["speedup"] is None else f"{found['speedup']:.3f}"
        print(f"| {number} | {own[0]} to {own[-1]} | {ratio} | {bounds} | {found['verdict']} |")
    print(f"\nfalse winners: {n_winners} of {len(studies)}; intervals without 1: {n_without} of {len(studies)}")


if __name__ == "__main__":
    main()

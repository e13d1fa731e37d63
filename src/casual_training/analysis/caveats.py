"""What has to be said below the sentence: where the comparison is not what the study set out to make."""

import pandas as pd

from casual_training.analysis.speedups import missed, not_ok, of_cell
from casual_training.analysis.wording import count, listed, way
from casual_training.question import Question

MOST_NAMED = 5  # seeds


def caveats(runs: pd.DataFrame, seeds: list[int], question: Question) -> list[str]:
    """Say which serial methods are no baseline, and what was declared and is not trained; a sentence each.

    Args:
        runs: the runs of one workload.
        seeds: the planned seeds.
        question: what the study asks of the workload.
    """
    sentences = []
    for method in question.serial:
        n_missed = len(missed(of_cell(runs, method, 1), seeds))
        if n_missed:
            sentences.append(f"{method} is no baseline: it misses the target in {n_missed} of {len(seeds)} seeds.")
    if question.untrained:
        ways = listed(way(*entry) for entry in question.untrained)
        sentences.append(f"Declared in study.headline, but not trained in this study: {ways}.")
    return sentences


def lacking(runs: pd.DataFrame, method: str, seeds: list[int]) -> str:
    """Say what a serial method lacks to be a baseline or surely none, in words; empty if it lacks nothing.

    Args:
        runs: the runs of one workload.
        method: the serial method.
        seeds: the planned seeds.
    """
    own = of_cell(runs, method, 1)
    without = [] if missed(own, seeds) else not_ok(own, seeds)
    if not without:
        return ""
    made = set(own["seed"])
    failed, missing = [seed for seed in without if seed in made], [seed for seed in without if seed not in made]
    parts = [f"is not ok in {_named(failed)}"] if failed else []
    parts += [f"has no run of {_named(missing)} yet"] if missing else []
    return f"{method}, which may be the best serial method, {listed(parts)}"


def _named(seeds: list[int]) -> str:
    """Name seeds, or count them if they are many: "seed 3", "seeds 4 and 5", "12 seeds"."""
    if len(seeds) > MOST_NAMED:
        return count(len(seeds), "seed")
    return f"seed{'s' if len(seeds) > 1 else ''} {listed(map(str, seeds))}"

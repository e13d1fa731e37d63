"""What has to be said below the sentence: where the comparison is not what the study set out to make."""

import pandas as pd

from casual_training.analysis.verdict.speedups import missed, not_ok, of_cell
from casual_training.analysis.wording import count, listed, with_workers
from casual_training.plan.comparisons import Comparisons

MOST_NAMED = 5  # seeds
LONGEST_APART = pd.Timedelta(hours=1)  # between the starts of two runs of a seed that are set beside each other


def caveats(runs: pd.DataFrame, baseline: str, seeds: list[int], comparisons: Comparisons) -> list[str]:
    """Return in words which serial methods are no baseline, what was not trained, and what was made apart.

    Args:
        runs: the runs of one workload.
        baseline: the serial method that all are compared with.
        seeds: the planned seeds.
        comparisons: what the study compares of the workload.
    """
    sentences, n_seeds = [], count(len(seeds), "seed")
    for method in comparisons.serial:
        n_missed = len(missed(of_cell(runs, method, 1), seeds))
        if n_missed:
            sentences.append(f"{method} is no baseline: it misses the target in {n_missed} of {n_seeds}.")
    if comparisons.untrained:
        untrained = listed(with_workers(*entry) for entry in comparisons.untrained)
        sentences.append(f"Declared in study.comparisons, but not among the runs of this workload: {untrained}.")
    found = {entry: apart(runs, of_cell(runs, *entry), of_cell(runs, baseline, 1)) for entry in comparisons.specified}
    not_in_one_block = [f"{with_workers(*entry)} in {_named(own)}" for entry, own in found.items() if own]
    if not_in_one_block:
        sentences.append(
            f"Not made in one block with the serial run of the seed, so the machine may have changed: "
            f"{listed(not_in_one_block)}."
        )
    return sentences


def apart(runs: pd.DataFrame, own: pd.DataFrame, reference: pd.DataFrame) -> list[int]:
    """List the seeds of which two configurations were not made in one block.

    That is where a run of another seed was made between theirs, or theirs started over an hour apart: a method was
    added later, a failed run made again, or the study went on another day.

    Args:
        runs: the runs of one workload.
        own: those of one configuration.
        reference: those of the other.
    """
    columns = ["seed", "order", "started_at"]
    pairs = own[columns].merge(reference[columns], on="seed", suffixes=("_own", "_reference"))
    starts = [
        pd.to_datetime(pairs[f"started_at_{whose}"], utc=True, format="ISO8601") for whose in ("own", "reference")
    ]
    is_long = (starts[0] - starts[1]).abs() > LONGEST_APART
    found = []
    for pair, long in zip(pairs.itertuples(), is_long, strict=True):
        first, last = sorted([pair.order_own, pair.order_reference])
        between = runs[(runs["order"] > first) & (runs["order"] < last)]
        if long or (between["seed"] != pair.seed).any():
            found.append(pair.seed)
    return found


def lacking(runs: pd.DataFrame, method: str, seeds: list[int]) -> str:
    """Return in words what a serial method lacks to be a baseline or surely none; empty if it lacks nothing.

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
    return f"{method} {listed(parts)}"


def _named(seeds: list[int]) -> str:
    """Name seeds, or count them if they are many: "seed 3", "seeds 4 and 5", "12 seeds"."""
    if len(seeds) > MOST_NAMED:
        return count(len(seeds), "seed")
    return f"seed{'s' if len(seeds) > 1 else ''} {listed(map(str, seeds))}"

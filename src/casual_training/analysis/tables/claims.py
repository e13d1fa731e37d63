"""The original study's claims against our runs: confirmed, refuted, or why they are neither.

The rule, the same for every claim:

- A claim is about a figure that is worked out within each seed, from two configurations of one workload: a ratio of
  times or speeds, or a difference of accuracies. Given are its median over the seeds and its range.
- "Faster", "slower" and "longer" are confirmed if the figure says so by more than 5 % in every planned seed, refuted if
  it says the opposite by more than 5 % in every one. "Equal" is confirmed if every seed is within the margin, and
  refuted if all are outside it on the same side. Anything else is undecided. What made the original's Hogwild! slow is
  no claim of its own: there, the same margins tell "faster", "slower" and "no difference". Within a
  seed, its first row times the last but one is its last: as it ran, times all that was fixed, is what the method does.
- Where a method has several parallel splits and the claim does not name one, the fastest stands for it.
- Of several workloads, the first of the study counts on which both configurations are ok in some seed.
- A configuration that this study does not have makes a claim "not measured in this study", one that this machine cannot
  run "not testable here".
"""

import pandas as pd

from casual_training.analysis.choose_runs import arm
from casual_training.analysis.frames import FIGURE, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.tables.claim_measurements import Measurement, measurements
from casual_training.analysis.tables.claim_verdicts import UNDECIDED, Judge, confirm_or_refute
from casual_training.analysis.tables.claims_of_the_original import CLAIMS
from casual_training.analysis.wording import count, listed

CAPTION = "What this study says about each claim of the original study, with the range over the seeds."
INPUTS = ["runs"]
COLUMNS = {
    "id": TEXT,
    "approach": TEXT,
    "claim": TEXT,
    "original_figure": TEXT,
    "what_it_hid": TEXT,
    "compared": TEXT,
    "split": TEXT,
    "measured": FIGURE,
    "low": FIGURE,
    "high": FIGURE,
    "unit": TEXT,
    "n": WHOLE,
    "verdict": TEXT,
    "note": TEXT,
    "command": TEXT,
}
NOT_TESTABLE, NOT_MEASURED = "not testable here", "not measured in this study"
NOTHING = pd.Series(dtype=float)
WORDS = ["compared", "split", "note"]  # of a row, empty where there is nothing to say
IN_PLACE = "modified by an inplace operation"  # torch's words


def make(study: StudyFolder) -> pd.DataFrame:
    """Make the table of a study."""
    return claims(arm(study.table("runs")), study.plan.seeds, study.plan.workloads)


def claims(runs: pd.DataFrame, seeds: list[int], workloads: list[str]) -> pd.DataFrame:
    """Judge every claim of the original (COLUMNS), in its order; a claim about splits has a row a split.

    Args:
        runs: the runs table of a study.
        seeds: the planned seeds; a verdict needs all of them.
        workloads: the study's workloads, in its order.
    """
    runs = runs.sort_values("workload", key=lambda names: names.map(workloads.index), kind="stable")
    rows = []
    for claim in CLAIMS:
        if claim.id == "2c":
            found = [_without_lock(runs, seeds)]
        else:
            found = [_measure(measurement, runs, seeds) for measurement in measurements(claim.id, runs)]
            is_measured = [row for row in found if row["verdict"] != NOT_MEASURED]
            found = is_measured or found[:1]
        for row in found:
            command = claim.command if row["verdict"] == NOT_MEASURED else ""
            rows.append(claim._asdict() | row | {"command": command})
    return as_table(rows, COLUMNS)


def _measure(measurement: Measurement, runs: pd.DataFrame, seeds: list[int]) -> dict:
    """Return what a measurement comes to: the figure with its range, the verdict, and what there is to note."""
    found = []
    if measurement.column == "validation_metric":  # only accuracies can be compared with the original's
        runs = runs[runs["metric"] == "accuracy"]
    for workload, own in runs.groupby("workload", sort=False):
        sides = measurement.first(own), measurement.second(own)
        if all(map(len, sides)):
            found.append((workload, sides, _figures(*sides, measurement.column)))
    if not found:
        return _row(NOTHING, measurement.unit, NOT_MEASURED)
    workload, sides, figures = next((one for one in found if len(one[2])), found[0])
    about = {"compared": f"{_name(sides[0])} against {_name(sides[1])}, {workload}", "split": _split(sides[0])}
    for side in sides:
        if (side["status"] == "unavailable").all():
            return _row(figures, measurement.unit, NOT_TESTABLE, note=_sentence(side["cause"].iloc[0]), **about)
    verdict, notes = _decide(figures, seeds, measurement.judge)
    failed = [f"{_name(side)} failed: {_sentence(cause)}" for side in sides for cause in _causes(side)]
    rates = pd.concat(side.loc[side["throughput_only"].fillna(False), "samples"] for side in sides).dropna().unique()
    notes += [f"A rate of the first {listed(f'{n:,}' for n in sorted(rates))} samples."] if len(rates) else []
    return _row(figures, measurement.unit, verdict, note=" ".join(notes + failed), **about)


def _figures(first: pd.DataFrame, second: pd.DataFrame, column: str) -> pd.Series:
    """Work the figure out in every seed in which both are ok; the index is the seed."""
    one, other = (side[side["status"] == "ok"].set_index("seed")[column].astype(float) for side in (first, second))
    return (100 * (one - other) if column == "validation_metric" else one / other).dropna()


def _decide(figures: pd.Series, seeds: list[int], judge: Judge) -> tuple[str, list[str]]:
    """Judge figures if every planned seed has one, and note what weakens the verdict."""
    missing = set(seeds) - set(figures.index)
    if missing:
        return UNDECIDED, [f"Only {len(figures)} of {count(len(seeds), 'seed')} can be compared."]
    notes = ["One seed shows no spread."] if len(seeds) == 1 else []
    return judge(figures), notes


def _without_lock(runs: pd.DataFrame, seeds: list[int]) -> dict:
    """Answer whether the parameter server fails without its lock: the share of its parallel runs that do, by seed."""
    unit = "% of the runs without a lock fail so"
    own = runs[(runs["method"] == "ps_unlocked") & (runs["workers"] > 1)]
    if own.empty:
        return _row(NOTHING, unit, NOT_MEASURED)
    own = own[own["workload"] == own["workload"].iloc[0]]
    compared = f"ps_unlocked with 2 workers or more, {own['workload'].iloc[0]}"
    if (own["status"] == "unavailable").all():
        return _row(NOTHING, unit, NOT_TESTABLE, note=_sentence(own["cause"].iloc[0]), compared=compared)
    fails = (own["status"] == "failed") & own["expected"].fillna(False) & own["cause"].str.contains(IN_PLACE)
    shares = 100.0 * fails.groupby(own["seed"]).mean()

    def judge_shares(shares: pd.Series) -> str:
        return confirm_or_refute(confirmed=shares == 100, refuted=(own["status"] == "ok").groupby(own["seed"]).all())

    verdict, notes = _decide(shares, seeds, judge_shares)
    others = own.loc[(own["status"] != "ok") & ~fails, "cause"].unique()
    return _row(shares, unit, verdict, note=" ".join([*notes, *map(_sentence, others)]), compared=compared)


def _row(figures: pd.Series, unit: str, verdict: str, **words: str) -> dict:
    """Make what is measured of a row of COLUMNS: the figures of the seeds summed up, and words."""
    summary = {"measured": figures.median(), "low": figures.min(), "high": figures.max(), "n": len(figures)}
    return dict.fromkeys(WORDS, "") | summary | {"unit": unit, "verdict": verdict} | words


def _name(side: pd.DataFrame) -> str:
    """Name a configuration with its split as the original has them: "hogwild 2x2"."""
    return f"{side['method'].iloc[0]} {_split(side)}"


def _split(side: pd.DataFrame) -> str:
    return f"{side['workers'].iloc[0]}x{side['epochs'].iloc[0]:g}"


def _causes(side: pd.DataFrame) -> list[str]:
    return list(side.loc[side["status"] != "ok", "cause"].unique())


def _sentence(cause: str) -> str:
    return f"{cause.rstrip('.')}."

"""The original study's claims against our runs: confirmed, refuted, or why they are neither.

The rule, the same for every claim:

- A claim is about a figure that is worked out within each seed, from two configurations of one workload: a ratio of
  times or speeds, or a difference of accuracies. Given are its median over the seeds and its range.
- "Faster", "slower" and "longer" are confirmed if the figure says so by more than 5 % in every planned seed, refuted if
  it says the opposite by more than 5 % in every one. "Equal" is confirmed if every seed is within the margin, and
  refuted if all are outside it on the same side. Anything else is undecided. What made the original's Hogwild! slow is
  no claim of its own: there, the same margins tell "faster", "slower" and "no difference". Within a
  seed, its first row times the last but one is its last: as it ran, times all that was mended, is what the method does.
- Where a method has several parallel splits and the claim does not name one, the fastest stands for it.
- Of several workloads, the first of the study counts on which both configurations are ok in some seed.
- A configuration that this study does not have makes a claim "not measured in this study", one that this machine cannot
  run "not testable here".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from casual_training.analysis.columns import CLAIMS_COLUMNS, as_table
from casual_training.analysis.original import CLAIMS, SERVER_SECONDS
from casual_training.analysis.tables import best_serial, whole
from casual_training.analysis.wording import count, listed

CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "undecided"
NOT_TESTABLE, NOT_MEASURED = "not testable here", "not measured in this study"

TIME_MARGIN_PERCENT = 5
ACCURACY_MARGIN_POINTS = 1
SLOWER = 1 - TIME_MARGIN_PERCENT / 100  # of a ratio of speeds; its inverse is "over 5 % less time"
FASTER = 1 / SLOWER
NOTHING = pd.Series(dtype=float)
WORDS = ["compared", "split", "note"]  # of a row, empty where there is nothing to say
IN_PLACE = "modified by an inplace operation"  # torch's words
TOLERANCE = 1e-9  # 0.84 - 0.83 is a little more than 0.01 in binary

Choose = Callable[[pd.DataFrame], pd.DataFrame]  # from the runs of a workload to those of one configuration
Judge = Callable[[pd.Series], str]  # from a figure a seed to a verdict


@dataclass(frozen=True)
class Question:
    """How a claim is measured: `first` against `second`, the figure being first / second of a column.

    Where the column is an accuracy, the figure is the difference in percentage points.
    """

    first: Choose
    second: Choose
    column: str
    unit: str
    judge: Judge


def claims(runs: pd.DataFrame, seeds: list[int], workloads: list[str]) -> pd.DataFrame:
    """Judge every claim of the original (CLAIMS_COLUMNS), in its order; a claim about splits has a row a split.

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
            found = [_ask(question, runs, seeds) for question in _questions(claim.id, runs)]
            is_measured = [row for row in found if row["verdict"] != NOT_MEASURED]
            found = is_measured or found[:1]
        for row in found:
            command = claim.command if row["verdict"] == NOT_MEASURED else ""
            rows.append(claim._asdict() | row | {"command": command})
    return as_table(rows, CLAIMS_COLUMNS)


def _questions(claim_id: str, runs: pd.DataFrame) -> Iterator[Question]:
    """Return the questions that a claim comes to: one, or one a split that the study has."""
    rate, time = "samples_per_second", "train_seconds"
    original = [int(number) for number in sorted(runs.loc[runs["method"] == "hogwild_original", "workers"].unique())]
    match claim_id:
        case "1a" | "4.3":
            yield Question(_of("device_switching"), _of("device_regular"), time, "times as long", is_above)
        case "2a":
            reported = SERVER_SECONDS[1] / SERVER_SECONDS[4]
            yield Question(_of("ps_original", 1), _of("ps_original", 4), time, "times as long", is_about(reported))
        case "2a-timed":
            arms = _of("ps_tutorial_whole", 1), _of("ps_tutorial_whole", 4)
            yield Question(*arms, time, "times as long", is_about(1))
        case "2b":
            yield Question(_fastest("ps_tutorial_whole", "ps_tutorial"), _best_serial, rate, "times as fast", is_below)
        case "3a" | "4.1":
            yield Question(_fastest("hogwild"), _best_serial, rate, "times as fast", is_above)
        case "3b":
            one = _of("hogwild_original", 1)
            for workers in [number for number in original if number > 1] or [2]:
                yield Question(_of("hogwild_original", workers), one, rate, "times as fast", is_above)
        case "3c":
            own = runs.loc[(runs["method"] == "hogwild") & (runs["workers"] > 1), "workers"].unique()
            for workers in sorted(map(int, own)) or [2]:
                arms = _of("hogwild", workers), _best_serial
                yield Question(*arms, "validation_metric", "percentage points", is_within_a_point)
        case "4.2":
            yield Question(_fastest("hogwild"), _of("device_regular"), rate, "times as fast", is_not_below)
        case "4.4":
            locked = runs.loc[(runs["method"] == "hogwild_locked") & (runs["workers"] > 1), "workers"].unique()
            for workers in sorted(map(int, locked)) or [2]:
                arms = _of("hogwild_locked", workers), _of("hogwild", workers)
                yield Question(*arms, rate, "times as fast", is_slowed)
        case _:  # what made it slow
            for workers in original or [1]:
                yield Question(*_arms_of_a_cause(claim_id, workers), rate, "times as fast", effect)


def _arms_of_a_cause(claim_id: str, workers: int) -> tuple[Choose, Choose]:
    """Return what is held against what in one row of "What made its Hogwild! slow"."""
    as_it_ran = _of("hogwild_original", workers)
    match claim_id:
        case "3b-asrun":
            return as_it_ran, _best_serial
        case "3b-startup":
            return as_it_ran, _with_startup(workers)
        case "3b-mended":
            return _of("hogwild", workers), as_it_ran
        case "3b-method":
            return _beside("hogwild_original", _of("hogwild", workers)), _best_serial
        case _:  # one thing changed
            return _of(claim_id.replace("3b-", "hogwild_original_"), workers), as_it_ran


def is_above(figures: pd.Series) -> str:
    """Judge the claim that a ratio is clearly above 1."""
    return _judge(figures, confirmed=figures > FASTER, refuted=figures < SLOWER)


def is_below(figures: pd.Series) -> str:
    """Judge the claim that a ratio is clearly below 1."""
    return _judge(figures, confirmed=figures < SLOWER, refuted=figures > FASTER)


def is_slowed(figures: pd.Series) -> str:
    """Judge the claim that something slows a way down; refuted if it does not clearly do so."""
    return _judge(figures, confirmed=figures < SLOWER, refuted=figures >= SLOWER)


def is_not_below(figures: pd.Series) -> str:
    """Judge the claim that a ratio is not clearly below 1."""
    return _judge(figures, confirmed=figures >= SLOWER, refuted=figures < SLOWER)


def is_about(expected: float) -> Judge:
    """Make the judge of the claim that a ratio is `expected`, within 5 %."""
    return lambda figures: _judge_equal(figures / expected, SLOWER, FASTER)


def is_within_a_point(figures: pd.Series) -> str:
    """Judge the claim that a difference in percentage points is none, within a point."""
    margin = ACCURACY_MARGIN_POINTS + TOLERANCE
    return _judge_equal(figures, -margin, margin)


def effect(figures: pd.Series) -> str:
    """Return whether ratios of speeds are clearly faster or slower, or clearly neither."""
    words = {CONFIRMED: "faster", REFUTED: "slower"}
    return words.get(is_above(figures)) or {CONFIRMED: "no difference"}.get(is_about(1)(figures), UNDECIDED)


def _judge_equal(figures: pd.Series, low: float, high: float) -> str:
    below, above = figures < low, figures > high
    return _judge(figures, confirmed=~below & ~above, refuted=below if below.all() else above)


def _judge(figures: pd.Series, confirmed: pd.Series, refuted: pd.Series) -> str:
    return CONFIRMED if confirmed.all() else REFUTED if refuted.all() else UNDECIDED


def _of(method: str, workers: int | None = None) -> Choose:
    """Choose a method, in one split or in the only one it has."""

    def choose(runs: pd.DataFrame) -> pd.DataFrame:
        own = runs[runs["method"] == method]
        return own if workers is None else own[own["workers"] == workers]

    return choose


def _beside(method: str, choose: Choose) -> Choose:
    """Choose only on a workload that `method` was run on, too."""
    return lambda runs: choose(runs) if method in set(runs["method"]) else runs.iloc[:0]


def _with_startup(workers: int) -> Choose:
    """Choose the original's Hogwild! as if its start-up were inside the clock of all its passes.

    Its runs are cut short, and a start-up weighs more in a short run. So it is added to the time that all passes would
    take at the run's rate; how many samples these are, the whole runs of the workload say, because all work is equal.
    """

    def choose(runs: pd.DataFrame) -> pd.DataFrame:
        own = _of("hogwild_original", workers)(runs)
        speed, all_samples = own["samples_per_second"], whole(runs)["samples"].astype(float).max()
        startup = own["wall_seconds"] - own["samples"].astype(float) / speed
        speed = all_samples / (all_samples / speed + startup)
        return own.assign(method="hogwild_original with its start-up", samples_per_second=speed)

    return choose


def _fastest(*methods: str) -> Choose:
    """Choose the parallel configuration of these methods that is ok in most seeds and, of those, the fastest."""

    def choose(runs: pd.DataFrame) -> pd.DataFrame:
        parallel = runs[runs["method"].isin(methods) & (runs["workers"] > 1)]
        speeds = parallel.assign(speed=parallel["samples_per_second"].where(parallel["status"] == "ok"))
        cells = speeds.groupby(["method", "workers"], sort=False)["speed"].agg(["count", "median"]).fillna(0)
        if cells.empty:
            return parallel
        method, workers = max(cells.index, key=lambda cell: tuple(cells.loc[cell]))
        return parallel[(parallel["method"] == method) & (parallel["workers"] == workers)]

    return choose


def _best_serial(runs: pd.DataFrame) -> pd.DataFrame:
    """Choose the best serial method; while none is ok, the first."""
    serial = runs[runs["strategy"] == "serial"]
    method = best_serial(runs) or serial["method"].min()
    return serial[serial["method"] == method] if len(serial) else serial


def _ask(question: Question, runs: pd.DataFrame, seeds: list[int]) -> dict:
    """Answer one question: what is compared, the figure with its range, the verdict and what there is to note."""
    found = []
    if question.column == "validation_metric":  # only accuracies can be compared with the original's
        runs = runs[runs["metric"] == "accuracy"]
    for workload, own in runs.groupby("workload", sort=False):
        sides = question.first(own), question.second(own)
        if all(map(len, sides)):
            found.append((workload, sides, _figures(*sides, question.column)))
    if not found:
        return _row(NOTHING, question.unit, NOT_MEASURED)
    workload, sides, figures = next((one for one in found if len(one[2])), found[0])
    about = {"compared": f"{_name(sides[0])} against {_name(sides[1])}, {workload}", "split": _split(sides[0])}
    for side in sides:
        if (side["status"] == "unavailable").all():
            return _row(figures, question.unit, NOT_TESTABLE, note=_sentence(side["cause"].iloc[0]), **about)
    verdict, notes = _decide(figures, seeds, question.judge)
    failed = [f"{_name(side)} failed: {_sentence(cause)}" for side in sides for cause in _causes(side)]
    rates = pd.concat(side.loc[side["throughput_only"].fillna(False), "samples"] for side in sides).dropna().unique()
    notes += [f"A rate of the first {listed(f'{n:,}' for n in sorted(rates))} samples."] if len(rates) else []
    return _row(figures, question.unit, verdict, note=" ".join(notes + failed), **about)


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

    def judge(shares: pd.Series) -> str:
        return _judge(shares, confirmed=shares == 100, refuted=(own["status"] == "ok").groupby(own["seed"]).all())

    verdict, notes = _decide(shares, seeds, judge)
    others = own.loc[(own["status"] != "ok") & ~fails, "cause"].unique()
    return _row(shares, unit, verdict, note=" ".join([*notes, *map(_sentence, others)]), compared=compared)


def _row(figures: pd.Series, unit: str, verdict: str, **words: str) -> dict:
    """Make what is measured of a row of CLAIMS_COLUMNS: the figures of the seeds summed up, and words."""
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

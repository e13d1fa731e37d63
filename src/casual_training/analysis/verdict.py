"""The first line of the page: what the tables say about one workload, or that they do not say it.

The rule, simple on purpose:

- Runs of which only the rate was measured are none of this.
- Only configurations that are ok in every planned seed count. One is clearly faster than another if it took more than
  5 % less training time in each of these seeds.
- The baseline is the serial method with the smallest median time; a serial method that it is not clearly faster than
  is level with it. Against it stand the other strategies with 2 workers or more: with one worker, they are serial
  training under another name.
- Contenders are clearly faster than the baseline, and their validation accuracy, paired by seed, is in the median at
  most 1 percentage point below its own. A way that is faster but less accurate is passed over, and named.
- Contenders that no other contender is clearly faster than are level. Announced is, of these, the one that is not
  oversubscribed, then has the fewest workers, then the smallest median time; the others are named.
- Without a contender, the answer is serial training if the baseline is clearly faster than every parallel way that is
  not passed over, and otherwise that nothing is clearly faster than it.
"""

from dataclasses import dataclass

import pandas as pd

from casual_training.analysis.tables import best_serial, whole
from casual_training.analysis.wording import count, digits, listed, metric, metric_words

TIME_MARGIN_PERCENT = 5
ACCURACY_MARGIN_POINTS = 1
METRIC_MARGIN_PERCENT = 1  # of the baseline's value, where the metric is not accuracy


@dataclass(frozen=True)
class Answer:
    """What a workload's runs say: a headline, the evidence for it, and the winning (method, workers) or None."""

    workload: str
    headline: str
    evidence: str = ""
    winner: tuple[str, int] | None = None


@dataclass(frozen=True, eq=False)
class Cell:
    """A configuration that is ok in every planned seed: its row of the comparison, and its runs by seed."""

    method: str
    workers: int
    summary: pd.Series
    runs: pd.DataFrame

    @property
    def seconds(self) -> float:
        """Median training time."""
        return self.summary["train_seconds_median"]

    @property
    def is_serial(self) -> bool:
        """Whether this is a serial method."""
        return bool((self.runs["strategy"] == "serial").all())

    @property
    def is_oversubscribed(self) -> bool:
        """Whether its threads outnumber the cores."""
        return bool(self.runs["oversubscribed"].fillna(False).any())

    @property
    def name(self) -> str:
        """The configuration in words, saying so where it is oversubscribed."""
        words = self.method if self.is_serial else f"{self.method} with {count(self.workers, 'worker')}"
        if self.is_oversubscribed:
            words += f" on {count(self.runs['cores'].iloc[0], 'core')} (oversubscribed)"
        return words

    @property
    def time(self) -> str:
        """How long the work took, in words."""
        return f"{digits(self.seconds)} s for {self.workers * self.summary['epochs']:g} passes over the data"

    @property
    def accuracy(self) -> str:
        """Median test accuracy, or another metric, in words."""
        return metric(self.metric, self.summary["test_metric_median"])

    @property
    def metric(self) -> str:
        """What it is judged by."""
        return self.runs["metric"].iloc[0]


def answer(workload: str, runs: pd.DataFrame, comparison: pd.DataFrame, seeds: list[int]) -> Answer:
    """Answer for one workload which way of training was fastest at equal accuracy, or abstain (the rule is above).

    Args:
        workload: name of the workload.
        runs: the runs table of the study.
        comparison: the comparison table of the study.
        seeds: the planned seeds.
    """
    runs, comparison = (table[table["workload"] == workload] for table in (runs, comparison))
    reason = _why_no_answer(workload, runs, len(seeds))
    runs, comparison = whole(runs), whole(comparison)
    if reason:
        return Answer(workload, reason)
    cells = [cell for _, row in comparison.iterrows() if (cell := _cell(row, runs, seeds))]
    cells.sort(key=lambda cell: cell.seconds)
    baseline = next(cell for cell in cells if cell.method == best_serial(runs))
    serial = [cell for cell in cells if cell.is_serial and cell is not baseline]
    level = [cell for cell in serial if not _is_clearly_faster(baseline, cell)]
    parallel = [cell for cell in cells if not cell.is_serial and cell.workers > 1]
    faster = [cell for cell in parallel if _is_clearly_faster(cell, baseline)]
    contenders = [cell for cell in faster if _is_accurate(cell, baseline)]
    passed_over = [cell for cell in faster if cell not in contenders]
    not_faster = [cell for cell in parallel if cell not in faster]

    winner, equal = None, f" at equal {metric_words([baseline.metric])}" if passed_over else ""
    if contenders:
        best, level = _choose(contenders)
        winner = (best.method, best.workers)
        headline, evidence = f"{best.name} trained {workload} fastest:", _won(best, baseline, len(seeds))
    elif all(_is_clearly_faster(baseline, cell) for cell in not_faster):
        why = f"no parallel way trained {workload} faster{equal}" if parallel else _why_no_parallel(workload, runs)
        names = listed(cell.name for cell in [baseline, *level])
        headline = f"{why}: {names} are level." if level else f"{why}: {names} it is."
        evidence = _stayed_serial(baseline, len(seeds))
    else:
        headline = f"no parallel way is clearly faster than the best serial run on {workload}{equal}."
        evidence = _not_clear(not_faster[0], baseline, len(seeds))
    if level:
        evidence += f" Level with it: {listed(f'{cell.name} in {digits(cell.seconds)} s' for cell in level)}."
    evidence += _notes(passed_over, baseline, len(comparison) - len(cells), len(seeds))
    return Answer(workload, f"{_here(runs)}, {headline}", evidence, winner)


def _why_no_answer(workload: str, runs: pd.DataFrame, n_seeds: int) -> str | None:
    """Say why the tables cannot answer, or None if they can."""
    if runs.empty:
        return f"No run of {workload} has finished yet, so there is no answer yet."
    runs = whole(runs)
    if runs.empty:
        return f"Only rates of {workload} have been measured so far, so there is no answer yet."
    if not (runs["status"] == "ok").any():
        return f"Every run of {workload} that has finished failed, so there is no answer: see the causes below."
    serial = runs[runs["strategy"] == "serial"]
    if serial.empty:
        return f"No serial run of {workload} has finished yet, so there is nothing to compare with."
    method = best_serial(runs)
    if method is None:
        return f"Every serial run of {workload} that has finished failed, so there is nothing to compare with."
    n_ok = ((serial["method"] == method) & (serial["status"] == "ok")).sum()
    if n_ok < n_seeds:
        ok = f"is ok in only {n_ok} of {n_seeds} seeds"
        return f"There is no answer for {workload}: {method}, its best serial method, {ok}."
    return None


def _cell(summary: pd.Series, runs: pd.DataFrame, seeds: list[int]) -> Cell | None:
    """Make the cell of a row of the comparison, or None if it is not ok in every planned seed."""
    own = runs[(runs["method"] == summary["method"]) & (runs["workers"] == summary["workers"])]
    by_seed = own[own["status"] == "ok"].set_index("seed")
    if not set(seeds) <= set(by_seed.index):
        return None
    return Cell(summary["method"], int(summary["workers"]), summary, by_seed.loc[seeds])


def _is_clearly_faster(cell: Cell, other: Cell) -> bool:
    limit = (1 - TIME_MARGIN_PERCENT / 100) * other.runs["train_seconds"]
    return bool((cell.runs["train_seconds"] < limit).all())


def _is_accurate(cell: Cell, baseline: Cell) -> bool:
    sign = 1 if baseline.runs["higher_is_better"].all() else -1
    own, reference = cell.runs["validation_metric"], baseline.runs["validation_metric"]
    lost = sign * (reference - own)  # paired by seed
    if baseline.metric == "accuracy":
        return 100 * lost.median() <= ACCURACY_MARGIN_POINTS + 1e-9  # 0.84 - 0.83 is more than 0.01 in binary
    return (100 * lost - METRIC_MARGIN_PERCENT * reference.abs()).median() <= 1e-9


def _choose(contenders: list[Cell]) -> tuple[Cell, list[Cell]]:
    """Choose the contender to announce, and give those that are level with it."""
    level = [cell for cell in contenders if not any(_is_clearly_faster(other, cell) for other in contenders)]
    best = min(level, key=lambda cell: (cell.is_oversubscribed, cell.workers, cell.seconds))
    return best, [cell for cell in level if cell is not best]


def _here(runs: pd.DataFrame) -> str:
    cores = runs["cores"].dropna().unique()
    return "On this machine" + (f" ({count(cores[0], 'core')})" if len(cores) == 1 else "")


def _median(n_seeds: int) -> str:
    return f"in the median of {n_seeds} seeds" if n_seeds > 1 else "in the only seed"


def _won(best: Cell, baseline: Cell, n_seeds: int) -> str:
    in_each = " and faster in each" if n_seeds > 1 else ""
    return (
        f"{best.time}, {best.summary['speedup_vs_best_serial']:.2f} times as fast as the best serial run "
        f"({baseline.name}, {digits(baseline.seconds)} s) {_median(n_seeds)}{in_each}, "
        f"at {best.accuracy} test {metric_words([baseline.metric])} against {baseline.accuracy}."
    )


def _stayed_serial(baseline: Cell, n_seeds: int) -> str:
    took = f"The best serial run, {baseline.name}, took {baseline.time} {_median(n_seeds)}"
    return f"{took}, at {baseline.accuracy} test {metric_words([baseline.metric])}."


def _not_clear(closest: Cell, baseline: Cell, n_seeds: int) -> str:
    return (
        f"The closest, {closest.name}, took {closest.time} {_median(n_seeds)}, not more than {TIME_MARGIN_PERCENT} % "
        f"less in every seed than the best serial run ({baseline.name}, {digits(baseline.seconds)} s)."
    )


def _why_no_parallel(workload: str, runs: pd.DataFrame) -> str:
    if ((runs["strategy"] != "serial") & (runs["workers"] > 1)).any():
        return f"no parallel way of training {workload} is ok in every seed"
    return f"the study has no run of {workload} by a parallel method with 2 workers or more"


def _notes(passed_over: list[Cell], baseline: Cell, n_left_out: int, n_seeds: int) -> str:
    notes = ""
    if passed_over:
        is_accuracy = baseline.metric == "accuracy"
        behind = (
            f"{ACCURACY_MARGIN_POINTS} percentage point below" if is_accuracy else f"{METRIC_MARGIN_PERCENT} % behind"
        )
        notes += (
            f" Passed over: {listed(cell.name for cell in passed_over)} took less time, but ended more than "
            f"{behind} {baseline.name} in validation {metric_words([baseline.metric])}."
        )
    if n_left_out:
        notes += f" Left out, as not ok in every seed: {count(n_left_out, 'configuration')}."
    if n_seeds == 1:
        notes += " One seed shows no spread: repeat it with more before you rely on it."
    return notes

"""The first line of the page: what the tables say about one workload, or that they do not say it."""

from dataclasses import dataclass

import pandas as pd

from casual_training.analysis.tables import best_serial
from casual_training.analysis.wording import count, digits, percent

TIME_MARGIN_PERCENT = 5
ACCURACY_MARGIN_POINTS = 1


@dataclass(frozen=True)
class Answer:
    """What a workload's runs say: a headline, the evidence for it, and the winning (method, workers) or None."""

    workload: str
    headline: str
    evidence: str = ""
    winner: tuple[str, int] | None = None

    @property
    def sentence(self) -> str:
        """The whole answer as one text."""
        return f"{self.headline} {self.evidence}".strip()


@dataclass(frozen=True)
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
    def name(self) -> str:
        """The configuration in words, saying so where its threads outnumber the cores."""
        words = self.method if self.is_serial else f"{self.method} with {count(self.workers, 'worker')}"
        if self.runs["oversubscribed"].fillna(False).any():
            words += f" on {count(self.runs['cores'].iloc[0], 'core')} (oversubscribed)"
        return words

    @property
    def time(self) -> str:
        """How long the work took, in words."""
        return f"{digits(self.seconds)} s for {self.workers * self.summary['epochs']:g} passes over the data"

    @property
    def accuracy(self) -> str:
        """Median test accuracy in words."""
        return percent(self.summary["test_accuracy_median"])


def answer(workload: str, runs: pd.DataFrame, comparison: pd.DataFrame, seeds: list[int]) -> Answer:
    """Answer for one workload which way of training was fastest at equal accuracy, or abstain.

    The rule, simple on purpose. Candidates are the configurations that are ok in every planned seed, but for parallel
    strategies with one worker, which are serial training by another name; the baseline is the best serial method. A
    candidate whose median validation accuracy is more than 1 percentage point below
    the baseline's is passed over. Of the rest, the one with the smallest median training time is announced as
    fastest if it took more than 5 % less time than the baseline in every seed; if it is the baseline itself, no
    parallel way was faster; otherwise nothing was clearly faster.

    Args:
        workload: name of the workload.
        runs: the runs table of the study.
        comparison: the comparison table of the study.
        seeds: the planned seeds.
    """
    runs, comparison = (table[table["workload"] == workload] for table in (runs, comparison))
    reason = _why_no_answer(workload, runs, len(seeds))
    if reason:
        return Answer(workload, reason)
    cells = [cell for _, row in comparison.iterrows() if (cell := _cell(row, runs, seeds))]
    baseline = next(cell for cell in cells if cell.method == best_serial(runs))
    candidates = [cell for cell in cells if cell.is_serial or cell.workers > 1]
    by_time = sorted(candidates, key=lambda cell: cell.seconds)
    fastest = next(cell for cell in by_time if _is_accurate(cell, baseline))
    passed_over = by_time[: by_time.index(fastest)]

    all_cores = runs["cores"].dropna().unique()
    here = "On this machine" + (f" ({count(all_cores[0], 'core')})" if len(all_cores) == 1 else "")
    if fastest is baseline:
        only_serial = all(cell.is_serial for cell in candidates)
        found = _serial_it_is(workload, here, baseline, len(seeds), only_serial, bool(passed_over))
    elif _is_faster_in_every_seed(fastest, baseline):
        found = _clearly_faster(workload, here, fastest, baseline, len(seeds))
    else:
        found = _not_clear(workload, here, fastest, baseline, len(seeds))
    notes = _notes(passed_over, baseline, len(comparison) - len(cells), len(seeds))
    return Answer(workload, found.headline, found.evidence + notes, found.winner)


def _why_no_answer(workload: str, runs: pd.DataFrame, n_seeds: int) -> str | None:
    """Say why the tables cannot answer, or None if they can."""
    if runs.empty:
        return f"No run of {workload} has finished yet, so there is no answer yet."
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


def _is_accurate(cell: Cell, baseline: Cell) -> bool:
    lost = baseline.runs["validation_accuracy"].median() - cell.runs["validation_accuracy"].median()
    return 100 * lost <= ACCURACY_MARGIN_POINTS + 1e-9  # 0.84 - 0.83 is a little more than 0.01 in binary


def _is_faster_in_every_seed(cell: Cell, baseline: Cell) -> bool:
    limit = (1 - TIME_MARGIN_PERCENT / 100) * baseline.runs["train_seconds"]
    return bool((cell.runs["train_seconds"] < limit).all())


def _median(n_seeds: int) -> str:
    return f"in the median of {n_seeds} seeds" if n_seeds > 1 else "in the only seed"


def _serial_it_is(
    workload: str, here: str, baseline: Cell, n_seeds: int, only_serial: bool, some_passed_over: bool
) -> Answer:
    method = baseline.method
    if only_serial:
        headline = f"{here}, no parallel way of training {workload} is ok in every seed: {method} it is."
    elif some_passed_over:
        headline = f"{here}, no parallel way trained {workload} faster at equal accuracy: {method} it is."
    else:
        headline = f"{here}, no parallel way trained {workload} faster: {method} it is."
    evidence = f"It took {baseline.time} {_median(n_seeds)}, at {baseline.accuracy} test accuracy."
    return Answer(workload, headline, evidence)


def _clearly_faster(workload: str, here: str, fastest: Cell, baseline: Cell, n_seeds: int) -> Answer:
    in_each = " and faster in each" if n_seeds > 1 else ""
    evidence = (
        f"{fastest.time}, {fastest.summary['speedup_vs_best_serial']:.2f} times as fast as the best serial run "
        f"({baseline.method}, {digits(baseline.seconds)} s) {_median(n_seeds)}{in_each}, "
        f"at {fastest.accuracy} test accuracy against {baseline.accuracy}."
    )
    headline = f"{here}, {fastest.name} trained {workload} fastest:"
    return Answer(workload, headline, evidence, (fastest.method, fastest.workers))


def _not_clear(workload: str, here: str, fastest: Cell, baseline: Cell, n_seeds: int) -> Answer:
    evidence = (
        f"The fastest, {fastest.name}, took {fastest.time} {_median(n_seeds)}, but not more than "
        f"{TIME_MARGIN_PERCENT} % less than the best serial run ({baseline.method}, {digits(baseline.seconds)} s) "
        "in every seed."
    )
    return Answer(workload, f"{here}, no method is clearly faster than the best serial run on {workload}.", evidence)


def _notes(passed_over: list[Cell], baseline: Cell, n_left_out: int, n_seeds: int) -> str:
    notes = ""
    if passed_over:
        names = " and ".join(cell.name for cell in passed_over)
        notes += (
            f" Passed over: {names} took less time, but ended more than {ACCURACY_MARGIN_POINTS} percentage "
            f"point below {baseline.method} in validation accuracy."
        )
    if n_left_out:
        notes += f" Left out, as not ok in every seed: {count(n_left_out, 'configuration')}."
    if n_seeds == 1:
        notes += " One seed shows no spread: repeat it with more before you rely on it."
    return notes

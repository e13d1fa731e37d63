"""The first line of the page: what the tables say about one workload, or that they do not say it."""

from dataclasses import dataclass

import pandas as pd

from casual_training.analysis.tables import best_serial
from casual_training.analysis.wording import count, digits, percent

TIME_MARGIN_PERCENT = 5
ACCURACY_MARGIN_POINTS = 1


@dataclass(frozen=True)
class Answer:
    """What the runs of one workload say: a headline, the evidence for it, and the winning (method, workers) or None."""

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
    """A configuration that is ok in every planned seed: its row of the comparison and its runs by seed."""

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
        return (self.runs["strategy"] == "serial").all()

    @property
    def name(self) -> str:
        """The configuration in words, saying so where its threads outnumber the cores."""
        words = self.method if self.is_serial else f"{self.method} with {count(self.workers, 'worker')}"
        if self.runs["oversubscribed"].fillna(False).any():
            words += f" on {count(self.runs['cores'].iloc[0], 'core')} (oversubscribed)"
        return words


def answer(workload: str, runs: pd.DataFrame, comparison: pd.DataFrame, seeds: list[int]) -> Answer:
    """Answer for one workload which way of training was fastest at equal accuracy, or abstain.

    The rule, simple on purpose. Candidates are the configurations that are ok in every planned seed; the baseline
    is the best serial method. A candidate whose median validation accuracy is more than 1 percentage point below
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
    reason = _why_no_answer(workload, runs, seeds)
    if reason:
        return Answer(workload, reason)
    cells = [cell for _, summary in comparison.iterrows() if (cell := _cell(summary, runs, seeds))]
    baseline = next(cell for cell in cells if cell.method == best_serial(runs))
    by_time = sorted(cells, key=lambda cell: (cell.seconds, cell is not baseline))
    fastest = next(cell for cell in by_time if _is_accurate(cell, baseline))
    passed_over = by_time[: by_time.index(fastest)]
    notes = _notes(passed_over, baseline, len(comparison) - len(cells), seeds)

    known_cores = runs["cores"].dropna().unique()
    here = "On this machine" + (f" ({count(known_cores[0], 'core')})" if len(known_cores) == 1 else "")
    median = f"in the median of {len(seeds)} seeds" if len(seeds) > 1 else "in the only seed"
    took = f"{digits(fastest.seconds)} s for {fastest.workers * fastest.summary['epochs']:g} passes over the data"
    accuracy = percent(fastest.summary["test_accuracy_median"])

    if fastest is baseline:
        if all(cell.is_serial for cell in cells):
            found = f"no parallel way of training {workload} is ok in every seed: {baseline.method} is the best serial one"
        else:
            equally = " at equal accuracy" if passed_over else ""
            found = f"no parallel way trained {workload} faster{equally}: {baseline.method} it is"
        return Answer(workload, f"{here}, {found}.", f"It took {took} {median}, at {accuracy} test accuracy.{notes}")

    against = f"({baseline.method}, {digits(baseline.seconds)} s)"
    if not _is_faster_in_every_seed(fastest, baseline):
        evidence = (
            f"The fastest, {fastest.name}, took {took} {median}, but not more than {TIME_MARGIN_PERCENT} % less than "
            f"the best serial run {against} in every seed."
        )
        headline = f"{here}, no method is clearly faster than the best serial run on {workload}."
        return Answer(workload, headline, evidence + notes)

    in_each = " and faster in each" if len(seeds) > 1 else ""
    evidence = (
        f"{took}, {fastest.summary['speedup_vs_best_serial']:.2f} times as fast as the best serial run {against} "
        f"{median}{in_each}, at {accuracy} test accuracy against {percent(baseline.summary['test_accuracy_median'])}."
    )
    headline = f"{here}, {fastest.name} trained {workload} fastest:"
    return Answer(workload, headline, evidence + notes, (fastest.method, fastest.workers))


def _why_no_answer(workload: str, runs: pd.DataFrame, seeds: list[int]) -> str | None:
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
    if n_ok < len(seeds):
        return f"No answer yet for {workload}: its best serial method, {method}, is ok in {n_ok} of {len(seeds)} seeds."
    return None


def _cell(summary: pd.Series, runs: pd.DataFrame, seeds: list[int]) -> Cell | None:
    """Make the cell of a row of the comparison, or None if it is not ok in every planned seed."""
    own = (runs["method"] == summary["method"]) & (runs["workers"] == summary["workers"]) & (runs["status"] == "ok")
    by_seed = runs[own].set_index("seed")
    if not set(seeds) <= set(by_seed.index):
        return None
    return Cell(summary["method"], int(summary["workers"]), summary, by_seed.loc[seeds])


def _is_accurate(cell: Cell, baseline: Cell) -> bool:
    lost = baseline.runs["validation_accuracy"].median() - cell.runs["validation_accuracy"].median()
    return 100 * lost <= ACCURACY_MARGIN_POINTS + 1e-9


def _is_faster_in_every_seed(cell: Cell, baseline: Cell) -> bool:
    limit = (1 - TIME_MARGIN_PERCENT / 100) * baseline.runs["train_seconds"]
    return bool((cell.runs["train_seconds"] < limit).all())


def _notes(passed_over: list[Cell], baseline: Cell, n_left_out: int, seeds: list[int]) -> str:
    notes = ""
    if passed_over:
        names, are = " and ".join(cell.name for cell in passed_over), "are" if len(passed_over) > 1 else "is"
        notes += (
            f" {names} took less time but {are} passed over: more than {ACCURACY_MARGIN_POINTS} percentage point "
            f"below {baseline.method} in validation accuracy."
        )
    if n_left_out:
        notes += f" Left out, as not ok in every seed: {count(n_left_out, 'configuration')}."
    if len(seeds) == 1:
        notes += " One seed shows no spread: repeat it with more before you rely on it."
    return notes

"""The first line of the page: which way of training to use for a workload, or an honest "no method is clearly better".

The rule, fixed before any run is looked at:

- The endpoint is the speed-up to the target (speedups.py) against the serial method that gets there soonest.
- Decided are the comparisons that the config declares (study.headline), at most six; each gets a verdict (contrasts.py)
  with an interval that holds for all of them at once. Every other configuration is shown without a verdict.
- A method that misses the target in any planned seed, or diverges, "fails the target" and has no ratio. One that is
  not ok in every planned seed is not judged, and nothing is while that is a serial method that may be the best.
  Accuracy beyond the target is not claimed to be the same.
- Announced is a method that is "faster". Of several, those that none of the others is clearly faster than (by the same
  rule, pair by pair) are level; announced is the one of them that changes the fewest lines of code, then the one that
  is not oversubscribed, then the one with the fewest workers, then the one declared first. So which of the level ways
  is announced depends on what is known beforehand, not on who was lucky today; that each of them is faster than serial
  training is covered by the intervals.
"""

from dataclasses import asdict, dataclass, field

import numpy
import pandas as pd

from casual_training.analysis import caveats, findings
from casual_training.analysis.columns import CELL, COMPARISON_COLUMNS, TEXT, WHOLE, as_table
from casual_training.analysis.contrasts import FAILS_TARGET, FASTER, NOT_MEASURED, NOT_OK, SLOWER, contrast, is_beaten
from casual_training.analysis.speedups import best_to_target, missed, not_ok, of_cell, seconds_to_target, speedups
from casual_training.analysis.tables import whole
from casual_training.analysis.wording import count, listed, metric_words, short_metric, way
from casual_training.plan.comparisons import Comparisons


@dataclass(frozen=True)
class Answer:
    """What a workload's runs say.

    `headline` and `evidence` are sentences, `winner` is the announced (method, workers) or None, `baseline` the serial
    method it was compared with, `low` the announced lower bound, `contrasts` the declared comparisons, a dict each,
    without a verdict where nothing can be judged.
    """

    workload: str
    headline: str
    evidence: str = ""
    winner: tuple[str, int] | None = None
    baseline: str | None = None
    low: float | None = None
    contrasts: list[dict] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """Both sentences in one."""
        return f"{self.headline} {self.evidence}".strip()

    def as_plain(self) -> dict:
        """Return it as plain values for JSON."""
        winner = dict(zip(("method", "workers"), self.winner, strict=True)) if self.winner else None
        return asdict(self) | {"winner": winner, "sentence": self.sentence}


def add_verdicts(
    comparison: pd.DataFrame, runs: pd.DataFrame, seeds: list[int], questions: dict[str, Comparisons]
) -> pd.DataFrame:
    """Fill in the speed-ups to the target of every configuration, and of the declared ones bounds and verdicts.

    Args:
        comparison: the comparison table (COMPARISON_COLUMNS).
        runs: the runs table of the study.
        seeds: the planned seeds.
        questions: what the study asks of each workload.
    """
    found = speedups(runs, seeds, questions).set_index(CELL)
    judged = comparison.set_index(CELL)
    judged.update(found.drop(columns="baseline"))
    for workload, method, workers, epochs in found.index:
        of_declared = questions[workload].declared
        if (method, workers) in of_declared:
            of_workload = runs[runs["workload"] == workload]
            baseline = found.loc[(workload, method, workers, epochs), "baseline"]
            reference = seconds_to_target(of_cell(of_workload, baseline, 1))
            own = _verdict(of_cell(of_workload, method, workers), reference, seeds, len(of_declared))
            judged.loc[(workload, method, workers, epochs), list(own)] = list(own.values())
    return as_table(judged.reset_index(), COMPARISON_COLUMNS)


def _verdict(own: pd.DataFrame, reference: pd.Series, seeds: list[int], declared: int) -> dict:
    """Judge one declared comparison."""
    if missed(own, seeds):
        return {"verdict": FAILS_TARGET}
    if not_ok(own, seeds):
        return {"verdict": NOT_OK}
    found = contrast(list(reference.loc[seeds] / seconds_to_target(own).loc[seeds]), declared)
    bounds = {"speedup_low": found.low, "speedup_high": found.high}
    bounds |= {"tost_low": found.tost_low, "tost_high": found.tost_high}
    return {"verdict": found.verdict, "further_seeds": found.further_seeds} | bounds


def answer(
    workload: str, runs: pd.DataFrame, comparison: pd.DataFrame, seeds: list[int], question: Comparisons
) -> Answer:
    """Answer for one workload which way of training to use, or abstain (the rule is above).

    Args:
        workload: name of the workload.
        runs: the runs table of the study.
        comparison: the comparison table of the study, with verdicts.
        seeds: the planned seeds.
        question: what the study asks of this workload.
    """
    runs, comparison = (table[table["workload"] == workload] for table in (runs, comparison))
    rows = _declared_rows(comparison, question)
    contrasts = [_plain(row) for row in rows]
    reason = _why_no_answer(workload, runs, seeds, question)
    if reason:
        return Answer(workload, reason, contrasts=contrasts)
    baseline, here, target = best_to_target(runs, seeds, question), _here(runs), _target(runs)
    common = {"baseline": baseline, "contrasts": contrasts}
    noted = caveats.caveats(runs, baseline, seeds, question)
    faster = [row for row in rows if row.verdict == FASTER]
    if not faster:
        reference = baseline if question.compares_serial else f"the best serial run ({baseline})"
        headline = f"{here}, for {workload}, no method is clearly better than {reference} at reaching {target}."
        if all(row.verdict == SLOWER for row in rows):
            alone = baseline if question.compares_serial else f"serial training ({baseline})"
            headline = f"{here}, stay with {alone} for {workload}: nothing declared is faster to {target}."
        return Answer(workload, headline, _joined(findings.of_others(rows, runs, seeds), *noted), **common)
    best = _choose(faster, runs, seeds, len(question.declared))
    reference = baseline if question.compares_serial else "the best serial run"
    headline = f"{here}, for {workload}, {findings.announced(best, runs, target, reference)}"
    others = findings.of_others([row for row in rows if row.Index != best.Index], runs, seeds)
    evidence = findings.behind(best, runs, baseline, seeds, len(question.declared))
    winner = (best.method, int(best.workers))
    return Answer(workload, headline, _joined(evidence, others, *noted), winner, low=float(best.speedup_low), **common)


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _declared_rows(comparison: pd.DataFrame, question: Comparisons) -> list:
    """Return the row of each declared comparison, in the order of the study; one without runs is "not measured"."""
    asked = as_table(question.declared, {"method": TEXT, "workers": WHOLE})
    rows = comparison.merge(asked, on=["method", "workers"], how="right")
    return list(rows.fillna({"verdict": NOT_MEASURED}).itertuples())


def _why_no_answer(workload: str, runs: pd.DataFrame, seeds: list[int], question: Comparisons) -> str | None:
    """Describe why the tables cannot answer, or None if they can."""
    if runs.empty:
        return f"No run of {workload} has finished yet, so there is no answer yet."
    runs = whole(runs)
    if runs.empty:
        return f"Only rates of {workload} have been measured so far, so there is no answer yet."
    if (runs["status"] == "unavailable").all():
        return f"No run of {workload} can be made on this machine, so there is no answer: see the causes below."
    if not (runs["status"] == "ok").any():
        return f"Every run of {workload} that has finished failed, so there is no answer: see the causes below."
    return _why_no_baseline(workload, runs, seeds, question) or _why_nothing_declared(workload, runs, question)


def _why_no_baseline(workload: str, runs: pd.DataFrame, seeds: list[int], question: Comparisons) -> str | None:
    if not question.serial:
        why = f"the study plans no serial training of {workload}"
        if question.compares_serial:
            why = f"study.headline declares every serial method of {workload} as a comparison"
        return f"There is no answer for {workload}: {why}, so there is nothing to compare with."
    alone = runs[runs["method"].isin(question.serial)]
    if alone.empty:
        return f"No serial run of {workload} has finished yet, so there is nothing to compare with."
    if not (alone["status"] == "ok").any():
        return f"Every serial run of {workload} that has finished failed, so there is nothing to compare with."
    lacking = [caveats.lacking(runs, method, seeds) for method in question.serial]
    if any(lacking):
        return (
            f"Nothing is judged for {workload} until it is known which serial method is best: "
            f"{'; '.join(filter(None, lacking))}."
        )
    if best_to_target(runs, seeds, question) is None:
        target, n_seeds = _target(runs), count(len(seeds), "seed")
        n_reached = max(len(seconds_to_target(own)) for _, own in alone.groupby("method"))
        reached = f"no serial method reached {target} in more than {n_reached} of {n_seeds}"
        why = reached if n_reached else f"serial training never reached {target}"
        return f"There is no answer for {workload}: {why}, so there is nothing to compare with."
    return None


def _why_nothing_declared(workload: str, runs: pd.DataFrame, question: Comparisons) -> str | None:
    if question.untrained and not question.declared:
        ways = listed(way(*entry) for entry in question.untrained)
        return (
            f"Nothing is decided for {workload}: the study declares {ways}, but does not train it so (study.headline)."
        )
    if not question.declared:
        return f"The study declares no comparison for {workload} (study.headline), so nothing is decided."
    cells = set(zip(runs["method"], runs["workers"], strict=True))
    if not cells & set(question.declared):
        return f"No run of a declared comparison for {workload} has finished yet, so nothing is decided."
    return None


def _choose(faster: list, runs: pd.DataFrame, seeds: list[int], declared: int):
    """Choose, of the ways that are faster than serial training, the one to announce."""
    seconds = {row.Index: seconds_to_target(of_cell(runs, row.method, row.workers)).loc[seeds] for row in faster}
    level = [
        row
        for row in faster
        if not any(is_beaten(seconds[row.Index], seconds[other.Index], declared) for other in faster)
    ]

    def demands(row) -> tuple:
        lines = row.lines_changed if pd.notna(row.lines_changed) else float("inf")
        return lines, findings.is_oversubscribed(row, runs), row.workers

    return min(level or faster, key=demands)  # the first of equals is the one declared first


def _here(runs: pd.DataFrame) -> str:
    cores = runs["cores"].dropna().unique()
    return "On this machine" + (f" ({count(cores[0], 'core')})" if len(cores) == 1 else "")


def _target(runs: pd.DataFrame) -> str:
    metric = runs["metric"].iloc[0]
    return f"{short_metric(metric, runs['target'].min())} validation {metric_words([metric])}"


def _plain(row) -> dict:
    """Return a declared comparison as plain values for JSON."""
    values = {
        "method": row.method,
        "workers": int(row.workers),
        "verdict": row.verdict or None,
        "speedup": row.speedup_to_target,
        "low": row.speedup_low,
        "high": row.speedup_high,
        "tost_low": row.tost_low,
        "tost_high": row.tost_high,
        "further_seeds": row.further_seeds,
        "hardware_efficiency": row.hardware_efficiency,
        "statistical_efficiency": row.statistical_efficiency,
        "end_to_end_speedup": row.end_to_end_speedup,
        "break_even_seconds": row.break_even_seconds,
        "lines_changed": row.lines_changed,
    }
    return {key: None if pd.isna(value) else _plain_value(value) for key, value in values.items()}


def _plain_value(value):
    return value.item() if isinstance(value, numpy.generic) else value

"""The first line of the page: which method to use for a workload, or an honest "no method is clearly better".

The rule, fixed before any run is looked at:

- The endpoint is the speed-up to the target (speedups.py) against the serial method that gets there earliest.
- Decided are the comparisons that the config specifies (study.comparisons), at most six; each gets a verdict
  (margin.py) with an interval that holds for all of them at once. Every other configuration is shown without a verdict.
- A method that misses the target in any planned seed, or diverges, "fails the target" and has no ratio. One that is
  not ok in every planned seed is not judged, and nothing is while that is a serial method that may be the best.
  Accuracy beyond the target is not claimed to be the same.
- Announced is a method that is "faster". Of several, those that none of the others is clearly faster than (by the same
  rule, pair by pair) are level; announced is the one of them that changes the fewest lines of code, then the one that
  is not oversubscribed, then the one with the fewest workers, then the one specified first. So which of the level
  ones is announced depends on what is known beforehand, not on who was lucky today; that each of them is faster than
  serial training is covered by the intervals.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy
import pandas as pd

from casual_training.analysis.choose_runs import whole
from casual_training.analysis.frames import TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.verdict import caveats, findings
from casual_training.analysis.verdict.findings import Row
from casual_training.analysis.verdict.margin import FASTER, NOT_MEASURED, SLOWER, is_beaten
from casual_training.analysis.verdict.speedups import best_to_target, of_cell, seconds_to_target
from casual_training.analysis.wording import count, listed, metric_words, short_metric, with_workers
from casual_training.plan.comparisons import Comparisons


@dataclass(frozen=True)
class Answer:
    """What a workload's runs say.

    `headline` and `evidence` are sentences, `winner` is the announced (method, workers) or None, `baseline` the serial
    method it was compared with, `low` the announced lower bound, `contrasts` the specified comparisons, a dict each,
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


def answers(study: StudyFolder) -> dict[str, Any]:
    """Return the answers of a study from its tables, as plain values for verdict.json."""
    runs, comparison, plan = study.table("runs"), study.table("comparison"), study.plan
    found = [answer(name, runs, comparison, plan.seeds, own) for name, own in plan.comparisons.items()]
    return {"study": plan.name, "answers": [one.as_plain() for one in found]}


def answer(
    workload: str, runs: pd.DataFrame, comparison: pd.DataFrame, seeds: list[int], comparisons: Comparisons
) -> Answer:
    """Answer for one workload which method to use, or abstain (the rule is above).

    Args:
        workload: name of the workload.
        runs: the runs table of the study.
        comparison: the comparison table of the study, with verdicts.
        seeds: the planned seeds.
        comparisons: what the study compares of this workload.
    """
    runs, comparison = (table[table["workload"] == workload] for table in (runs, comparison))
    rows = _specified_rows(comparison, comparisons)
    contrasts = [_plain(row) for row in rows]
    reason = _why_no_answer(workload, runs, seeds, comparisons)
    if reason:
        return Answer(workload, reason, contrasts=contrasts)
    baseline, here, target = best_to_target(runs, seeds, comparisons), _here(runs), _target(runs)
    common = {"baseline": baseline, "contrasts": contrasts}
    noted = caveats.caveats(runs, baseline, seeds, comparisons)
    faster = [row for row in rows if row.verdict == FASTER]
    if not faster:
        reference = baseline if comparisons.compares_serial else f"the best serial run ({baseline})"
        headline = f"{here}, for {workload}, no method is clearly better than {reference} at reaching {target}."
        if all(row.verdict == SLOWER for row in rows):
            alone = baseline if comparisons.compares_serial else f"serial training ({baseline})"
            headline = f"{here}, stay with {alone} for {workload}: nothing declared is faster to {target}."
        return Answer(workload, headline, _joined(findings.of_others(rows, runs, seeds), *noted), **common)
    best = _choose(faster, runs, seeds, len(comparisons.specified))
    reference = baseline if comparisons.compares_serial else "the best serial run"
    headline = f"{here}, for {workload}, {findings.announced(best, runs, target, reference)}"
    others = findings.of_others([row for row in rows if row.Index != best.Index], runs, seeds)
    evidence = findings.behind(best, runs, baseline, seeds, len(comparisons.specified))
    winner = (best.method, int(best.workers))
    return Answer(workload, headline, _joined(evidence, others, *noted), winner, low=float(best.speedup_low), **common)


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _specified_rows(comparison: pd.DataFrame, comparisons: Comparisons) -> list[Row]:
    """Return the row of each specified comparison, in the order of the study; one without runs is "not measured"."""
    asked = as_table(comparisons.specified, {"method": TEXT, "workers": WHOLE})
    rows = comparison.merge(asked, on=["method", "workers"], how="right")
    return list(rows.fillna({"verdict": NOT_MEASURED}).itertuples())


def _why_no_answer(workload: str, runs: pd.DataFrame, seeds: list[int], comparisons: Comparisons) -> str | None:
    """Return why the tables cannot answer; None if they can."""
    if runs.empty:
        return f"No run of {workload} has finished yet, so there is no answer yet."
    runs = whole(runs)
    if runs.empty:
        return f"Only rates of {workload} have been measured so far, so there is no answer yet."
    if (runs["status"] == "unavailable").all():
        return f"No run of {workload} can be made on this machine, so there is no answer: see the causes below."
    if not (runs["status"] == "ok").any():
        return f"Every run of {workload} that has finished failed, so there is no answer: see the causes below."
    return _why_no_baseline(workload, runs, seeds, comparisons) or _why_nothing_specified(workload, runs, comparisons)


def _why_no_baseline(workload: str, runs: pd.DataFrame, seeds: list[int], comparisons: Comparisons) -> str | None:
    if not comparisons.serial:
        why = f"the study plans no serial training of {workload}"
        if comparisons.compares_serial:
            why = f"study.comparisons declares every serial method of {workload} as a comparison"
        return f"There is no answer for {workload}: {why}, so there is nothing to compare with."
    alone = runs[runs["method"].isin(comparisons.serial)]
    if alone.empty:
        return f"No serial run of {workload} has finished yet, so there is nothing to compare with."
    if not (alone["status"] == "ok").any():
        return f"Every serial run of {workload} that has finished failed, so there is nothing to compare with."
    lacking = [caveats.lacking(runs, method, seeds) for method in comparisons.serial]
    if any(lacking):
        return (
            f"Nothing is judged for {workload} until it is known which serial method is best: "
            f"{'; '.join(filter(None, lacking))}."
        )
    if best_to_target(runs, seeds, comparisons) is None:
        target, n_seeds = _target(runs), count(len(seeds), "seed")
        n_reached = max(len(seconds_to_target(own)) for _, own in alone.groupby("method"))
        reached = f"no serial method reached {target} in more than {n_reached} of {n_seeds}"
        why = reached if n_reached else f"serial training never reached {target}"
        return f"There is no answer for {workload}: {why}, so there is nothing to compare with."
    return None


def _why_nothing_specified(workload: str, runs: pd.DataFrame, comparisons: Comparisons) -> str | None:
    if comparisons.untrained and not comparisons.specified:
        untrained = listed(with_workers(*entry) for entry in comparisons.untrained)
        return (
            f"Nothing is decided for {workload}: the study declares {untrained}, but does not train it so "
            "(study.comparisons)."
        )
    if not comparisons.specified:
        return f"The study declares no comparison for {workload} (study.comparisons), so nothing is decided."
    cells = set(zip(runs["method"], runs["workers"], strict=True))
    if not cells & set(comparisons.specified):
        return f"No run of a declared comparison for {workload} has finished yet, so nothing is decided."
    return None


def _choose(faster: list[Row], runs: pd.DataFrame, seeds: list[int], n_specified: int) -> Row:
    """Choose, of the methods that are faster than serial training, the one to announce."""
    seconds = {row.Index: seconds_to_target(of_cell(runs, row.method, row.workers)).loc[seeds] for row in faster}
    level = [
        row
        for row in faster
        if not any(is_beaten(seconds[row.Index], seconds[other.Index], n_specified) for other in faster)
    ]

    def demands(row: Row) -> tuple:
        lines = row.lines_changed if pd.notna(row.lines_changed) else float("inf")
        return lines, findings.is_oversubscribed(row, runs), row.workers

    return min(level or faster, key=demands)  # the first of equals is the one specified first


def _here(runs: pd.DataFrame) -> str:
    cores = runs["cores"].dropna().unique()
    return "On this machine" + (f" ({count(cores[0], 'core')})" if len(cores) == 1 else "")


def _target(runs: pd.DataFrame) -> str:
    metric = runs["metric"].iloc[0]
    return f"{short_metric(metric, runs['target'].min())} validation {metric_words([metric])}"


def _plain(row: Row) -> dict:
    """Return a specified comparison as plain values for JSON."""
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


def _plain_value(value: Any) -> Any:
    return value.item() if isinstance(value, numpy.generic) else value

"""The first line of the page: which way of training to use for a workload, or an honest "no method is clearly better".

The rule, fixed before any run is looked at:

- The endpoint is the speed-up to the target (speedups.py) against the serial method that gets there soonest.
- Decided are the comparisons that the config declares (study.headline), at most six; each gets a verdict (contrasts.py)
  with an interval that holds for all of them at once. Every other configuration is shown without a verdict.
- A method that misses the target in any planned seed "fails the target" and has no ratio. One that is not ok in every
  planned seed has no verdict. Accuracy beyond the target is not claimed to be the same.
- Announced is a method that is "faster". Of several, those that none of the others is clearly faster than (by the same
  rule, pair by pair) are level; announced is the one of them that changes the fewest lines of code, then the one that
  is not oversubscribed, then the one with the fewest workers, then the one declared first. So which of the level ways
  is announced depends on what is known beforehand, not on who was lucky today; that each of them is faster than serial
  training is covered by the intervals.
"""

from dataclasses import asdict, dataclass, field

import numpy
import pandas as pd

from casual_training.analysis import findings
from casual_training.analysis.columns import CELL, COMPARISON_COLUMNS, as_table
from casual_training.analysis.contrasts import FAILS_TARGET, FASTER, NOT_OK, SLOWER, contrast, is_beaten
from casual_training.analysis.speedups import Declared, best_to_target, of_cell, seconds_to_target, serial, speedups
from casual_training.analysis.tables import whole
from casual_training.analysis.wording import count, metric_words, short_metric


@dataclass(frozen=True)
class Answer:
    """What a workload's runs say.

    `headline` and `evidence` are sentences, `winner` is the announced (method, workers) or None, `baseline` the serial
    method it was compared with, `low` the announced lower bound, `contrasts` the declared comparisons, a dict each.
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
        """Give it as plain values for JSON."""
        winner = dict(zip(("method", "workers"), self.winner, strict=True)) if self.winner else None
        return asdict(self) | {"winner": winner, "sentence": self.sentence}


def add_verdicts(
    comparison: pd.DataFrame, runs: pd.DataFrame, seeds: list[int], declared: dict[str, Declared]
) -> pd.DataFrame:
    """Fill in the speed-ups to the target of every configuration, and of the declared ones bounds and verdicts.

    Args:
        comparison: the comparison table (COMPARISON_COLUMNS).
        runs: the runs table of the study.
        seeds: the planned seeds.
        declared: the declared (method, workers) of each workload.
    """
    found = speedups(runs, seeds, declared).set_index(CELL)
    judged = comparison.set_index(CELL)
    judged.update(found.drop(columns="baseline"))
    for workload, method, workers, epochs in found.index:
        of_declared = declared.get(workload, [])
        if (method, workers) in of_declared:
            of_workload = runs[runs["workload"] == workload]
            baseline = found.loc[(workload, method, workers, epochs), "baseline"]
            reference = seconds_to_target(of_cell(of_workload, baseline, 1))
            own = _verdict(of_cell(of_workload, method, workers), reference, seeds, len(of_declared))
            judged.loc[(workload, method, workers, epochs), list(own)] = list(own.values())
    return as_table(judged.reset_index(), COMPARISON_COLUMNS)


def _verdict(own: pd.DataFrame, reference: pd.Series, seeds: list[int], declared: int) -> dict:
    """Judge one declared comparison."""
    is_ok = own[own["status"] == "ok"]["seed"]
    if not set(seeds) <= set(is_ok):
        return {"verdict": NOT_OK}
    seconds = seconds_to_target(own)
    if not set(seeds) <= set(seconds.index):
        return {"verdict": FAILS_TARGET}
    found = contrast(list(reference.loc[seeds] / seconds.loc[seeds]), declared)
    bounds = {"speedup_low": found.low, "speedup_high": found.high}
    return {"verdict": found.verdict, "further_seeds": found.further_seeds} | bounds


def answer(workload: str, runs: pd.DataFrame, comparison: pd.DataFrame, seeds: list[int], declared: Declared) -> Answer:
    """Answer for one workload which way of training to use, or abstain (the rule is above).

    Args:
        workload: name of the workload.
        runs: the runs table of the study.
        comparison: the comparison table of the study, with verdicts.
        seeds: the planned seeds.
        declared: the (method, workers) that the study declares for this workload.
    """
    runs, comparison = (table[table["workload"] == workload] for table in (runs, comparison))
    reason = _why_no_answer(workload, runs, seeds, declared)
    if reason:
        return Answer(workload, reason)
    baseline, here, target = best_to_target(runs, seeds, declared), _here(runs), _target(runs)
    rows = [row for row in comparison.itertuples() if (row.method, row.workers) in declared]
    rows.sort(key=lambda row: declared.index((row.method, row.workers)))
    contrasts = [_plain(row) for row in rows]
    faster = [row for row in rows if row.verdict == FASTER]
    common = {"baseline": baseline, "contrasts": contrasts}
    if not faster:
        headline = f"{here}, no method is clearly better than the best serial run ({baseline}) for {workload}."
        if all(row.verdict == SLOWER for row in rows):
            headline = f"{here}, stay with serial training ({baseline}) for {workload}: nothing declared is faster."
        return Answer(workload, headline, findings.of_others(rows, runs, seeds), **common)
    best = _choose(faster, runs, seeds, len(declared))
    headline = f"{here}, for {workload}, {findings.announced(best, runs, target)}"
    others = findings.of_others([row for row in rows if row.Index != best.Index], runs, seeds)
    evidence = f"{findings.behind(best, runs, baseline, seeds, len(declared))} {others}".strip()
    winner = (best.method, int(best.workers))
    return Answer(workload, headline, evidence, winner, low=float(best.speedup_low), **common)


def _why_no_answer(workload: str, runs: pd.DataFrame, seeds: list[int], declared: Declared) -> str | None:
    """Say why the tables cannot answer, or None if they can."""
    if runs.empty:
        return f"No run of {workload} has finished yet, so there is no answer yet."
    runs = whole(runs)
    if runs.empty:
        return f"Only rates of {workload} have been measured so far, so there is no answer yet."
    if (runs["status"] == "unavailable").all():
        return f"No run of {workload} can be made on this machine, so there is no answer: see the causes below."
    if not (runs["status"] == "ok").any():
        return f"Every run of {workload} that has finished failed, so there is no answer: see the causes below."
    alone = serial(runs, declared)
    if alone.empty:
        return f"No serial run of {workload} has finished yet, so there is nothing to compare with."
    if not (alone["status"] == "ok").any():
        return f"Every serial run of {workload} that has finished failed, so there is nothing to compare with."
    if best_to_target(runs, seeds, declared) is None:
        n_seeds, n_ok = count(len(seeds), "seed"), _most(alone[alone["status"] == "ok"])
        if n_ok < len(seeds):
            return f"There is no answer for {workload}: no serial method is ok in more than {n_ok} of {n_seeds}."
        n_reached = _most(alone[alone["seconds_to_target"].notna()])
        reached = f"no serial method reached {_target(runs)} in more than {n_reached} of {n_seeds}"
        never = f"serial training never reached {_target(runs)}"
        why = reached if n_reached else never
        return f"There is no answer for {workload}: {why}, so there is nothing to compare with."
    if not declared:
        return f"The study declares no comparison for {workload} (study.headline), so nothing is decided."
    cells = set(zip(runs["method"], runs["workers"], strict=True))
    if not cells & set(declared):
        return f"No run of a declared comparison for {workload} has finished yet, so nothing is decided."
    return None


def _most(alone: pd.DataFrame) -> int:
    """Count the seeds of the serial method that has most of them."""
    return int(alone.groupby("method")["seed"].nunique().max()) if len(alone) else 0


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
    """Give a declared comparison as plain values for JSON."""
    values = {
        "method": row.method,
        "workers": int(row.workers),
        "verdict": row.verdict,
        "speedup": row.speedup_to_target,
        "low": row.speedup_low,
        "high": row.speedup_high,
        "further_seeds": row.further_seeds,
        "samples_per_second_factor": row.rate_factor,
        "samples_needed_factor": row.samples_factor,
        "cold_speedup": row.cold_speedup,
        "break_even_seconds": row.break_even_seconds,
        "lines_changed": row.lines_changed,
    }
    return {key: None if pd.isna(value) else _plain_value(value) for key, value in values.items()}


def _plain_value(value):
    return value.item() if isinstance(value, numpy.generic) else value

"""The table of the methods compared: a row a configuration, with its figures and its badges."""

from typing import Any

import pandas as pd

from casual_training.analysis.choose_runs import best_serial
from casual_training.analysis.frames import CELL
from casual_training.analysis.page.headings import headings, written
from casual_training.analysis.page.progress import count_failed
from casual_training.analysis.verdict.margin import EQUIVALENT, FAILS_TARGET, FASTER, NO_DIFFERENCE, NOT_OK, SLOWER
from casual_training.analysis.verdict.speedups import best_to_target
from casual_training.analysis.wording import count, metric_words, rounded_down, rounded_up, short_metric, split
from casual_training.plan.plan import Plan

COMPARED = [
    "speedup_to_target",
    "seconds_to_target_median",
    "samples_per_second_median",
    "parallel_efficiency_percent",
    "test_metric_median",
    "lines_changed",
]
KINDS_OF_VERDICT = {
    FASTER: "good",
    SLOWER: "bad",
    EQUIVALENT: "plain",
    NO_DIFFERENCE: "plain",
    FAILS_TARGET: "warn",
    NOT_OK: "bad",
}


def comparison_of(found: dict, runs: pd.DataFrame, comparison: pd.DataFrame, plan: Plan) -> dict:
    """Return one workload's comparison: a row a configuration, with its badges.

    Args:
        found: what verdict.json says of the workload.
        runs: the runs table.
        comparison: the comparison table.
        plan: of the study.
    """
    seeds, comparisons = plan.seeds, plan.comparisons[found["workload"]]
    runs = runs[runs["workload"] == found["workload"]]
    baseline, target = found["baseline"] or best_serial(runs), runs["target"].min()
    of_untuned, of_tuned = (
        ("baseline", "tuned baseline") if comparisons.compares_serial else ("best serial", "best tuned serial")
    )
    baselines = {baseline: of_untuned, best_to_target(runs, seeds, comparisons, tuned=True): of_tuned}
    metrics = list(runs["metric"].unique())
    shown = dict(zip(COMPARED, headings(COMPARED, metrics), strict=True))
    if pd.notna(target):
        aim = f"{short_metric(metrics[0], target)} validation {metric_words(metrics)}"
        shown["seconds_to_target_median"] = f"time to {aim} (s)"
    rows, of_cells = [], runs.groupby(CELL)
    for cell in comparison[comparison["workload"] == found["workload"]].itertuples():
        own = of_cells.get_group(tuple(getattr(cell, column) for column in CELL))
        is_winner = {"method": cell.method, "workers": cell.workers} == found["winner"]
        badges = [("good", "recommended")] if is_winner else []
        badges += [("plain", baselines[cell.method])] if cell.method in baselines else []
        words = "undecided" if cell.verdict == NO_DIFFERENCE else cell.verdict  # as the sentence has it
        badges += [(KINDS_OF_VERDICT[cell.verdict], words)] if words else []
        row = {"method": cell.method, "split": split(cell.workers, cell.epochs), "is_winner": is_winner}
        row |= {"badges": badges + _warnings(cell, own), "n_ok": f"{cell.n_ok} of {len(seeds)}"}
        figures = dict(zip(COMPARED, written(cell, COMPARED), strict=True))
        if pd.notna(target) and cell.n_on_target < cell.n_ok and not cell.throughput_only:
            figures["seconds_to_target_median"] = f"{cell.n_on_target} of {count(cell.n_ok, 'seed')}"
        bounds = ""
        if pd.notna(cell.speedup_low):
            bounds = f"{rounded_down(cell.speedup_low)} to {rounded_up(cell.speedup_high)}"
        rows.append(row | {"figures": figures.values(), "bounds": bounds})
    return {"workload": found["workload"], "headings": shown.values(), "rows": rows}


def _warnings(cell: Any, own: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (kind, words) of what a reader must know about a configuration's figures."""
    badges = []
    if own["oversubscribed"].fillna(False).any():
        run = own.iloc[0]
        workers = f"{count(cell.workers, 'worker')} of {count(run['threads_per_worker'], 'thread')}"
        badges.append(("warn", f"oversubscribed: {workers} on {count(run['cores'], 'core')}"))
    if cell.throughput_only:
        badges.append(("plain", "rate only"))
    n_failed, n_expected, n_unavailable = count_failed(own)
    if n_unavailable:
        badges.append(("plain", "unavailable here"))
    if n_failed:
        badges.append(("bad", f"{n_failed} of {count(cell.n_runs, 'run')} failed"))
    if n_expected:
        badges.append(("plain", f"{n_expected} of {count(cell.n_runs, 'run')} failed as expected"))
    return badges

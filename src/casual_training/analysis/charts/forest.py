"""The forest plot: how many times as fast as the best serial run each configuration reaches the target.

Pre-specified comparisons have an interval and stand on top; all others are points: nothing is decided about them.
The axis is logarithmic, as the intervals are: half as fast is as far from 1 as twice as fast.
"""

from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from casual_training.analysis.charts.configurations import configurations
from casual_training.analysis.charts.style import (
    COLOURS,
    DASHES,
    LINE_HEIGHT,
    STYLE,
    draw_legend,
    facets,
    row_label,
    spaced_ticks,
)
from casual_training.analysis.frames import CELL, FIGURE, FLAG, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.verdict.margin import CONFIDENCE, FAILS_TARGET, MARGIN
from casual_training.analysis.verdict.speedups import speedups_of_runs

TITLE = "Speed-up to the target against the best serial run"
CAPTION = "The speed-up of each run, and the interval and verdict of each declared comparison"
INPUTS = ["comparison", "independent_copies", "runs"]
PLACE = 10
SECTION = "comparison"
COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "seed": WHOLE,
    "status": TEXT,
    "oversubscribed": FLAG,
    "throughput_only": FLAG,
    "tuned": FLAG,
    "seconds_to_target": FIGURE,
    "speedup_of_seed": FIGURE,
    "speedup_to_target": FIGURE,
    "speedup_low": FIGURE,
    "speedup_high": FIGURE,
    "verdict": TEXT,
    "independent_copies_speedup": FIGURE,
}
FURTHEST = 2.0  # times beyond the outermost point: two seeds can have an interval from 0.01 to 100
INTERVAL = f"declared: mean, {100 * CONFIDENCE:.0f} % interval"


def data(study: StudyFolder) -> pd.DataFrame:
    """Read the speed-up of each run and of its configuration (COLUMNS)."""
    plan = study.plan
    of_runs = speedups_of_runs(study.table("runs"), study.table("independent_copies"), plan.seeds, plan.comparisons)
    return judged(of_runs, study.table("comparison"))


def judged(of_runs: pd.DataFrame, comparison: pd.DataFrame) -> pd.DataFrame:
    """Set beside each run its configuration's speed-up, bounds and verdict (COLUMNS).

    Args:
        of_runs: the runs table with what `speedups.speedups_of_runs` adds.
        comparison: the comparison table, with verdicts.
    """
    verdicts = comparison[[*CELL, "speedup_to_target", "speedup_low", "speedup_high", "verdict"]]
    data = of_runs.merge(verdicts, on=CELL, how="left")
    return as_table(data.assign(configuration=configurations(data)), COLUMNS)


def draw(data: pd.DataFrame, study: StudyFolder) -> Figure:
    """Draw a row a configuration: pre-specified comparisons first, then the others, the fastest of each on top."""
    data = data.assign(label=[row_label(name) for name in data["configuration"]])
    n_rows = list(data.groupby("workload", sort=False)["label"].nunique()) or [3]
    row_height = LINE_HEIGHT * max([2, *(label.count("\n") + 1 for label in data["label"])])
    with matplotlib.rc_context(STYLE):
        figure, axes = facets(data, height=0.9 + row_height * sum(n_rows) / len(n_rows), extra=1.2)
        axes[0].get_gridspec().set_height_ratios([n + 1 for n in n_rows])
        for axis, (_, group) in zip(axes, data.groupby("workload", sort=False), strict=False):
            _draw_workload(axis, group)
        draw_legend(figure, axes, ncols=2)
    return figure


def _draw_workload(axis: Axes, group: pd.DataFrame) -> None:
    rows = group.drop_duplicates("label").assign(
        is_specified=lambda rows: rows["verdict"] != "",
        over=lambda rows: rows["oversubscribed"].fillna(False),
    )
    rows = rows.sort_values(["is_specified", "speedup_to_target"], ascending=False, kind="stable")
    low, high = _limits(group)
    axis.set(xscale="log", xlim=(low, high), xlabel="times as fast to the target")
    axis.axvspan(1 / MARGIN, MARGIN, color="0.85", linewidth=0, label=f"within {100 * (MARGIN - 1):.0f} %")
    axis.axvline(1, color="0.35", linewidth=1.2, label="best serial run")
    copies = group[~group["tuned"]]["independent_copies_speedup"].median()  # tuned ones have another baseline
    if pd.notna(copies) and low < copies < high:
        axis.axvline(copies, color="0.35", linewidth=1.2, linestyle=DASHES[1], label="ceiling")
    for place, row in enumerate(rows.itertuples()):
        own = group[group["label"] == row.label]
        words, marker, colour = ("* oversubscribed", "D", 1) if row.over else ("one seed", "o", 0)
        seeds = own["speedup_of_seed"].dropna()
        look = {"color": COLOURS[colour], "fillstyle": "none", "markeredgewidth": 1.2}  # they lie on one another
        axis.plot(seeds, [place] * len(seeds), marker, label=words, **look)
        _draw_mean(axis, place, row, low, high)
        axis.text(1.02, place, _beside(row, own), va="center", transform=axis.get_yaxis_transform())
    if rows["is_specified"].nunique() > 1:
        axis.axhline(rows["is_specified"].sum() - 0.5, color="0.35", linewidth=0.8, linestyle=DASHES[2])
    labels = [row.label + (" *" if row.over else "") for row in rows.itertuples()]
    axis.set(yticks=range(len(labels)), yticklabels=labels, ylim=(len(labels) - 0.5, -0.5))
    axis.xaxis.set_major_locator(FixedLocator(spaced_ticks(low, high)))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter("{x:g}")


def _draw_mean(axis: Axes, place: int, row: Any, low: float, high: float) -> None:
    """Draw the mean of a configuration, and where it has one its interval, with an arrow where that goes on."""
    if pd.isna(row.speedup_to_target):
        return
    if pd.isna(row.speedup_low):
        words = "no interval: mean"
        axis.plot([row.speedup_to_target], [place], "|", color="black", markersize=12, markeredgewidth=2, label=words)
        return
    ends = [max(row.speedup_low, low), min(row.speedup_high, high)]
    axis.plot(ends, [place, place], color="black", linewidth=2)
    if row.speedup_low < low:
        axis.plot([low], [place], "<", color="black", markersize=7, clip_on=False)
    if row.speedup_high > high:
        axis.plot([high], [place], ">", color="black", markersize=7, clip_on=False)
    axis.plot(
        [row.speedup_to_target], [place], "s-", color="black", markersize=6, linewidth=2, label=INTERVAL, zorder=3
    )


def _beside(row: Any, own: pd.DataFrame) -> str:
    """Return the figure of a configuration, or why there is none."""
    if pd.notna(row.speedup_to_target):
        return f"{row.speedup_to_target:.2f}"
    n_ok = (own["status"] == "ok").sum()
    if n_ok == 0:
        return "no ok run"
    if own["throughput_only"].any():
        return "rate only"
    if n_ok < len(own):
        return f"{len(own) - n_ok} of {len(own)}\nfailed"
    misses = own["seconds_to_target"].isna().any()
    return FAILS_TARGET.replace(" ", "\n") if misses else "no ratio"


def _limits(group: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the axis: all seeds and independent copies, and what of the intervals is not far beyond."""
    points = pd.concat([group["speedup_of_seed"], group["independent_copies_speedup"], pd.Series([1.0])]).dropna()
    least, most = points.min(), points.max()
    bounds = pd.concat([group["speedup_low"], group["speedup_high"]]).dropna()
    bounds = bounds.clip(least / FURTHEST, most * FURTHEST)
    return 0.9 * min([least, 0.85, *bounds]), 1.1 * max([most, 1.4, *bounds])

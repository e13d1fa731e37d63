"""The forest plot: how many times as fast as the best serial run each configuration reaches the target.

Declared comparisons have an interval and stand on top; all others are points, because nothing is decided about them.
The axis is logarithmic, as the intervals are: half as fast is as far from 1 as twice as fast.
"""

import matplotlib
import numpy
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from casual_training.analysis import wording
from casual_training.analysis.charts import COLOURS, DASHES, LINE_HEIGHT, STYLE, draw_legend, facets, row_label
from casual_training.analysis.columns import CELL, FOREST_COLUMNS, as_table
from casual_training.analysis.contrasts import CONFIDENCE, FAILS_TARGET, MARGIN

TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 50, 100]
FURTHEST = 2.0  # times beyond the outermost point: two seeds can have an interval from 0.01 to 100
INTERVAL = f"declared: mean, {100 * CONFIDENCE:.0f} % interval"


def forest_data(of_runs: pd.DataFrame, comparison: pd.DataFrame) -> pd.DataFrame:
    """Set beside each run its configuration's speed-up, bounds and verdict (FOREST_COLUMNS).

    Args:
        of_runs: the runs table with what `speedups.speedups_of_runs` adds.
        comparison: the comparison table, with verdicts.
    """
    judged = comparison[[*CELL, "speedup_to_target", "speedup_low", "speedup_high", "verdict"]]
    data = of_runs.merge(judged, on=CELL, how="left")
    cells = data[["method", "workers", "epochs"]].itertuples(index=False)
    names = [f"{method}, {wording.split(workers, epochs)}" for method, workers, epochs in cells]
    return as_table(data.assign(configuration=names), FOREST_COLUMNS)


def forest(data: pd.DataFrame) -> Figure:
    """Draw `forest_data`: declared comparisons first, then the others, the fastest of each on top."""
    data = data.assign(label=[row_label(name) for name in data["configuration"]])
    n_rows = list(data.groupby("workload", sort=False)["label"].nunique()) or [3]
    row_height = LINE_HEIGHT * max([2, *(label.count("\n") + 1 for label in data["label"])])
    with matplotlib.rc_context(STYLE):
        figure, axes = facets(data, height=0.9 + row_height * sum(n_rows) / len(n_rows), extra=1.2)
        axes[0].get_gridspec().set_height_ratios([n + 1 for n in n_rows])
        for axis, (_, group) in zip(axes, data.groupby("workload", sort=False), strict=False):
            _draw(axis, group)
        draw_legend(figure, axes, ncols=2)
    return figure


def _draw(axis: Axes, group: pd.DataFrame) -> None:
    rows = group.drop_duplicates("label").assign(
        is_declared=lambda rows: rows["verdict"] != "",
        over=lambda rows: rows["oversubscribed"].fillna(False),
    )
    rows = rows.sort_values(["is_declared", "speedup_to_target"], ascending=False, kind="stable")
    low, high = _limits(group)
    axis.set(xscale="log", xlim=(low, high), xlabel="times as fast to the target")
    axis.axvspan(1 / MARGIN, MARGIN, color="0.85", linewidth=0, label=f"within {100 * (MARGIN - 1):.0f} %")
    axis.axvline(1, color="0.35", linewidth=1.2, label="best serial run")
    ceiling = group[~group["tuned"]]["independent_copies_speedup"].median()  # tuned ones have another baseline
    if pd.notna(ceiling) and low < ceiling < high:
        axis.axvline(ceiling, color="0.35", linewidth=1.2, linestyle=DASHES[1], label="ceiling")
    for place, row in enumerate(rows.itertuples()):
        own = group[group["label"] == row.label]
        words, marker, colour = ("* oversubscribed", "D", 1) if row.over else ("one seed", "o", 0)
        seeds = own["speedup_of_seed"].dropna()
        look = {
            "color": COLOURS[colour],
            "fillstyle": "none",
            "markeredgewidth": 1.2,
        }  # hollow: they lie on one another
        axis.plot(seeds, [place] * len(seeds), marker, label=words, **look)
        _draw_mean(axis, place, row, low, high)
        axis.text(1.02, place, _beside(row, own), va="center", transform=axis.get_yaxis_transform())
    if rows["is_declared"].nunique() > 1:
        axis.axhline(rows["is_declared"].sum() - 0.5, color="0.35", linewidth=0.8, linestyle=DASHES[2])
    labels = [row.label + (" *" if row.over else "") for row in rows.itertuples()]
    axis.set(yticks=range(len(labels)), yticklabels=labels, ylim=(len(labels) - 0.5, -0.5))
    axis.xaxis.set_major_locator(FixedLocator(spaced_ticks(low, high)))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter("{x:g}")


def _draw_mean(axis: Axes, place: int, row, low: float, high: float) -> None:
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


def _beside(row, own: pd.DataFrame) -> str:
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
    """Return the ends of the axis: all seeds and the ceiling, and of the intervals what is not far beyond them."""
    points = pd.concat([group["speedup_of_seed"], group["independent_copies_speedup"], pd.Series([1.0])]).dropna()
    least, most = points.min(), points.max()
    bounds = pd.concat([group["speedup_low"], group["speedup_high"]]).dropna()
    bounds = bounds.clip(least / FURTHEST, most * FURTHEST)
    return 0.9 * min([least, 0.85, *bounds]), 1.1 * max([most, 1.4, *bounds])


def spaced_ticks(low: float, high: float) -> list[float]:
    """Choose round figures of the axis, far enough apart to be read."""
    inside = [tick for tick in TICKS if low <= tick <= high]
    apart = (numpy.log(high) - numpy.log(low)) / 9
    chosen = [1.0]
    for tick in [tick for tick in inside if tick > 1] + [tick for tick in reversed(inside) if tick < 1]:
        if all(abs(numpy.log(tick / other)) >= apart for other in chosen):
            chosen.append(tick)
    return sorted(chosen)

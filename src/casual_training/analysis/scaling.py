"""How the samples per second grow with the workers, beside the ceiling: what the machine gives when nothing is shared.

It is a chart of rates, so methods of which only the rate was measured are in it. A configuration that is not ok in a
seed is not.
"""

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from casual_training.analysis.charts import (
    COLOURS,
    DASHES,
    LINE_HEIGHT,
    MARKERS,
    STYLE,
    draw_legend,
    facets,
    legend_height,
    legend_label,
)
from casual_training.analysis.columns import CELL, SCALING_COLUMNS, as_table


def scaling_data(comparison: pd.DataFrame, runs: pd.DataFrame, ceilings: pd.DataFrame) -> pd.DataFrame:
    """Set the rate of each configuration that is ok in every seed beside its ceiling (SCALING_COLUMNS).

    Both are medians over the seeds, and so is the share of the ceiling, within each seed.
    """
    over = runs.groupby(CELL, sort=False)["oversubscribed"].any().reset_index()
    ok = comparison[comparison["n_ok"] == comparison["n_runs"]].merge(over, on=CELL)
    of_workload = ceilings.groupby("workload")["samples_per_second"].median()
    return as_table(ok.assign(ceiling=ok["workload"].map(of_workload)), SCALING_COLUMNS)


def scaling(data: pd.DataFrame) -> Figure:
    """Draw `scaling_data`: samples per second over workers, a line a method, and the ceiling across."""
    methods = list(dict.fromkeys(data["method"]))
    with matplotlib.rc_context(STYLE):
        names = [f"{method} (rate only)" for method in methods]
        figure, axes = facets(data, height=2.7, extra=legend_height(names) + 4 * LINE_HEIGHT)
        for axis, (_, group) in zip(axes, data.groupby("workload", sort=False), strict=False):
            _draw(axis, group, methods)
        draw_legend(figure, axes, handlelength=4)
    return figure


def _draw(axis: Axes, group: pd.DataFrame, methods: list[str]) -> None:
    ceiling = group["ceiling"].iloc[0]
    if pd.notna(ceiling):
        axis.axhline(ceiling, color="0.35", linewidth=1.6, label="ceiling: as many copies as cores, nothing shared")
    for method, own in group.groupby("method", sort=False):
        place = methods.index(method)
        look = {"color": COLOURS[place % len(COLOURS)], "marker": MARKERS[place % len(MARKERS)]}
        own = own.sort_values("workers")
        label = legend_label(method + (" (rate only)" if own["throughput_only"].any() else ""))
        rates = own["samples_per_second_median"]
        # Hollow, because points may lie on one another.
        look |= {"linestyle": DASHES[place % len(DASHES)], "fillstyle": "none", "markeredgewidth": 1.6}
        axis.plot(own["workers"].astype(int), rates, linewidth=1.4, label=label, **look)
    over = group[group["oversubscribed"].fillna(False)]
    for point in over.itertuples():
        where = (point.workers, point.samples_per_second_median)
        axis.annotate("*", where, xytext=(6, 0), textcoords="offset points", va="center", fontsize=9)
    if len(over):
        axis.add_line(Line2D([], [], linestyle="none", label="*: oversubscribed"))
    workers = sorted(set(group["workers"].astype(int)))
    axis.set(xscale="log", xlim=(workers[0] / 1.25, workers[-1] * 1.25), ylim=(0, None))
    axis.set(xlabel="workers", ylabel="samples per second")
    axis.xaxis.set_major_locator(FixedLocator(workers))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))

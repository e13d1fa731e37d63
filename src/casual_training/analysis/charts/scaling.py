"""How the samples per second grow with the workers, beside independent copies: what the machine gives at most.

It is a chart of rates, so methods of which only the throughput was measured are in it. A configuration that is not ok
in a seed is not.
"""

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from casual_training.analysis.charts.configurations import oversubscribed
from casual_training.analysis.charts.style import (
    LINE_HEIGHT,
    STYLE,
    dash_of_method,
    draw_legend,
    facets,
    legend_height,
    legend_label,
    look_of_method,
)
from casual_training.analysis.frames import CELL, FIGURE, FLAG, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder

TITLE = "Samples per second against workers, and the ceiling"
CAPTION = "Medians over the seeds of the configurations that are ok in all of them; a share is within each seed"
INPUTS = ["comparison", "independent_copies", "runs"]
PLACE = 40
SECTION = "scaling"
EMPTY = "no configuration is ok in every seed yet"
COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "oversubscribed": FLAG,
    "throughput_only": FLAG,
    "samples_per_second_median": FIGURE,
    "independent_copies": FIGURE,
    "parallel_efficiency_percent": FIGURE,
}


def data(study: StudyFolder) -> pd.DataFrame:
    """Read the rate of each configuration that is ok in every seed (COLUMNS)."""
    return rates(study.table("comparison"), study.table("runs"), study.table("independent_copies"))


def rates(comparison: pd.DataFrame, runs: pd.DataFrame, copies: pd.DataFrame) -> pd.DataFrame:
    """Set the rate of each configuration that is ok in every seed beside that of independent copies (COLUMNS).

    Both are medians over the seeds, and so is the share of the copies' rate, within each seed.
    """
    ok = comparison[comparison["n_ok"] == comparison["n_runs"]].merge(oversubscribed(runs), on=CELL)
    of_workload = copies.groupby("workload")["samples_per_second"].median()
    return as_table(ok.assign(independent_copies=ok["workload"].map(of_workload)), COLUMNS)


def draw(data: pd.DataFrame, study: StudyFolder) -> Figure:
    """Draw samples per second over workers, a line a method, and the rate of independent copies across."""
    methods = list(dict.fromkeys(data["method"]))
    with matplotlib.rc_context(STYLE):
        names = [f"{method} (rate only)" for method in methods]
        figure, axes = facets(data, height=2.7, extra=legend_height(names) + 4 * LINE_HEIGHT)
        for axis, (_, group) in zip(axes, data.groupby("workload", sort=False), strict=False):
            _draw_workload(axis, group, methods)
        draw_legend(figure, axes, handlelength=4)
    return figure


def _draw_workload(axis: Axes, group: pd.DataFrame, methods: list[str]) -> None:
    copies = group["independent_copies"].iloc[0]
    if pd.notna(copies):
        axis.axhline(copies, color="0.35", linewidth=1.6, label="ceiling: as many copies as cores, nothing shared")
    for method, own in group.groupby("method", sort=False):
        own = own.sort_values("workers")
        label = legend_label(method + (" (rate only)" if own["throughput_only"].any() else ""))
        rates = own["samples_per_second_median"]
        look = look_of_method(methods, method) | {"linestyle": dash_of_method(methods, method)}
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

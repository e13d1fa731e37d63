"""Speed-up against what it costs in code: the lines changed in the serial script."""

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from casual_training.analysis.charts.configurations import oversubscribed
from casual_training.analysis.charts.style import (
    LINE_HEIGHT,
    STYLE,
    draw_legend,
    facets,
    legend_height,
    legend_label,
    look_of_method,
)
from casual_training.analysis.frames import CELL, FIGURE, FLAG, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder

TITLE = "Speed-up against the lines of code that it costs"
CAPTION = "What each configuration costs and gains"
INPUTS = ["comparison", "runs"]
PLACE = 90
SECTION = "code"
COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "oversubscribed": FLAG,
    "lines_changed": WHOLE,
    "speedup_to_target": FIGURE,
}


def data(study: StudyFolder) -> pd.DataFrame:
    """Read what each configuration costs and gains (COLUMNS)."""
    return costs_and_gains(study.table("comparison"), study.table("runs"))


def costs_and_gains(comparison: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return what each configuration that has a standalone script costs and gains (COLUMNS)."""
    own = comparison[comparison["lines_changed"].notna()]
    return as_table(own.merge(oversubscribed(runs), on=CELL), COLUMNS)


def draw(data: pd.DataFrame, study: StudyFolder) -> Figure:
    """Draw speed-up over lines changed, a colour and marker a method, the workers beside a point."""
    data = data.dropna(subset="speedup_to_target")
    methods = list(dict.fromkeys(data["method"]))
    with matplotlib.rc_context(STYLE):
        figure, axes = facets(data, height=3, extra=legend_height(methods) + 3 * LINE_HEIGHT)
        for axis, (_, group) in zip(axes, data.groupby("workload", sort=False), strict=False):
            _draw_workload(axis, group, methods)
        draw_legend(figure, axes)
    return figure


def _draw_workload(axis: Axes, group: pd.DataFrame, methods: list[str]) -> None:
    axis.axhline(1, color="0.35", linewidth=1.2, label="best serial run")
    firsts = group.drop_duplicates("method")
    ranks = dict(zip(firsts["method"], firsts.groupby("lines_changed").cumcount(), strict=True))
    for method, own in group.groupby("method", sort=False):
        own = own.sort_values("speedup_to_target").fillna({"oversubscribed": False})
        lines, speedups = own["lines_changed"].astype(float), own["speedup_to_target"]
        look = look_of_method(methods, method)
        axis.plot(lines, speedups, linewidth=0.8, label=legend_label(method), **look)
        side = -1 if ranks[method] % 2 else 1  # methods of one script may lie on one another: words by turns
        for point in own.itertuples():
            axis.annotate(
                f"{point.workers}{'*' if point.oversubscribed else ''}",
                (point.lines_changed, point.speedup_to_target),
                xytext=(6 * side, 0),
                textcoords="offset points",
                ha="left" if side > 0 else "right",
                va="center",
                fontsize=8,
            )
    axis.add_line(Line2D([], [], linestyle="none", label="beside a point: its workers; *: oversubscribed"))
    most = max(1, group["lines_changed"].max())
    axis.set(xlim=(-0.04 * most, 1.1 * most), ylim=(0, 1.1 * max(1, group["speedup_to_target"].max())))
    axis.set(xlabel="lines of code changed in the serial script", ylabel="times as fast to the target")
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))

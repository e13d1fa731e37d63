"""Which networks a method pays off for: speed-ups of several workloads over their step time and their parameters.

The step is that of the serial method with the smallest median training time. Of each method there is one point a
workload: the most workers that are not oversubscribed, which is known before anything is measured.
"""

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator

from casual_training.analysis.charts.configurations import oversubscribed
from casual_training.analysis.charts.style import (
    LINE_HEIGHT,
    STYLE,
    WIDTH,
    dash_of_method,
    draw_legend,
    legend_height,
    legend_label,
    look_of_method,
    spaced_ticks,
)
from casual_training.analysis.choose_runs import best_serial
from casual_training.analysis.frames import CELL, FIGURE, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder

TITLE = "Speed-up against the step time and the parameters of a network"
CAPTION = "Of each method the most workers that are not oversubscribed, where it is ok and on target in every seed"
INPUTS = ["comparison", "runs"]
PLACE = 50
SECTION = "scaling"
EMPTY = ""  # one workload has no such chart
COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "serial_step_ms": FIGURE,
    "parameters": WHOLE,
    "speedup_to_target": FIGURE,
}
SLOPE = 40  # degrees of a network's name: steep enough for two of them whose parameters differ by half
PANELS = {"serial_step_ms": "serial training, ms a step", "parameters": "parameters that are trained"}


def data(study: StudyFolder) -> pd.DataFrame:
    """Read the speed-up of each method that has one, a row a workload (COLUMNS)."""
    return speedups_of_workloads(study.table("comparison"), study.table("runs"))


def speedups_of_workloads(comparison: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the speed-up of each method that has one, a row a workload (COLUMNS); none for one workload."""
    over = oversubscribed(runs)
    own = comparison.merge(over[~over["oversubscribed"].fillna(False)], on=CELL).dropna(subset="speedup_to_target")
    own = own.sort_values("workers", kind="stable").drop_duplicates(["workload", "method"], keep="last")
    if own["workload"].nunique() < 2:
        return as_table([], COLUMNS)
    of_workloads = dict(iter(runs.groupby("workload")))
    steps = {name: _serial_step(of_workload) for name, of_workload in of_workloads.items()}
    parameters = {name: of_workload["parameters"].max() for name, of_workload in of_workloads.items()}
    own = own.assign(serial_step_ms=own["workload"].map(steps), parameters=own["workload"].map(parameters))
    order = dict.fromkeys(comparison["method"])
    position = {method: place for place, method in enumerate(order)}
    own = own.sort_values(["serial_step_ms", "method"], key=lambda column: column.replace(position))
    return as_table(own, COLUMNS)


def _serial_step(runs: pd.DataFrame) -> float:
    own = runs[(runs["method"] == best_serial(runs)) & (runs["status"] == "ok")]
    return float(own["step_ms"].median())


def draw(data: pd.DataFrame, study: StudyFolder) -> Figure:
    """Draw two panels, speed-up over step time and over parameters, a line a method."""
    methods = list(dict.fromkeys(data["method"]))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 7.6 + legend_height(methods) + LINE_HEIGHT), layout="constrained")
        axes = list(figure.subplots(len(PANELS), squeeze=False)[:, 0])
        for axis, (column, words) in zip(axes, PANELS.items(), strict=True):
            _draw_panel(axis, data.dropna(subset=column), column, methods)
            axis.set(xlabel=words, ylabel="times as fast to the target")
        draw_legend(figure, axes, handlelength=4)
    return figure


def _draw_panel(axis: Axes, data: pd.DataFrame, column: str, methods: list[str]) -> None:
    axis.axhline(1, color="0.35", linewidth=1.2, label="best serial run")
    if data.empty:
        axis.text(0.5, 0.5, "not known of any workload", ha="center", transform=axis.transAxes)
        return
    for method, own in data.groupby("method", sort=False):
        own = own.sort_values(column)
        look = look_of_method(methods, method) | {"linestyle": dash_of_method(methods, method)}
        label, speedups = legend_label(method), own["speedup_to_target"]
        axis.plot(own[column].astype(float), speedups, linewidth=1.2, label=label, **look)
    for value, own in data.groupby(column):
        names = "\n".join(dict.fromkeys(own["workload"]))
        axis.axvline(float(value), color="0.85", linewidth=0.8, zorder=0)
        where = {"transform": axis.get_xaxis_transform(), "rotation": SLOPE, "rotation_mode": "anchor", "fontsize": 8}
        axis.text(float(value), 1.02, names, ha="left", va="bottom", **where)
    low, high = data["speedup_to_target"].min(), data["speedup_to_target"].max()
    least, most = data[column].min(), data[column].max()
    axis.set(xscale="log", yscale="log", xlim=(least / 2, most * 4), ylim=(0.9 * min(0.85, low), 1.1 * max(1.4, high)))
    axis.yaxis.set_major_locator(FixedLocator(spaced_ticks(*axis.get_ylim())))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter("{x:g}")
    if axis.get_xlim()[1] < 1000 * axis.get_xlim()[0]:  # hardly a tick at powers of 10 alone
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")

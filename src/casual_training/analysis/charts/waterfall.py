"""The waterfall: a pre-specified comparison's speed-up to the target as samples per second times samples needed.

On a logarithmic axis a product is one bar after the other.
"""

import matplotlib
import numpy
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from casual_training.analysis.charts.configurations import configurations, oversubscribed
from casual_training.analysis.charts.style import COLOURS, STYLE, draw_legend, facets, row_label, spaced_ticks
from casual_training.analysis.frames import CELL, FIGURE, FLAG, TEXT, as_table
from casual_training.analysis.study_folder import StudyFolder

TITLE = "Where the speed-up of the declared comparisons comes from"
CAPTION = "Samples per second times samples needed is the speed-up to the target"
INPUTS = ["comparison", "runs"]
PLACE = 30
SECTION = "parts"
EMPTY = "no declared comparison has a speed-up yet"
COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "oversubscribed": FLAG,
    "hardware_efficiency": FIGURE,
    "statistical_efficiency": FIGURE,
    "speedup_to_target": FIGURE,
}
STEPS = {
    "hardware_efficiency": "samples per second",
    "statistical_efficiency": "samples needed",
    "speedup_to_target": "speed-up",
}
HATCHES = ["", "///", ""]  # so that the bars differ without their colours
SHADES = [COLOURS[0], COLOURS[1], "0.35"]
LANES = len(STEPS) + 1  # of a comparison, with the gap behind it


def data(study: StudyFolder) -> pd.DataFrame:
    """Read the factors of the pre-specified comparisons (COLUMNS)."""
    return factors(study.table("comparison"), study.table("runs"))


def factors(comparison: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the factors of the pre-specified comparisons that have a speed-up (COLUMNS)."""
    own = comparison[(comparison["verdict"] != "") & comparison["speedup_to_target"].notna()]
    own = own.merge(oversubscribed(runs), on=CELL)
    return as_table(own.assign(configuration=configurations(own)), COLUMNS)


def draw(data: pd.DataFrame, study: StudyFolder) -> Figure:
    """Draw three bars a comparison, its factors and their product."""
    n_rows = list(data.groupby("workload", sort=False).size()) or [2]
    with matplotlib.rc_context(STYLE):
        figure, axes = facets(data, height=0.8 + 0.75 * sum(n_rows) / len(n_rows), extra=0.9)
        axes[0].get_gridspec().set_height_ratios([n + 1 for n in n_rows])
        for axis, (_, group) in zip(axes, data.groupby("workload", sort=False), strict=False):
            _draw_workload(axis, group)
        draw_legend(figure, axes, ncols=2)
    return figure


def _draw_workload(axis: Axes, group: pd.DataFrame) -> None:
    axis.axvline(1, color="0.35", linewidth=1.2, label="best serial run")
    for number, row in enumerate(group.itertuples()):
        starts = [1.0, row.hardware_efficiency, 1.0]
        for lane, (factor, words) in enumerate(STEPS.items()):
            place, value = LANES * number + lane, getattr(row, factor)
            end = starts[lane] * value
            look = {"color": SHADES[lane], "hatch": HATCHES[lane], "edgecolor": "white", "linewidth": 0}
            axis.barh(place, end - starts[lane], left=starts[lane], height=0.9, label=words, **look)
            axis.text(1.02, place, f"{value:.2f}", va="center", fontsize=9, transform=axis.get_yaxis_transform())
    ends = numpy.concatenate([[1.0], group["hardware_efficiency"], group["speedup_to_target"]])
    low, high = 0.9 * min(0.85, ends.min()), 1.1 * max(1.4, ends.max())
    middles = [LANES * number + 1 for number in range(len(group))]
    over = group["oversubscribed"].fillna(False)
    labels = [row_label(name) + (" *" if mark else "") for name, mark in zip(group["configuration"], over, strict=True)]
    if over.any():
        axis.add_line(Line2D([], [], linestyle="none", label="* oversubscribed"))
    axis.set(yticks=middles, yticklabels=labels)
    axis.set(xscale="log", xlim=(low, high), ylim=(LANES * len(group) - 1, -1))
    axis.set(xlabel="times as fast as the best serial run")
    axis.grid(False, axis="y")
    axis.xaxis.set_major_locator(FixedLocator(spaced_ticks(low, high)))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter("{x:g}")

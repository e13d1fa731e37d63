"""How stale the updates are: a bar a configuration, divided by how many updates of others an update missed."""

from collections.abc import Iterable

import matplotlib
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from casual_training.analysis.charts.configurations import configuration
from casual_training.analysis.charts.style import LINE_HEIGHT, STYLE, draw_legend, facets, row_label
from casual_training.analysis.frames import FIGURE, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.tables.diagnostics import ok_by_cell, staleness_histogram
from casual_training.analysis.wording import short_percent
from casual_training.records.record import Record

TITLE = "How many updates of other workers an update missed"
CAPTION = "The updates of all seeds by how many others they missed; the last bin is 64 or more"
INPUTS = ["records"]
PLACE = 80
SECTION = "diagnostics"
COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "updates_missed": WHOLE,
    "updates": WHOLE,
    "share": FIGURE,
}
BINS = {0: "none", 1: "1", 2: "2", 3: "3", 4: "4 to 7", 8: "8 or more"}  # by the first number of each
SHADES = seaborn.color_palette("cividis_r", len(BINS))


def data(study: StudyFolder) -> pd.DataFrame:
    """Read how many updates of others the updates of each parallel configuration missed (COLUMNS)."""
    return counted(study.records_in_order())


def counted(records: Iterable[Record]) -> pd.DataFrame:
    """Count how many updates of others the updates of each parallel configuration missed (COLUMNS).

    The seeds of a configuration count together; a number of missed updates that never came up has no row.

    Args:
        records: in the order in which the rows are to stand; those of runs that are not ok do not count.
    """
    rows = []
    for (workload, method, workers, epochs), own in ok_by_cell(records).items():
        counts = staleness_histogram(worker for record in own for worker in record.worker_records)
        cell = (workload, configuration(method, workers, epochs))
        rows += [
            (*cell, missed, number, number / sum(counts))
            for missed, number in enumerate(counts)
            if number and workers > 1
        ]
    return as_table(rows, COLUMNS)


def draw(data: pd.DataFrame, study: StudyFolder) -> Figure:
    """Draw a bar a configuration, divided by how many updates of others an update missed."""
    labels = list(dict.fromkeys(row_label(name) for name in data["configuration"]))
    row_height = LINE_HEIGHT * max([2, *(label.count("\n") + 1 for label in labels)])
    n_bars = list(data.groupby("workload", sort=False)["configuration"].nunique()) or [3]
    with matplotlib.rc_context(STYLE):
        figure, axes = facets(data, height=0.7 + row_height * sum(n_bars) / len(n_bars), extra=0.75)
        axes[0].get_gridspec().set_height_ratios(n_bars)  # a bar is as thick in every workload
        for axis, (_, group) in zip(axes, data.groupby("workload", sort=False), strict=False):
            _draw_workload(axis, group)
        draw_legend(figure, axes, ncols=3, title="updates of others missed")
    return figure


def _draw_workload(axis: Axes, group: pd.DataFrame) -> None:
    firsts = list(BINS)
    bins = pd.cut(group["updates_missed"], [*firsts, float("inf")], right=False, labels=firsts)
    shares = group.groupby(["configuration", bins], sort=False, observed=False)["share"].sum().unstack()
    labels = [row_label(name) for name in shares.index]
    left = pd.Series(0.0, index=shares.index)
    for first, shade in zip(firsts, SHADES, strict=True):
        axis.barh(range(len(labels)), shares[first], left=left, color=shade, edgecolor="white", label=BINS[first])
        left += shares[first]
    axis.set(yticks=range(len(labels)), yticklabels=labels, ylim=(len(labels) - 0.5, -0.5), xlim=(0, 1))
    axis.set(xlabel="share of the updates")
    axis.xaxis.set_major_formatter(lambda share, _: short_percent(round(share, 2)))

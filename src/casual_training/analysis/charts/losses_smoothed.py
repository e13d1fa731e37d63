"""The readable chart of the losses: smoothed training loss of the first seed against time, then against samples."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from casual_training.analysis.charts import losses
from casual_training.analysis.charts.curves import (
    MOST_POINTS,
    draw_curves,
    joined,
    most_points,
    n_configurations,
    thinned,
)
from casual_training.analysis.frames import FIGURE, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder

TITLE = "Training loss of the first seed, smoothed, against seconds and against samples"
CAPTION = "A summary of the smoothed losses; the CSV file has every point"
INPUTS = ["losses", "records"]
PLACE = 70
SECTION = "losses"
COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "seconds": FIGURE,
    "samples": WHOLE,
    "loss_smoothed": FIGURE,
}
SUMMARY_COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "seconds": FIGURE,
    "lowest_loss": FIGURE,
    "last_loss": FIGURE,
}


def data(study: StudyFolder) -> pd.DataFrame:
    """Read the losses of the first seed and smooth them (COLUMNS)."""
    return smoothed(losses.data(study))


def smoothed(data: pd.DataFrame) -> pd.DataFrame:
    """Smooth each curve of the losses exponentially (COLUMNS), to at most 200 points a curve.

    The span of the smoothing is a twentieth of the curve. Where there are very many curves, each has fewer points.
    """
    most, curves = min(MOST_POINTS, most_points(n_configurations(data))), []
    for _, rows in data.groupby(["workload", "configuration"], sort=False):
        rows = rows.assign(loss_smoothed=rows["loss"].ewm(span=max(1, len(rows) / 20)).mean())
        curves.append(thinned(rows, most))
    return joined(curves, COLUMNS)


def summary(data: pd.DataFrame, study: StudyFolder) -> pd.DataFrame:
    """Summarise each smoothed curve (SUMMARY_COLUMNS), for a page of many curves."""
    curves = data.groupby(["workload", "configuration"], sort=False)
    found = curves.agg(
        seconds=("seconds", "last"), lowest_loss=("loss_smoothed", "min"), last_loss=("loss_smoothed", "last")
    )
    return as_table(found.reset_index(), SUMMARY_COLUMNS)


def draw(data: pd.DataFrame, study: StudyFolder) -> Figure:
    """Draw smoothed training loss, for each workload in two panels: against seconds, and against samples."""
    figure, axes = draw_curves(data, ["seconds", "samples"], "loss_smoothed", line_width=1.6)
    for over_seconds, over_samples in zip(axes[::2], axes[1::2], strict=True):
        over_seconds.set(xlabel="seconds of training", ylabel="training loss, smoothed")
        over_samples.set(xlabel="samples, all workers together", ylabel="training loss, smoothed")
        over_samples.xaxis.set_major_locator(MaxNLocator(5))
        over_samples.xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    return figure

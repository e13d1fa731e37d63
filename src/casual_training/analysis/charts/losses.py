"""The original study's chart: training loss against logged batches, of the first seed."""

import pandas as pd
from matplotlib.figure import Figure

from casual_training.analysis.charts.configurations import configuration, whole_records
from casual_training.analysis.charts.curves import draw_curves, joined, most_points, n_configurations, thinned
from casual_training.analysis.frames import CELL, FIGURE, TEXT, WHOLE, as_table
from casual_training.analysis.logged_losses import COLUMNS as LOGGED
from casual_training.analysis.logged_losses import logged_losses
from casual_training.analysis.study_folder import StudyFolder

TITLE = "Training loss of the first seed, every logged batch"
CAPTION = "A summary; the CSV file has every batch"
INPUTS = ["losses", "records"]
PLACE = 60
SECTION = "losses"
COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "logged_batch": WHOLE,
    "seconds": FIGURE,
    "samples": WHOLE,
    "worker": WHOLE,
    "loss": FIGURE,
}
SUMMARY_COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "logged_batches": WHOLE,
    "first_loss": FIGURE,
    "lowest_loss": FIGURE,
    "last_loss": FIGURE,
}
OF_A_LINE = [*CELL, "oversubscribed"]


def data(study: StudyFolder) -> pd.DataFrame:
    """Read the logged losses of the first seed's whole runs, and merge those of each run (COLUMNS)."""
    runs = [record.run for record in whole_records(study) if record.run.seed == study.plan.seeds[0]]
    logs = [
        logged_losses(study.root / run.folder).assign(**{column: getattr(run, column) for column in OF_A_LINE})
        for run in runs
    ]
    return merged(pd.concat(logs, ignore_index=True) if logs else pd.DataFrame(columns=[*OF_A_LINE, *LOGGED]))


def merged(logs: pd.DataFrame) -> pd.DataFrame:
    """Merge the logged losses of each run's workers in the order of time (COLUMNS); all their samples count.

    Args:
        logs: the logged losses of one run a configuration, with the columns of CELL and `oversubscribed` beside them.
    """
    curves = []
    for (_, method, workers, epochs), rows in logs.groupby(CELL, sort=False):
        rows = rows.sort_values("seconds", kind="stable")
        name = configuration(method, workers, epochs, rows["oversubscribed"].any())
        rows = rows.assign(configuration=name, logged_batch=range(1, len(rows) + 1))
        of_worker = rows.groupby("worker")["samples"]
        rows["samples"] = of_worker.diff().fillna(rows["samples"]).cumsum()
        curves.append(rows)
    return joined(curves, COLUMNS)


def summary(data: pd.DataFrame, study: StudyFolder) -> pd.DataFrame:
    """Summarise each curve (SUMMARY_COLUMNS), for a page that cannot list every batch."""
    curves = data.groupby(["workload", "configuration"], sort=False)["loss"]
    found = curves.agg(logged_batches="size", first_loss="first", lowest_loss="min", last_loss="last")
    return as_table(found.reset_index(), SUMMARY_COLUMNS)


def draw(data: pd.DataFrame, study: StudyFolder) -> Figure:
    """Draw training loss against logged batches; where there are very many, say how many of each curve are drawn."""
    most, xlabel = most_points(n_configurations(data)), "logged batch, all workers together"
    curves = [rows for _, rows in data.groupby(["workload", "configuration"], sort=False)]
    if any(len(curve) > most for curve in curves):
        xlabel += f"\nof each line at most {most:,} points are drawn"
        data = joined([thinned(curve, most) for curve in curves], COLUMNS)
    figure, axes = draw_curves(data, ["logged_batch"], "loss", line_width=0.7)
    for axis in axes:
        axis.set(xlabel=xlabel, ylabel="training loss")
    return figure

"""The validation metric during training: a line a seed with a dot at its end, against seconds, then against samples."""

from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from casual_training.analysis.charts.configurations import configuration, whole_records
from casual_training.analysis.charts.curves import (
    MOST_POINTS,
    joined,
    labels_and_looks,
    most_points,
    n_configurations,
    n_lines,
    thinned,
)
from casual_training.analysis.charts.style import LINE_HEIGHT, STYLE, draw_legend, facets
from casual_training.analysis.frames import CELL, FIGURE, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.wording import metric_words, short_metric

TITLE = "Validation {metric} during training"
CAPTION = "A summary; the CSV file has every point"
INPUTS = ["records", "runs"]
PLACE = 20
SECTION = "comparison"
COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "seed": WHOLE,
    "samples": WHOLE,
    "seconds": FIGURE,
    "metric": TEXT,
    "validation_metric": FIGURE,
}
SUMMARY_COLUMNS = {
    "workload": TEXT,
    "configuration": TEXT,
    "seeds": WHOLE,
    "points": WHOLE,
    "metric": TEXT,
    "best_metric": FIGURE,
    "last_metric_median": FIGURE,
}
OF_A_RUN = [*CELL, "oversubscribed", "seed"]
OF_A_POINT = ["samples", "seconds", "validation_metric"]
MOST_CURVES = 100  # of a workload that are drawn one by one


def data(study: StudyFolder) -> pd.DataFrame:
    """Read the curves of the whole runs (COLUMNS)."""
    points = [
        {column: getattr(record.run, column) for column in OF_A_RUN}
        | {column: getattr(point, column) for column in OF_A_POINT}
        | {"metric": record.run.metric["name"]}
        for record in whole_records(study)
        for point in record.curve
    ]
    return named(pd.DataFrame(points, columns=[*OF_A_RUN, *OF_A_POINT, "metric"]))


def named(curves: pd.DataFrame) -> pd.DataFrame:
    """Name the configuration of each point of the runs' curves (COLUMNS).

    Args:
        curves: seed, samples, seconds, metric and validation_metric of each point, with the columns of CELL and
            `oversubscribed` beside them.
    """
    configurations = []
    for (_, method, workers, epochs), rows in curves.groupby(CELL, sort=False):
        name = configuration(method, workers, epochs, rows["oversubscribed"].any())
        configurations.append(rows.assign(configuration=name))
    return joined(configurations, COLUMNS)


def summary(data: pd.DataFrame, study: StudyFolder) -> pd.DataFrame:
    """Summarise each configuration (SUMMARY_COLUMNS)."""
    return summarised(data, {run.workload: run.metric["higher_is_better"] for run in study.plan.runs})


def summarised(data: pd.DataFrame, rises: dict[str, bool]) -> pd.DataFrame:
    """Summarise each configuration (SUMMARY_COLUMNS).

    Args:
        data: of COLUMNS.
        rises: whether more of the metric is better, by workload.
    """
    by = ["workload", "configuration"]
    configurations = data.groupby(by, sort=False)
    last = data.groupby([*by, "seed"], sort=False)["validation_metric"].last()
    values = configurations["validation_metric"].agg(["min", "max"])
    found = configurations.agg(seeds=("seed", "nunique"), points=("seed", "size"), metric=("metric", "first"))
    found["best_metric"] = [
        highest if rises[workload] else lowest for (workload, _), lowest, highest in values.itertuples()
    ]
    found["last_metric_median"] = last.groupby(by, sort=False).median()
    return as_table(found.reset_index(), SUMMARY_COLUMNS)


def draw(data: pd.DataFrame, study: StudyFolder) -> Figure:
    """Draw every curve with the targets of the runs table."""
    return draw_with_targets(data, study.table("runs").groupby("workload")["target"].first().dropna().to_dict())


def draw_with_targets(data: pd.DataFrame, targets: dict[str, float]) -> Figure:
    """Draw a line a seed with a dot at its end, for each workload in two panels: against seconds, and against samples.

    Where some workload has more than MOST_CURVES of them, a line is the median of a configuration's seeds instead, and
    the legend says so; every seed still has its dot. A line has at most MOST_POINTS, fewer where there are many lines.

    Args:
        data: of COLUMNS.
        targets: the metric that counts as trained, by workload; a workload without one has no line for it.
    """
    names, looks = labels_and_looks(data)
    n_curves = data.drop_duplicates(["workload", "configuration", "seed"])["workload"].value_counts()
    as_medians = bool((n_curves > MOST_CURVES).any())
    most = min(MOST_POINTS, most_points(n_configurations(data) if as_medians else n_curves.sum()))
    with matplotlib.rc_context(STYLE):
        figure, axes = facets(data, height=2.4, extra=LINE_HEIGHT * (n_lines(names) + as_medians), panels=2)
        if as_medians:
            axes[0].add_line(Line2D([], [], linestyle="none", label="line: median of the seeds; dot: end of a seed"))
        for number, (workload, group) in enumerate(data.groupby("workload", sort=False)):
            ends = group.drop_duplicates(["configuration", "seed"], keep="last")
            if as_medians:
                lines = _each_thinned(_medians(group), ["configuration"], most)
            else:
                lines = _interrupted(_each_thinned(group, ["configuration", "seed"], most), ends)
            over_seconds, over_samples = axes[2 * number : 2 * number + 2]
            for axis, x in ((over_seconds, "seconds"), (over_samples, "samples")):
                _draw_lines(axis, x, lines, ends, names, looks)
                _finish(axis, group["metric"].iloc[0], targets.get(workload))
            over_seconds.set(xlabel="seconds of training")
            over_samples.set(xlabel="samples, all workers together")
        draw_legend(figure, axes, handlelength=4)
    return figure


def _each_thinned(curves: pd.DataFrame, by: list[str], most: int) -> pd.DataFrame:
    """Thin each of several curves, in the order and with the index that they have."""
    own = [curve for _, curve in curves.groupby(by, sort=False)]
    return curves if all(len(curve) <= most for curve in own) else pd.concat([thinned(one, most) for one in own])


def _interrupted(curves: pd.DataFrame, ends: pd.DataFrame) -> pd.DataFrame:
    """Put a gap behind each seed: one line for all seeds is quick, a line a seed takes seconds where there are many."""
    return pd.concat([curves, ends.assign(validation_metric=float("nan"))]).sort_index(kind="stable")


def _medians(curves: pd.DataFrame) -> pd.DataFrame:
    """Return each configuration's median curve over its seeds, point by point."""
    point = curves.groupby(["configuration", "seed"]).cumcount()
    return curves.groupby(["configuration", point], sort=False)[OF_A_POINT].median().reset_index()


def _draw_lines(
    axis: Axes, x: str, lines: pd.DataFrame, ends: pd.DataFrame, names: dict[str, str], looks: dict[str, dict[str, Any]]
) -> None:
    ends_of = dict(list(ends.groupby("configuration")))
    for name, line in lines.groupby("configuration", sort=False):
        axis.plot(line[x], line["validation_metric"], linewidth=1, label=names[name], **looks[name])
        own = ends_of[name]
        axis.plot(own[x], own["validation_metric"], "o", markersize=3, color=looks[name]["color"])


def _finish(axis: Axes, metric: str, target: float | None) -> None:
    if target is not None:
        axis.axhline(target, color="0.35", linewidth=1)
        words = f"target\n{short_metric(metric, target)}"
        axis.text(1.02, target, words, va="center", transform=axis.get_yaxis_transform())
    axis.set(xlim=(0, None), ylabel=f"validation {metric_words([metric])}")
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    axis.yaxis.set_major_locator(MaxNLocator(5))
    axis.yaxis.set_major_formatter(lambda value, _: short_metric(metric, value))

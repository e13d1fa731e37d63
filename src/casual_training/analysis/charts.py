"""The page's charts and the table behind each: accuracy, losses, cost in code, staleness; and what all charts share.

The speed-ups are in forest.py and waterfall.py.

Narrow on purpose, so that text stays readable on a phone. Every line differs in colour (safe for colour-blind
readers) and in dash; several workloads stand one above the other.
"""

import io
import re
import textwrap
from pathlib import Path

import matplotlib
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from casual_training.analysis import wording
from casual_training.analysis.columns import (
    ACCURACY_COLUMNS,
    ACCURACY_SUMMARY_COLUMNS,
    CELL,
    CODE_COST_COLUMNS,
    LOSSES_COLUMNS,
    SMOOTHED_COLUMNS,
    SMOOTHED_SUMMARY_COLUMNS,
    SUMMARY_COLUMNS,
    as_table,
)
from casual_training.files import write_whole

WIDTH = 4.7  # inches; a phone shows this at about three quarters
LINE_HEIGHT = 0.21  # inches, of a line of text beside a chart
MOST_POINTS = 200  # of a smoothed curve
MOST_OF_A_CHART = 10_000  # points of losses, over one x axis; a page of more opens slowly
MOST_CURVES = 100  # accuracies of a workload that are drawn one by one
# Of 3:1 on white, and on black once the page has inverted a chart; told apart by the colour-blind, too.
COLOURS = ["#0173b2", "#b38600", "#006b4f", "#c03a00", "#c96fb5", "#6b2f00", "#858585", "#1a1a66"]
DASHES = ["-", (0, (5, 2)), (0, (1, 1.3)), (0, (6, 2, 1, 2)), (0, (3, 1.5, 1, 1.5, 1, 1.5))]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]  # one fewer than colours: only the 57th method looks like the first
STALENESS_BINS = {0: "none", 1: "1", 2: "2", 3: "3", 4: "4 to 7", 8: "8 or more"}  # by the first number of each
STALENESS_SHADES = seaborn.color_palette("cividis_r", len(STALENESS_BINS))
STYLE = seaborn.axes_style("whitegrid") | {
    "font.size": 10,
    # The first comes with matplotlib; a browser without it finds one that is not wider.
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titley": 1.0,  # where it would be put anyhow, after looking at every tick
    "legend.frameon": False,
    "text.parse_math": False,  # a "$" in a name is a dollar sign
    "svg.fonttype": "none",  # text stays text: it can be searched and copied
}


def losses_data(logs: pd.DataFrame) -> pd.DataFrame:
    """Merge the logged losses of each run's workers in the order of time (LOSSES_COLUMNS); all their samples count.

    Args:
        logs: the logged losses of one run a configuration, with the columns of CELL and `oversubscribed` beside them.
    """
    curves = []
    for (_, method, workers, epochs), rows in logs.groupby(CELL, sort=False):
        rows = rows.sort_values("seconds", kind="stable")
        name = _configuration(method, workers, epochs, rows["oversubscribed"])
        rows = rows.assign(configuration=name, logged_batch=range(1, len(rows) + 1))
        of_worker = rows.groupby("worker")["samples"]
        rows["samples"] = of_worker.diff().fillna(rows["samples"]).cumsum()
        curves.append(rows)
    return _joined(curves, LOSSES_COLUMNS)


def _joined(curves: list[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    """Put curves below each other, in a table of exactly these columns."""
    return as_table(pd.concat(curves, ignore_index=True) if curves else [], columns)


def _configuration(method: str, workers: int, epochs: float, oversubscribed: pd.Series) -> str:
    over = " (oversubscribed)" if oversubscribed.fillna(False).any() else ""
    return f"{method}, {wording.split(workers, epochs)}{over}"


def losses_summary(data: pd.DataFrame) -> pd.DataFrame:
    """Summarise each curve of `losses_data` (SUMMARY_COLUMNS), for a page that cannot list every batch."""
    curves = data.groupby(["workload", "configuration"], sort=False)["loss"]
    summary = curves.agg(logged_batches="size", first_loss="first", lowest_loss="min", last_loss="last")
    return as_table(summary.reset_index(), SUMMARY_COLUMNS)


def smoothed_losses_data(data: pd.DataFrame) -> pd.DataFrame:
    """Smooth each curve of `losses_data` exponentially (SMOOTHED_COLUMNS), to at most 200 points a curve.

    The span of the smoothing is a twentieth of the curve. Where there are very many curves, each has fewer points.
    """
    most, curves = min(MOST_POINTS, most_points(data)), []
    for _, rows in data.groupby(["workload", "configuration"], sort=False):
        rows = rows.assign(loss_smoothed=rows["loss"].ewm(span=max(1, len(rows) / 20)).mean())
        curves.append(_thinned(rows, most))
    return _joined(curves, SMOOTHED_COLUMNS)


def most_points(data: pd.DataFrame) -> int:
    """Describe how many points each curve of `losses_data` may have, so that no chart has too many: 2 or more."""
    n_curves = data.groupby("workload", sort=False)["configuration"].nunique().sum()
    return max(2, MOST_OF_A_CHART // max(1, n_curves))


def smoothed_losses_summary(data: pd.DataFrame) -> pd.DataFrame:
    """Summarise each curve of `smoothed_losses_data` (SMOOTHED_SUMMARY_COLUMNS), for a page of many curves."""
    curves = data.groupby(["workload", "configuration"], sort=False)
    summary = curves.agg(
        seconds=("seconds", "last"), lowest_loss=("loss_smoothed", "min"), last_loss=("loss_smoothed", "last")
    )
    return as_table(summary.reset_index(), SMOOTHED_SUMMARY_COLUMNS)


def _thinned(curve: pd.DataFrame, most: int) -> pd.DataFrame:
    """Choose at most so many points of a curve, evenly and with both ends."""
    last, n_points = len(curve) - 1, min(len(curve), most)
    return curve.iloc[[round(point * last / max(1, n_points - 1)) for point in range(n_points)]]


def _each_thinned(curves: pd.DataFrame, by: list[str], most: int) -> pd.DataFrame:
    """Thin each of several curves, in the order and with the index that they have."""
    own = [curve for _, curve in curves.groupby(by, sort=False)]
    return curves if all(len(curve) <= most for curve in own) else pd.concat([_thinned(one, most) for one in own])


def accuracy_data(curves: pd.DataFrame) -> pd.DataFrame:
    """Name the configuration of each point of the runs' accuracy curves (ACCURACY_COLUMNS).

    Args:
        curves: seed, samples, seconds, metric and validation_metric of each point, with the columns of CELL and
            `oversubscribed` beside them.
    """
    named = []
    for (_, method, workers, epochs), rows in curves.groupby(CELL, sort=False):
        name = _configuration(method, workers, epochs, rows["oversubscribed"])
        named.append(rows.assign(configuration=name))
    return _joined(named, ACCURACY_COLUMNS)


def accuracy_summary(data: pd.DataFrame, rises: dict[str, bool]) -> pd.DataFrame:
    """Summarise each configuration of `accuracy_data` (ACCURACY_SUMMARY_COLUMNS).

    Args:
        data: as `accuracy_data` gives it.
        rises: whether more of the metric is better, by workload.
    """
    by = ["workload", "configuration"]
    configurations = data.groupby(by, sort=False)
    last = data.groupby([*by, "seed"], sort=False)["validation_metric"].last()
    values = configurations["validation_metric"].agg(["min", "max"])
    summary = configurations.agg(seeds=("seed", "nunique"), points=("seed", "size"), metric=("metric", "first"))
    summary["best_metric"] = [
        highest if rises[workload] else lowest for (workload, _), lowest, highest in values.itertuples()
    ]
    summary["last_metric_median"] = last.groupby(by, sort=False).median()
    return as_table(summary.reset_index(), ACCURACY_SUMMARY_COLUMNS)


def code_cost_data(comparison: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return what each configuration that has a standalone script costs and gains (CODE_COST_COLUMNS)."""
    over = runs.groupby(CELL, sort=False)["oversubscribed"].any().reset_index()
    return as_table(comparison[comparison["lines_changed"].notna()].merge(over, on=CELL), CODE_COST_COLUMNS)


def losses(data: pd.DataFrame) -> Figure:
    """Draw the original study's chart from `losses_data`: training loss against logged batches.

    Where there are very many, the chart says how many of each curve it has.
    """
    most, xlabel = most_points(data), "logged batch, all workers together"
    curves = [rows for _, rows in data.groupby(["workload", "configuration"], sort=False)]
    if any(len(curve) > most for curve in curves):
        xlabel += f"\nof each line at most {most:,} points are drawn"
        data = _joined([_thinned(curve, most) for curve in curves], LOSSES_COLUMNS)
    figure, axes = _draw_curves(data, ["logged_batch"], "loss", line_width=0.7)
    for axis in axes:
        axis.set(xlabel=xlabel, ylabel="training loss")
    return figure


def smoothed_losses(data: pd.DataFrame) -> Figure:
    """Draw the readable chart from `smoothed_losses_data`: smoothed training loss against time, then samples."""
    figure, axes = _draw_curves(data, ["seconds", "samples"], "loss_smoothed", line_width=1.6)
    for over_seconds, over_samples in zip(axes[::2], axes[1::2], strict=True):
        over_seconds.set(xlabel="seconds of training", ylabel="training loss, smoothed")
        over_samples.set(xlabel="samples, all workers together", ylabel="training loss, smoothed")
        over_samples.xaxis.set_major_locator(MaxNLocator(5))
        over_samples.xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    return figure


def accuracy(data: pd.DataFrame, targets: dict[str, float]) -> Figure:
    """Draw `accuracy_data`, a line a seed with a dot at its end: against seconds of training, then against samples.

    Where some workload has more than MOST_CURVES of them, a line is the median of a configuration's seeds instead, and
    the legend says so; every seed still has its dot. A line has at most MOST_POINTS, fewer where there are many lines.

    Args:
        data: as `accuracy_data` gives it.
        targets: the metric that counts as trained, by workload; a workload without one has no line for it.
    """
    names, styles = _labels_and_styles(data)
    n_curves = data.drop_duplicates(["workload", "configuration", "seed"])["workload"].value_counts()
    as_medians = bool((n_curves > MOST_CURVES).any())
    n_lines = data.drop_duplicates(["workload", "configuration"]).shape[0] if as_medians else n_curves.sum()
    most = min(MOST_POINTS, max(2, MOST_OF_A_CHART // max(1, n_lines)))
    with matplotlib.rc_context(STYLE):
        figure, axes = facets(data, height=2.4, extra=LINE_HEIGHT * (_n_lines(names) + as_medians), panels=2)
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
                _draw_accuracies(axis, x, lines, ends, names, styles)
                _finish_accuracies(axis, group["metric"].iloc[0], targets.get(workload))
            over_seconds.set(xlabel="seconds of training")
            over_samples.set(xlabel="samples, all workers together")
        draw_legend(figure, axes, handlelength=4)
    return figure


def code_cost(data: pd.DataFrame) -> Figure:
    """Draw `code_cost_data`: speed-up over lines changed, a colour and marker a method, the workers beside a point."""
    data = data.dropna(subset="speedup_to_target")
    methods = list(dict.fromkeys(data["method"]))
    with matplotlib.rc_context(STYLE):
        figure, axes = facets(data, height=3, extra=legend_height(methods) + 3 * LINE_HEIGHT)
        for axis, (_, group) in zip(axes, data.groupby("workload", sort=False), strict=False):
            _draw_code_costs(axis, group, methods)
        draw_legend(figure, axes)
    return figure


def _draw_code_costs(axis: Axes, group: pd.DataFrame, methods: list[str]) -> None:
    axis.axhline(1, color="0.35", linewidth=1.2, label="best serial run")
    firsts = group.drop_duplicates("method")
    ranks = dict(zip(firsts["method"], firsts.groupby("lines_changed").cumcount(), strict=True))
    for method, own in group.groupby("method", sort=False):
        place = methods.index(method)
        look = {"color": COLOURS[place % len(COLOURS)], "marker": MARKERS[place % len(MARKERS)]}
        own = own.sort_values("speedup_to_target").fillna({"oversubscribed": False})
        label = legend_label(method)
        lines, speedups = own["lines_changed"].astype(float), own["speedup_to_target"]
        # Hollow, because methods of one script may lie on one another; their words stand by turns right and left.
        axis.plot(lines, speedups, linewidth=0.8, fillstyle="none", markeredgewidth=1.6, label=label, **look)
        side = -1 if ranks[method] % 2 else 1
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


def staleness(data: pd.DataFrame) -> Figure:
    """Draw `diagnostics.staleness`: a bar a configuration, divided by how many updates of others an update missed."""
    labels = list(dict.fromkeys(row_label(name) for name in data["configuration"]))
    row_height = LINE_HEIGHT * max([2, *(label.count("\n") + 1 for label in labels)])
    n_bars = list(data.groupby("workload", sort=False)["configuration"].nunique()) or [3]
    with matplotlib.rc_context(STYLE):
        figure, axes = facets(data, height=0.7 + row_height * sum(n_bars) / len(n_bars), extra=0.75)
        axes[0].get_gridspec().set_height_ratios(n_bars)  # a bar is as thick in every workload
        for axis, (_, group) in zip(axes, data.groupby("workload", sort=False), strict=False):
            _draw_staleness(axis, group)
        draw_legend(figure, axes, ncols=3, title="updates of others missed")
    return figure


def save(figure: Figure, file: Path, title: str) -> None:
    """Write an SVG file; the same figure gives the same bytes.

    Ids in it begin with the file's name, so that several charts can stand in one page. `title` is what a screen reader
    says.
    """
    text = io.StringIO()
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": file.stem}):
        # Laid out once is enough; with a layout engine, it would also be drawn once in vain.
        figure.get_layout_engine().execute(figure)
        figure.set_layout_engine(None)
        figure.savefig(text, format="svg", metadata={"Title": title})
    # Metadata hold the date and the addresses of vocabularies.
    svg = re.sub(r"\s*<metadata>.*</metadata>", "", text.getvalue(), flags=re.DOTALL)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{file.stem}-", svg)
    write_whole(file, svg)


def _draw_curves(data: pd.DataFrame, xs: list[str], y: str, line_width: float) -> tuple[Figure, list[Axes]]:
    """Draw a line a configuration, in a panel a column of `xs` for each workload."""
    names, styles = _labels_and_styles(data)
    with matplotlib.rc_context(STYLE):
        figure, axes = facets(data, height=2.9, extra=LINE_HEIGHT * _n_lines(names), panels=len(xs))
        groups = [(group, x) for _, group in data.groupby("workload", sort=False) for x in xs]
        for axis, (group, x) in zip(axes, groups, strict=False):
            for name, curve in group.groupby("configuration", sort=False):
                axis.plot(curve[x], curve[y], linewidth=line_width, label=names[name], **styles[name])
            # Spikes above the loss of the untrained network are cut: they would flatten everything else.
            untrained = group.groupby("configuration")[y].first().max()
            axis.set(xlim=(0, None), ylim=(0, 1.1 * max(untrained, group[y].quantile(0.99))))
        draw_legend(figure, axes, handlelength=4)
    return figure, axes


def _labels_and_styles(data: pd.DataFrame) -> tuple[dict[str, str], dict[str, dict]]:
    """Return each configuration the lines of its label, and a colour and dash of its own."""
    names = {name: legend_label(name) for name in dict.fromkeys(data["configuration"])}
    # 8 colours and 5 dashes have no common divisor: only the 41st line looks like the first.
    looks = ((COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)]) for i in range(len(names)))
    styles = {name: {"color": colour, "linestyle": dash} for name, (colour, dash) in zip(names, looks, strict=True)}
    return names, styles


def _n_lines(names: dict[str, str]) -> int:
    return sum(label.count("\n") + 1 for label in names.values())


def _interrupted(curves: pd.DataFrame, ends: pd.DataFrame) -> pd.DataFrame:
    """Put a gap behind each seed: one line for all seeds is quick, a line a seed takes seconds where there are many."""
    return pd.concat([curves, ends.assign(validation_metric=float("nan"))]).sort_index(kind="stable")


def _medians(curves: pd.DataFrame) -> pd.DataFrame:
    """Return each configuration's median curve over its seeds, point by point."""
    point = curves.groupby(["configuration", "seed"]).cumcount()
    medians = curves.groupby(["configuration", point], sort=False)[["samples", "seconds", "validation_metric"]].median()
    return medians.reset_index()


def _draw_accuracies(
    axis: Axes, x: str, lines: pd.DataFrame, ends: pd.DataFrame, names: dict[str, str], styles: dict[str, dict]
) -> None:
    ends_of = dict(list(ends.groupby("configuration")))
    for name, line in lines.groupby("configuration", sort=False):
        axis.plot(line[x], line["validation_metric"], linewidth=1, label=names[name], **styles[name])
        own = ends_of[name]
        axis.plot(own[x], own["validation_metric"], "o", markersize=3, color=styles[name]["color"])


def _finish_accuracies(axis: Axes, metric: str, target: float | None) -> None:
    if target is not None:
        axis.axhline(target, color="0.35", linewidth=1)
        words = f"target\n{wording.short_metric(metric, target)}"
        axis.text(1.02, target, words, va="center", transform=axis.get_yaxis_transform())
    axis.set(xlim=(0, None), ylabel=f"validation {wording.metric_words([metric])}")
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    axis.yaxis.set_major_locator(MaxNLocator(5))
    axis.yaxis.set_major_formatter(lambda value, _: wording.short_metric(metric, value))


def _draw_staleness(axis: Axes, group: pd.DataFrame) -> None:
    firsts = list(STALENESS_BINS)
    bins = pd.cut(group["updates_missed"], [*firsts, float("inf")], right=False, labels=firsts)
    shares = group.groupby(["configuration", bins], sort=False, observed=False)["share"].sum().unstack()
    labels = [row_label(name) for name in shares.index]
    left = pd.Series(0.0, index=shares.index)
    for first, shade in zip(firsts, STALENESS_SHADES, strict=True):
        axis.barh(
            range(len(labels)), shares[first], left=left, color=shade, edgecolor="white", label=STALENESS_BINS[first]
        )
        left += shares[first]
    axis.set(yticks=range(len(labels)), yticklabels=labels, ylim=(len(labels) - 0.5, -0.5), xlim=(0, 1))
    axis.set(xlabel="share of the updates")
    axis.xaxis.set_major_formatter(lambda share, _: wording.short_percent(round(share, 2)))


def legend_label(name: str) -> str:
    """Break a name into the lines of a legend."""
    return textwrap.fill(name, width=34)


def legend_height(names: list[str]) -> float:
    """Return the inches of a legend of these names in one column, without what stands in it besides."""
    return LINE_HEIGHT * sum(legend_label(name).count("\n") + 1 for name in names)


def row_label(name: str) -> str:
    """Break a configuration's name into short lines: the method, then the split."""
    method, _, work = name.rpartition(", ")
    return f"{_broken(method, width=20)}\n{work}"


def _broken(name: str, width: int) -> str:
    """Break a name into lines, which may end after an underscore before they have to end within a word."""
    return textwrap.fill(name.replace("_", "_ "), width=width).replace("_ ", "_")


def facets(data: pd.DataFrame, height: float, extra: float, panels: int = 1) -> tuple[Figure, list[Axes]]:
    """Make a figure with so many panels of `height` inches a workload, and `extra` inches below them all."""
    workloads = list(dict.fromkeys(data["workload"])) or ["no run to draw yet"]
    n_rows = panels * len(workloads)
    figure = Figure(figsize=(WIDTH, height * n_rows + extra), layout="constrained")
    axes = list(figure.subplots(n_rows, squeeze=False)[:, 0])
    for axis, workload in zip(axes[::panels], workloads, strict=True):
        axis.set_title(_broken(workload, width=26))
    return figure, axes


def draw_legend(figure: Figure, axes: list[Axes], **options) -> None:
    """Draw one legend for all facets below them, each entry once, with lines thick enough to tell apart."""
    entries = {}
    for axis in axes:
        handles, labels = axis.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    if entries:
        legend = figure.legend(entries.values(), entries.keys(), loc="outside lower left", **options)
        for line in legend.get_lines():
            line.set_linewidth(max(1.2, line.get_linewidth()))

"""The page's charts, and the table behind each: losses as the study logs them, losses smoothed, speed-ups.

Narrow on purpose, so that text stays readable on a phone. Every line differs in colour (safe for colour-blind
readers) and in dash; several workloads stand one above the other.
"""

import io
import re
from collections.abc import Iterable
from pathlib import Path

import matplotlib
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from casual_training.analysis.files import write_whole
from casual_training.analysis.tables import CELL, as_table, pair

WIDTH = 5.2  # inches; a phone shows this at about 70 %
MOST_POINTS = 200  # of a smoothed curve
DASHES = ["-", (0, (5, 2)), (0, (1, 1.3)), (0, (6, 2, 1, 2)), (0, (3, 1.5, 1, 1.5, 1, 1.5))]
LOSS_COLUMNS = ["workload", "configuration", "logged_batch", "seconds", "worker", "loss"]
SUMMARY_COLUMNS = ["workload", "configuration", "logged_batches", "first_loss", "lowest_loss", "last_loss"]
SMOOTHED_COLUMNS = ["workload", "configuration", "seconds", "loss_smoothed"]
SPEEDUP_COLUMNS = [
    *["workload", "configuration", "seed", "status", "oversubscribed"],
    *["speedup_vs_best_serial", "ceiling_speedup"],
]
STYLE = seaborn.axes_style("whitegrid") | {
    "font.size": 10,
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],  # the first comes with matplotlib, the others are narrower
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "legend.frameon": False,
    "text.parse_math": False,  # a "$" in a name is a dollar sign
    "svg.fonttype": "none",  # text stays text: it can be searched and copied
}


def configuration(method: str, workers: int, epochs: float) -> str:
    """Name a configuration as the charts do: "hogwild, 4 workers x 1 epoch"."""
    s, t = "" if workers == 1 else "s", "" if epochs == 1 else "s"
    return f"{method}, {workers} worker{s} x {epochs:g} epoch{t}"


def losses_data(logs: pd.DataFrame) -> pd.DataFrame:
    """Merge the logged losses of each run's workers in the order of time (LOSS_COLUMNS).

    Args:
        logs: the logged losses of one run a configuration, with the columns of its cell beside them.
    """
    curves = []
    for cell, rows in logs.groupby(CELL, sort=False):
        rows = rows.sort_values("seconds", kind="stable")
        curves.append(rows.assign(configuration=configuration(*cell[1:]), logged_batch=range(1, len(rows) + 1)))
    return as_table(pd.concat(curves) if curves else [], LOSS_COLUMNS)


def losses_summary(data: pd.DataFrame) -> pd.DataFrame:
    """Summarise each curve of `losses_data` (SUMMARY_COLUMNS), for a page that cannot list every batch."""
    curves = data.groupby(["workload", "configuration"], sort=False)["loss"]
    summary = curves.agg(logged_batches="size", first_loss="first", lowest_loss="min", last_loss="last")
    return as_table(summary.reset_index(), SUMMARY_COLUMNS)


def smoothed_losses_data(logs: pd.DataFrame) -> pd.DataFrame:
    """Smooth each configuration's losses exponentially (SMOOTHED_COLUMNS), at most 200 points a curve.

    The span of the smoothing is a twentieth of the curve. `logs` is as in `losses_data`.
    """
    curves = []
    for _, rows in losses_data(logs).groupby(["workload", "configuration"], sort=False):
        smoothed = rows["loss"].ewm(span=max(1, len(rows) / 20)).mean()
        n_points = min(len(rows), MOST_POINTS)
        kept = [round(point * (len(rows) - 1) / max(1, n_points - 1)) for point in range(n_points)]
        curves.append(rows.assign(loss_smoothed=smoothed).iloc[kept])
    return as_table(pd.concat(curves) if curves else [], SMOOTHED_COLUMNS)


def speedup_data(runs: pd.DataFrame, ceilings: pd.DataFrame) -> pd.DataFrame:
    """Give each run's speed-up against the best serial run of its seed, and the ceiling's (SPEEDUP_COLUMNS)."""
    paired = pair(runs, ceilings)
    names = [configuration(*cell) for cell in paired[CELL[1:]].itertuples(index=False)]
    return as_table(paired.assign(configuration=names), SPEEDUP_COLUMNS)


def losses(data: pd.DataFrame) -> Figure:
    """Draw the original study's chart from `losses_data`: training loss against logged batches."""
    return _draw_curves(data, "logged_batch", "loss", "logged batch, all workers together", "training loss", 0.7)


def smoothed_losses(data: pd.DataFrame) -> Figure:
    """Draw the readable chart from `smoothed_losses_data`: smoothed training loss against seconds of training."""
    return _draw_curves(data, "seconds", "loss_smoothed", "seconds of training", "training loss, smoothed", 1.6)


def _draw_curves(data: pd.DataFrame, x: str, y: str, x_label: str, y_label: str, line_width: float) -> Figure:
    names = list(dict.fromkeys(data["configuration"]))
    colours = seaborn.color_palette("colorblind")
    # 10 colours and 5 dashes would repeat together after 10 lines; 9 and 5 do so after 45.
    styles = {name: (colours[i % 9], DASHES[i % len(DASHES)]) for i, name in enumerate(names)}
    with matplotlib.rc_context(STYLE):
        figure, axes = _facets(data, height=2.9, extra=0.21 * len(names))
        for axis, (workload, group) in zip(axes, data.groupby("workload", sort=False), strict=False):
            for name, curve in group.groupby("configuration", sort=False):
                colour, dash = styles[name]
                axis.plot(curve[x], curve[y], color=colour, linestyle=dash, linewidth=line_width, label=name)
            # Spikes above the untrained network's loss are cut: they would flatten everything else.
            start = group.groupby("configuration")[y].first().max()
            axis.set(title=workload, xlabel=x_label, ylabel=y_label, xlim=(0, None))
            axis.set_ylim(0, 1.1 * max(start, group[y].quantile(0.99)))
        handles = {name: line for axis in axes for line, name in zip(*axis.get_legend_handles_labels(), strict=True)}
        if handles:
            figure.legend(handles.values(), handles.keys(), loc="outside lower left", handlelength=4)
    return figure


def speedup(data: pd.DataFrame) -> Figure:
    """Draw each configuration's speed-up from `speedup_data`: a dot a seed, a bar at the median, fastest on top."""
    most_rows = data.groupby("workload")["configuration"].nunique().max() if len(data) else 3
    with matplotlib.rc_context(STYLE):
        figure, axes = _facets(data, height=0.9 + 0.42 * most_rows, extra=0.75)
        for axis, (workload, group) in zip(axes, data.groupby("workload", sort=False), strict=False):
            _draw_speedups(axis, group)
            axis.set(title=workload, xlabel="speed-up: times as fast as the best serial run")
        handles = {name: mark for axis in axes for mark, name in zip(*axis.get_legend_handles_labels(), strict=True)}
        if handles:
            figure.legend(handles.values(), handles.keys(), loc="outside lower left", ncols=2)
    return figure


def _draw_speedups(axis: Axes, group: pd.DataFrame) -> None:
    medians = group.groupby("configuration", sort=False)["speedup_vs_best_serial"].median()
    medians = medians.sort_values(ascending=False, kind="stable")
    over = group.groupby("configuration")["oversubscribed"].any()
    blue, orange, *_ = seaborn.color_palette("colorblind")
    ceiling = group["ceiling_speedup"].median()
    axis.axvline(1, color="0.35", linewidth=1.2, label="best serial run")
    if pd.notna(ceiling):
        axis.axvline(ceiling, color="0.35", linewidth=1.2, linestyle=DASHES[1], label="ceiling")
    for row, (name, median) in enumerate(medians.items()):
        colour, marker, words = (orange, "D", "* oversubscribed") if over[name] else (blue, "o", "one seed")
        seeds = group.loc[group["configuration"] == name, "speedup_vs_best_serial"].dropna()
        axis.plot(seeds, [row] * len(seeds), marker, color=colour, alpha=0.6, markeredgewidth=0, label=words)
        axis.plot([median], [row], "|", color="black", markersize=15, markeredgewidth=2, label="median")
        figure = "no ok run" if pd.isna(median) else f"{median:.2f}"
        axis.text(1.02, row, figure, va="center", transform=axis.get_yaxis_transform())
    axis.set_yticks(range(len(medians)), [_row_label(name, over[name]) for name in medians.index])
    furthest = group[["speedup_vs_best_serial", "ceiling_speedup"]].max().max()
    axis.set_xlim(0, 1.1 * max(1, furthest) if pd.notna(furthest) else 1.5)
    axis.set_ylim(len(medians) - 0.5, -0.5)
    axis.xaxis.set_major_locator(MaxNLocator(6))


def _row_label(name: str, oversubscribed: bool) -> str:
    return name.replace(", ", "\n", 1) + (" *" if oversubscribed else "")


def _facets(data: pd.DataFrame, height: float, extra: float = 0) -> tuple[Figure, Iterable[Axes]]:
    n_rows = max(1, data["workload"].nunique())
    figure = Figure(figsize=(WIDTH, height * n_rows + extra), layout="constrained")
    axes = figure.subplots(n_rows, squeeze=False)[:, 0]
    if data.empty:
        axes[0].set(xticks=[], yticks=[])
        axes[0].text(0.5, 0.5, "no run to draw yet", ha="center", va="center", transform=axes[0].transAxes)
    return figure, axes


def save(figure: Figure, stem: Path, title: str) -> None:
    """Write `stem`.svg and `stem`.png; the same figure gives the same bytes.

    Ids in the SVG begin with the stem's name, so that several charts can stand in one page. `title` is what a
    screen reader says.
    """
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": stem.name}):
        for suffix, metadata in ((".svg", {"Title": title, "Date": None}), (".png", {"Software": None})):
            buffer = io.BytesIO()
            figure.savefig(buffer, format=suffix[1:], dpi=200, metadata=metadata)
            content = buffer.getvalue()
            if suffix == ".svg":
                content = _for_a_page(content.decode(), f"{stem.name}-")
            write_whole(stem.with_suffix(suffix), content)


def _for_a_page(svg: str, prefix: str) -> str:
    svg = re.sub(r"\s*<metadata>.*</metadata>", "", svg, flags=re.DOTALL)
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}", svg)

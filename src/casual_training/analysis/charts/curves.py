"""What the charts of curves share: a table of curves, how many points are drawn of each, and the look of its line."""

from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from casual_training.analysis.charts.style import COLOURS, DASHES, LINE_HEIGHT, STYLE, draw_legend, facets, legend_label
from casual_training.analysis.frames import as_table

MOST_POINTS = 200  # of a curve that is smooth
MOST_OF_A_CHART = 10_000  # points over one x axis; a page of more opens slowly


def joined(curves: list[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    """Put curves below each other, in a table of exactly these columns."""
    return as_table(pd.concat(curves, ignore_index=True) if curves else [], columns)


def n_configurations(data: pd.DataFrame) -> int:
    """Count the configurations of all workloads."""
    return len(data[["workload", "configuration"]].drop_duplicates())


def most_points(n_curves: int) -> int:
    """Return how many points each of so many curves may have, so that no chart has too many: 2 or more."""
    return max(2, MOST_OF_A_CHART // max(1, n_curves))


def thinned(curve: pd.DataFrame, most: int) -> pd.DataFrame:
    """Choose at most so many points of a curve, evenly and with both ends."""
    last, n_points = len(curve) - 1, min(len(curve), most)
    return curve.iloc[[round(point * last / max(1, n_points - 1)) for point in range(n_points)]]


def draw_curves(data: pd.DataFrame, xs: list[str], y: str, line_width: float) -> tuple[Figure, list[Axes]]:
    """Draw a line a configuration, in a panel a column of `xs` for each workload."""
    names, looks = labels_and_looks(data)
    with matplotlib.rc_context(STYLE):
        figure, axes = facets(data, height=2.9, extra=LINE_HEIGHT * n_lines(names), panels=len(xs))
        groups = [(group, x) for _, group in data.groupby("workload", sort=False) for x in xs]
        for axis, (group, x) in zip(axes, groups, strict=False):
            for name, curve in group.groupby("configuration", sort=False):
                axis.plot(curve[x], curve[y], linewidth=line_width, label=names[name], **looks[name])
            # Spikes above the loss of the untrained network are cut: they would flatten everything else.
            untrained = group.groupby("configuration")[y].first().max()
            axis.set(xlim=(0, None), ylim=(0, 1.1 * max(untrained, group[y].quantile(0.99))))
        draw_legend(figure, axes, handlelength=4)
    return figure, axes


def labels_and_looks(data: pd.DataFrame) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """Return the label and the look of each configuration's line."""
    names = {name: legend_label(name) for name in dict.fromkeys(data["configuration"])}
    # 8 colours and 5 dashes have no common divisor: only the 41st line looks like the first.
    looks = {
        name: {"color": COLOURS[place % len(COLOURS)], "linestyle": DASHES[place % len(DASHES)]}
        for place, name in enumerate(names)
    }
    return names, looks


def n_lines(labels: dict[str, str]) -> int:
    """Count the lines of a legend of these labels."""
    return sum(label.count("\n") + 1 for label in labels.values())

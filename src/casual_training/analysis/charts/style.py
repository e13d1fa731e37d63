"""What all charts look like: colours, dashes, panels, legends, names in them, and how they become files.

Narrow on purpose, so that text stays readable on a phone. Every line differs in colour (safe for colour-blind
readers) and in dash; several workloads stand one above the other.
"""

import io
import re
import textwrap
from pathlib import Path
from typing import Any

import matplotlib
import numpy
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from casual_training.files import write_whole

WIDTH = 4.7  # inches; a phone shows this at about three quarters
LINE_HEIGHT = 0.21  # inches, of a line of text beside a chart
# Of 3:1 on white, and on black once the page has inverted a chart; told apart by the colour-blind, too.
COLOURS = ["#0173b2", "#b38600", "#006b4f", "#c03a00", "#c96fb5", "#6b2f00", "#858585", "#1a1a66"]
DASHES = ["-", (0, (5, 2)), (0, (1, 1.3)), (0, (6, 2, 1, 2)), (0, (3, 1.5, 1, 1.5, 1, 1.5))]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]  # one fewer than colours: only the 57th method looks like the first
TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 50, 100]  # of ratios
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


def save(figure: Figure, path: Path, title: str) -> None:
    """Write an SVG file; the same figure gives the same bytes.

    Ids in it begin with the file's name, so that several charts can stand in one page. `title` is what a screen reader
    says.
    """
    text = io.StringIO()
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": path.stem}):
        # Laid out once is enough; with a layout engine, it would also be drawn once in vain.
        figure.get_layout_engine().execute(figure)
        figure.set_layout_engine(None)
        figure.savefig(text, format="svg", metadata={"Title": title})
    # Metadata hold the date and the addresses of vocabularies.
    svg = re.sub(r"\s*<metadata>.*</metadata>", "", text.getvalue(), flags=re.DOTALL)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{path.stem}-", svg)
    write_whole(path, svg)


def facets(data: pd.DataFrame, height: float, extra: float, panels: int = 1) -> tuple[Figure, list[Axes]]:
    """Make a figure with so many panels of `height` inches a workload, and `extra` inches below them all."""
    workloads = list(dict.fromkeys(data["workload"])) or ["no run to draw yet"]
    n_rows = panels * len(workloads)
    figure = Figure(figsize=(WIDTH, height * n_rows + extra), layout="constrained")
    axes = list(figure.subplots(n_rows, squeeze=False)[:, 0])
    for axis, workload in zip(axes[::panels], workloads, strict=True):
        axis.set_title(_broken(workload, width=26))
    return figure, axes


def look_of_method(methods: list[str], method: str) -> dict[str, Any]:
    """Return the colour and the marker of one of several methods; hollow, because points may lie on one another."""
    place = methods.index(method)
    look = {"color": COLOURS[place % len(COLOURS)], "marker": MARKERS[place % len(MARKERS)]}
    return look | {"fillstyle": "none", "markeredgewidth": 1.6}


def dash_of_method(methods: list[str], method: str) -> Any:
    """Return the dash of the line of one of several methods."""
    return DASHES[methods.index(method) % len(DASHES)]


def draw_legend(figure: Figure, axes: list[Axes], **options: Any) -> None:
    """Draw one legend for all facets below them, each entry once, with lines thick enough to tell apart."""
    entries = {}
    for axis in axes:
        handles, labels = axis.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    if entries:
        legend = figure.legend(entries.values(), entries.keys(), loc="outside lower left", **options)
        for line in legend.get_lines():
            line.set_linewidth(max(1.2, line.get_linewidth()))


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


def spaced_ticks(low: float, high: float) -> list[float]:
    """Choose round figures of a logarithmic axis of ratios, far enough apart to be read."""
    inside = [tick for tick in TICKS if low <= tick <= high]
    apart = (numpy.log(high) - numpy.log(low)) / 9
    chosen = [1.0]
    for tick in [tick for tick in inside if tick > 1] + [tick for tick in reversed(inside) if tick < 1]:
        if all(abs(numpy.log(tick / other)) >= apart for other in chosen):
            chosen.append(tick)
    return sorted(chosen)

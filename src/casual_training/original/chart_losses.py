"""The chart of training losses, one line a configuration."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # workers of train_model import this package, too, and need no matplotlib
    from matplotlib.figure import Figure

FILE = Path("losses.png")
DASHES = ["-", (0, (5, 2)), (0, (1, 1.3)), (0, (6, 2, 1, 2))]  # lines differ in more than colour


def chart_losses(
    losses_dict: Mapping[str, Sequence[float]], title: str = "Comparing Training Losses Across Configurations"
) -> "Figure":
    """Draw the losses of each configuration into losses.png in the current folder.

    It opens no window, so it works without a display; a notebook shows the figure that is returned.

    Args:
        losses_dict: label of a configuration ("4 processes x 1 epoch NN") -> its losses, in the order of time.
        title: stands above the chart.

    Returns:
        The matplotlib Figure.

    Raises:
        ValueError: there is nothing to draw, or losses.png cannot be written.
    """
    from matplotlib.figure import Figure

    if not losses_dict:
        raise ValueError("losses_dict is empty: give it the losses of one configuration or more, by label")
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for (label, losses), dash in zip(losses_dict.items(), itertools.cycle(DASHES), strict=False):
        axes.plot(range(1, len(losses) + 1), list(losses), label=label, linestyle=dash, linewidth=1)
    axes.set(title=title, xlabel="logged batch", ylabel="training loss")
    axes.legend(frameon=False)
    try:
        figure.savefig(FILE, dpi=150)
    except OSError as error:
        raise ValueError(f"cannot write {FILE.resolve()}: {error.strerror}; change to another folder") from None
    return figure

"""What tests of several charts share: synthetic logs, and what a figure says."""

import itertools

import pandas as pd
from matplotlib.text import Text


def logs(cells, n_steps=5, workloads=("images",), loss=lambda worker, step: 2.0 / step):
    """Log (method, workers) cells: worker w logs its step s at second s + w / 10."""
    rows = [
        {"workload": workload, "method": method, "workers": workers, "epochs": 4 / workers, "worker": worker}
        | {"step": step, "seconds": step + worker / 10, "samples": 32 * step, "loss": loss(worker, step)}
        | {"oversubscribed": workers > 2}
        for workload in workloads
        for method, workers in cells
        for worker in range(workers)
        for step in range(1, n_steps + 1)
    ]
    return pd.DataFrame(rows)


def words(figure):
    """List the texts of a figure, without the tick labels beyond the ends of an axis, which are not drawn."""
    hidden = []
    for axis in itertools.chain.from_iterable((axes.xaxis, axes.yaxis) for axes in figure.axes):
        low, high = sorted(axis.get_view_interval())
        hidden += [tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
    texts = [text for text in figure.findobj(Text) if text not in hidden]
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


def assert_inside(figure, texts):
    """Assert that no text sticks out of its figure."""
    figure.draw_without_rendering()
    for text in texts:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width, text
        assert box.y0 >= 0 and box.y1 <= figure.bbox.height, text

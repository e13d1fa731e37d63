"""How the columns of tables are shown: the heading of each, with its unit, and how its values are written.

A column that is not listed is headed by its name, and its values are written as they are.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pandas as pd

from casual_training.analysis.wording import (
    digits,
    metric,
    metric_words,
    percent,
    rounded_down,
    rounded_up,
    short_metric,
)


def milliseconds(seconds: float) -> str:
    """Write seconds in thousandths, with three digits: 0.0213, 14.0."""
    value = 1000 * seconds
    return f"{value:.3g}" if value < 1 else digits(value)


def yes_or_no(value: bool) -> str:
    """Write a flag."""
    return "yes" if value else "no"


class Column(NamedTuple):
    """How a column of a table is shown: its heading with the unit, and how a value is written."""

    heading: str
    write: Callable[..., str] = str


SECONDS = Column("training time (s)", digits)
SPEED = Column("samples per second", "{:,.0f}".format)
TEST_METRIC = Column("test {metric}", metric)
COLUMNS = {
    "epochs": Column("epochs of each worker", "{:g}".format),
    "order": Column("run as number"),
    "oversubscribed": Column("oversubscribed", yes_or_no),
    "throughput_only": Column("rate only", yes_or_no),
    "tuned": Column("tuned", yes_or_no),
    "train_seconds": SECONDS,
    "train_seconds_median": SECONDS,
    "wall_seconds": Column("whole run (s)", digits),
    "samples_per_second": SPEED,
    "samples_per_second_median": SPEED,
    "speedup_to_target": Column("speed-up to the target", "{:.2f}".format),
    "speedup_of_seed": Column("speed-up to the target in this seed", "{:.2f}".format),
    "speedup_low": Column("lower bound", rounded_down),
    "speedup_high": Column("upper bound", rounded_up),
    "hardware_efficiency": Column("times as many samples per second", "{:.2f}".format),
    "statistical_efficiency": Column("times as few samples needed", "{:.2f}".format),
    "cpu_seconds": Column("CPU time (s), measured", digits),
    "energy_wh_modelled": Column("energy (Wh), modelled", digits),
    "independent_copies": Column("ceiling, samples per second", "{:,.0f}".format),
    "serial_step_ms": Column("a step of serial training (ms)", digits),
    "parameters": Column("parameters", "{:,.0f}".format),
    "independent_copies_speedup": Column("ceiling, as a speed-up", "{:.2f}".format),
    "parallel_efficiency_percent": Column("share of the ceiling", "{:.0f} %".format),
    "validation_metric": Column("validation {metric}", metric),
    "test_metric": TEST_METRIC,
    "test_metric_median": TEST_METRIC,
    "target": Column("target", short_metric),
    "seconds_to_target": Column("time to target (s)", digits),
    "seconds_to_target_median": Column("time to target (s)", digits),
    "lines_changed": Column("lines of code changed"),
    "samples_to_target": Column("samples to target", "{:,.0f}".format),
    "best_metric": Column("best {metric}", metric),
    "last_metric_median": Column("last {metric}, median", metric),
    "pss_mb": Column("memory at the end (MB), shared pages once", "{:,.0f}".format),
    "overlap": Column("time in which all workers trained", percent),
    "seconds": Column("seconds", "{:.2f}".format),
    "first_loss": Column("first loss", "{:.3f}".format),
    "lowest_loss": Column("lowest loss", "{:.3f}".format),
    "last_loss": Column("last loss", "{:.3f}".format),
    "staleness_mean": Column("updates of others missed, mean", "{:.2f}".format),
    "lock_wait_seconds_per_step": Column("waiting for the lock, a step (ms)", milliseconds),
    "lock_hold_seconds_per_step": Column("holding the lock, a step (ms)", milliseconds),
    "round_trip_seconds": Column("one round trip (ms)", milliseconds),
    "payload_bytes_per_step": Column("bytes sent and received, a step", "{:,.0f}".format),
    "communication_seconds_per_step": Column("communication, a step (ms)", milliseconds),
    "communication_share": Column("communication, share of the training time", percent),
    "data_of_step": Column("data", percent),
    "forward_of_step": Column("forward", percent),
    "backward_of_step": Column("backward and loss", percent),
    "communication_of_step": Column("communication", percent),
    "update_of_step": Column("update", percent),
    "other_of_step": Column("other", percent),
    "lost_updates": Column("updates lost (proxy)", percent),
    "diagnosed_speed": Column("speed while diagnosed", "{:.0%}".format),
    "updates": Column("updates", "{:,.0f}".format),
    "share": Column("share", percent),
}


def headings(columns: Iterable[str], metrics: Iterable[str] = ()) -> list[str]:
    """Return the headings of columns, in a table of these metrics."""
    return [_column(name).heading.replace("{metric}", metric_words(metrics)) for name in columns]


def written(row: Any, columns: Iterable[str]) -> list[str]:
    """Write the cells of a table's row (as `itertuples` gives it); a dash where one is empty.

    A row with a value of a metric has its name in `metric`.
    """
    cells = []
    for name in columns:
        value, write = getattr(row, name), _column(name).write
        about = [row.metric] if write in (metric, short_metric) else []
        cells.append("-" if pd.isna(value) else write(*about, value))
    return cells


def view(table: pd.DataFrame, columns: list[str]) -> dict[str, list]:
    """Return the headings and the written cells of a table, for the template."""
    shown = headings(columns, table["metric"].unique() if "metric" in table else ())
    return {"headings": shown, "rows": [written(row, columns) for row in table.itertuples()]}


def _column(name: str) -> Column:
    return COLUMNS.get(name, Column(name.replace("_", " ")))

"""How figures, columns and charts are named for people, in the verdict, in the charts and on the page alike."""

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pandas as pd

CHARTS = {  # in the order of the page; a title, and the caption of the table behind the chart
    "forest": (
        "Speed-up to the target against the best serial run",
        "The speed-up of each run, and the interval and verdict of each declared comparison",
    ),
    "waterfall": (
        "Where the speed-up of the declared comparisons comes from",
        "Samples per second times samples needed is the speed-up to the target",
    ),
    "accuracy": ("Validation {metric} during training", "A summary; the CSV file has every point"),
    "scaling": (
        "Samples per second against workers, and the ceiling",
        "Medians over the seeds of the configurations that are ok in all of them; a share is within each seed",
    ),
    "step_time": (
        "Speed-up against the step time and the parameters of a network",
        "Of each method the most workers that are not oversubscribed, where it is ok and on target in every seed",
    ),
    "losses": ("Training loss of the first seed, every logged batch", "A summary; the CSV file has every batch"),
    "losses_smoothed": (
        "Training loss of the first seed, smoothed, against seconds and against samples",
        "A summary of the smoothed losses; the CSV file has every point",
    ),
    "staleness": (
        "How many updates of other workers an update missed",
        "The updates of all seeds by how many others they missed; the last bin is 64 or more",
    ),
    "code_cost": ("Speed-up against the lines of code that it costs", "What each configuration costs and gains"),
}


def count(number: float, thing: str) -> str:
    """Count things in words: "1 worker", "4 workers", "0.5 epochs"."""
    return f"{number:g} {thing}" if number == 1 else f"{number:g} {thing}s"


def listed(things: Iterable[str]) -> str:
    """List things in words: "one", "one and two", "one, two and three"."""
    *others, last = things
    return f"{', '.join(others)} and {last}" if others else last


def split(workers: int, epochs: float) -> str:
    """Describe how the work is split: "4 workers x 1 epoch"."""
    return f"{count(workers, 'worker')} x {count(epochs, 'epoch')}"


def way(method: str, workers: int) -> str:
    """Name a method with its workers: "hogwild with 2 workers"."""
    return f"{method} with {count(workers, 'worker')}"


def digits(value: float) -> str:
    """Write a positive figure with three digits, or with all of its whole ones: 14.0, 0.152, 1,320."""
    whole_digits = math.floor(math.log10(value)) + 1 if value > 0 else 1
    return f"{value:,.{max(0, 3 - whole_digits)}f}"


def percent(share: float) -> str:
    """Write a share of 1 as a percentage: 83.9 %."""
    return f"{100 * share:.1f} %"


def short_percent(share: float) -> str:
    """Write a share that is mostly a whole percentage: 83 %, 83.5 %."""
    return f"{100 * share:g} %"


def metric_words(metrics: Iterable[str]) -> str:
    """Name what is measured in words: "mean squared error"; "metric" where there are several."""
    names = dict.fromkeys(metrics) or {"accuracy": None}
    return next(iter(names)).replace("_", " ") if len(names) == 1 else "metric"


def metric(name: str, value: float) -> str:
    """Write the value of a metric: accuracy as a percentage, others with three digits."""
    return percent(value) if name == "accuracy" else digits(value)


def short_metric(name: str, value: float) -> str:
    """Write the value of a metric that is mostly a round figure: 83 %, 0.51."""
    return short_percent(value) if name == "accuracy" else f"{value:g}"


def chart_title(name: str, metrics: Iterable[str]) -> str:
    """Return the title of a chart of CHARTS, for a study of these metrics."""
    return CHARTS[name][0].format(metric=metric_words(metrics))


def rounded_down(bound: float) -> str:
    """Write a lower bound with two decimals; rounding must not promise more."""
    return f"{math.floor(100 * bound) / 100:.2f}"


def rounded_up(bound: float) -> str:
    """Write an upper bound with two decimals, likewise."""
    return f"{math.ceil(100 * bound) / 100:.2f}"


def claimed(row) -> str:
    """Write what was measured about a claim: "1.85 times as fast (1.80 to 1.90, 3 seeds)"; empty without a figure."""
    if pd.isna(row.measured):
        return ""
    write = "{:.0f}".format if row.unit.startswith("%") else "{:+.1f}".format if "points" in row.unit else digits
    return f"{write(row.measured)} {row.unit} ({write(row.low)} to {write(row.high)}, {count(row.n, 'seed')})"


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
    write: Callable = str


SECONDS = Column("training time (s)", digits)
SPEED = Column("samples per second", "{:,.0f}".format)
TEST_METRIC = Column("test {metric}", metric)
COLUMNS = {
    "workload": Column("workload"),
    "method": Column("method"),
    "workers": Column("workers"),
    "epochs": Column("epochs of each worker", "{:g}".format),
    "configuration": Column("configuration"),
    "seed": Column("seed"),
    "order": Column("run as number"),
    "status": Column("status"),
    "copies": Column("copies"),
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
    "verdict": Column("verdict"),
    "hardware_efficiency": Column("times as many samples per second", "{:.2f}".format),
    "statistical_efficiency": Column("times as few samples needed", "{:.2f}".format),
    "cpu_seconds": Column("CPU time (s), measured", digits),
    "energy_wh_modelled": Column("energy (Wh), modelled", digits),
    "speedup_vs_best_serial": Column("speed-up of all the work over best serial", "{:.2f}".format),
    "speedup_vs_serial_1_thread": Column("speed-up over one thread", "{:.2f}".format),
    "ceiling": Column("ceiling, samples per second", "{:,.0f}".format),
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
    "new_names": Column("new names to know"),
    "samples_to_target": Column("samples to target", "{:,.0f}".format),
    "seeds": Column("seeds"),
    "points": Column("points"),
    "best_metric": Column("best {metric}", metric),
    "last_metric_median": Column("last {metric}, median", metric),
    "pss_mb": Column("memory at the end (MB), shared pages once", "{:,.0f}".format),
    "overlap": Column("time in which all workers trained", percent),
    "peak_rss_mb": Column("peak memory (MB), shared pages once a worker", "{:,.0f}".format),
    "seconds": Column("seconds", "{:.2f}".format),
    "logged_batches": Column("logged batches"),
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
    "diagnosis": Column("diagnosis"),
    "data_of_step": Column("data", percent),
    "forward_of_step": Column("forward", percent),
    "backward_of_step": Column("backward and loss", percent),
    "communication_of_step": Column("communication", percent),
    "update_of_step": Column("update", percent),
    "other_of_step": Column("other", percent),
    "lost_updates": Column("updates lost (proxy)", percent),
    "diagnosed_speed": Column("speed while diagnosed", "{:.0%}".format),
    "updates_missed": Column("updates missed"),
    "updates": Column("updates", "{:,.0f}".format),
    "share": Column("share", percent),
}


OF_A_METRIC = [name for name, column in COLUMNS.items() if column.write in (metric, short_metric)]


def headings(columns: Iterable[str], metrics: Iterable[str] = ()) -> list[str]:
    """Return the headings of columns, in a table of these metrics."""
    return [COLUMNS[column].heading.format(metric=metric_words(metrics)) for column in columns]


def written(row, columns: Iterable[str]) -> list[str]:
    """Write the cells of a table's row (as `itertuples` gives it); a dash where one is empty.

    A row with a value of a metric has its name in `metric`.
    """
    cells = []
    for column in columns:
        value, write = getattr(row, column), COLUMNS[column].write
        about = [row.metric] if column in OF_A_METRIC else []
        cells.append("-" if pd.isna(value) else write(*about, value))
    return cells

"""How numbers and names are written for people, in the verdict, in the charts and on the page alike."""

import math
from collections.abc import Iterable

import pandas as pd


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


def with_workers(method: str, workers: int) -> str:
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


def titled(title: str, table: pd.DataFrame) -> str:
    """Return the title of a chart, where a "{metric}" stands for the metric of the table behind it."""
    return title.replace("{metric}", metric_words(table["metric"].unique() if "metric" in table else ()))


def rounded_down(bound: float) -> str:
    """Write a lower bound with two decimals; rounding must not promise more."""
    return f"{math.floor(100 * bound) / 100:.2f}"


def rounded_up(bound: float) -> str:
    """Write an upper bound with two decimals; rounding must not promise more."""
    return f"{math.ceil(100 * bound) / 100:.2f}"

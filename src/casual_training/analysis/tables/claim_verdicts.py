"""When figures confirm or refute a claim of the original, one figure a seed; the rule is in claims.py."""

from collections.abc import Callable

import pandas as pd

CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "undecided"
TIME_MARGIN_PERCENT = 5
ACCURACY_MARGIN_POINTS = 1
SLOWER = 1 - TIME_MARGIN_PERCENT / 100  # of a ratio of speeds; its inverse is "over 5 % less time"
FASTER = 1 / SLOWER
TOLERANCE = 1e-9  # 0.84 - 0.83 is a little more than 0.01 in binary

Judge = Callable[[pd.Series], str]  # from a figure a seed to a verdict


def is_above(figures: pd.Series) -> str:
    """Judge the claim that a ratio is clearly above 1."""
    return confirm_or_refute(confirmed=figures > FASTER, refuted=figures < SLOWER)


def is_below(figures: pd.Series) -> str:
    """Judge the claim that a ratio is clearly below 1."""
    return confirm_or_refute(confirmed=figures < SLOWER, refuted=figures > FASTER)


def is_slowed(figures: pd.Series) -> str:
    """Judge the claim that something slows a method down; refuted if it does not clearly do so."""
    return confirm_or_refute(confirmed=figures < SLOWER, refuted=figures >= SLOWER)


def is_not_below(figures: pd.Series) -> str:
    """Judge the claim that a ratio is not clearly below 1."""
    return confirm_or_refute(confirmed=figures >= SLOWER, refuted=figures < SLOWER)


def is_about(expected: float) -> Judge:
    """Make the judge of the claim that a ratio is `expected`, within 5 %."""
    return lambda figures: _judge_equal(figures / expected, SLOWER, FASTER)


def is_within_a_point(figures: pd.Series) -> str:
    """Judge the claim that a difference in percentage points is none, within a point."""
    margin = ACCURACY_MARGIN_POINTS + TOLERANCE
    return _judge_equal(figures, -margin, margin)


def effect(figures: pd.Series) -> str:
    """Return whether ratios of speeds are clearly faster or slower, or clearly neither."""
    words = {CONFIRMED: "faster", REFUTED: "slower"}
    return words.get(is_above(figures)) or {CONFIRMED: "no difference"}.get(is_about(1)(figures), UNDECIDED)


def _judge_equal(figures: pd.Series, low: float, high: float) -> str:
    below, above = figures < low, figures > high
    return confirm_or_refute(confirmed=~below & ~above, refuted=below if below.all() else above)


def confirm_or_refute(confirmed: pd.Series, refuted: pd.Series) -> str:
    """Return the verdict, given in which seeds the figures say so and in which they say the opposite."""
    return CONFIRMED if confirmed.all() else REFUTED if refuted.all() else UNDECIDED

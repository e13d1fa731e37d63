"""One comparison: how many times as fast as the best serial run a method reaches the target, and how surely.

MARGIN decides what counts as a difference, and CONFIDENCE how sure the interval has to be of it.

The figure is the speed-up: serial training's seconds to the target over the method's, in the same seed, so that what a
seed does to both (its weights, its order of the data, the machine at that hour) drops out. Speed-ups multiply, so the
statistics are those of their logarithms: the mean, and Student's t-interval.

Several comparisons are specified together, and the best of them is announced. So each gets 1/k of the error
(Bonferroni): with 95 %, all k intervals hold at once, and the lower bound of whichever is picked can be quoted.
Hochberg's and Holm's steps would reject a little more, but give no intervals to quote.

Source: Student's paired t-test; Dunn, "Multiple Comparisons among Means" (1961); for equivalence, Schuirmann's two
one-sided tests (1987).
"""

import functools
import math
from dataclasses import dataclass

import numpy
from scipy import stats

CONFIDENCE = 0.95  # that all intervals hold at once
MARGIN = 1.05  # a speed-up within 1/MARGIN and MARGIN makes no difference to anybody
MOST_SEEDS = 100  # beyond which no number of seeds is suggested

FASTER, SLOWER, EQUIVALENT = "faster", "slower", "equivalent"
NO_DIFFERENCE, FAILS_TARGET = "no detectable difference", "fails target"
NOT_OK, NOT_MEASURED = "not ok in every seed", "not measured"  # of a comparison that cannot be judged


@dataclass(frozen=True)
class Contrast:
    """What the seeds say of one comparison.

    `speedup` is the geometric mean over the `n` seeds, `low` and `high` are its bounds, which hold for all specified
    comparisons at once; `tost_low` and `tost_high` are those of the two one-sided tests, which are narrower and decide
    whether it is "equivalent". They are None where there are none. `further_seeds` is how many more seeds would settle
    an open comparison if its mean and spread stayed what they are, None if it is settled, if more than MOST_SEEDS would
    be needed or if one seed shows no spread to reckon with.
    """

    verdict: str
    n: int
    speedup: float | None = None
    low: float | None = None
    high: float | None = None
    tost_low: float | None = None
    tost_high: float | None = None
    further_seeds: int | None = None


def contrast(speedups: list[float], n_specified: int) -> Contrast:
    """Judge one comparison.

    A method is "faster" if its whole interval is above MARGIN, "slower" if it is below 1/MARGIN, "equivalent" if two
    one-sided tests put it between the two, and otherwise there is "no detectable difference".

    Args:
        speedups: one above 0 a seed; one or more.
        n_specified: comparisons specified together, this one included; 1 or more.
    """
    logs, margin = numpy.log(speedups), math.log(MARGIN)
    n, mean = len(logs), float(logs.mean())
    if n == 1:
        return Contrast(NO_DIFFERENCE, n, math.exp(mean))
    spread = float(logs.std(ddof=1))
    verdict = _verdict(mean, spread, n, n_specified, margin)
    further = _further_seeds(mean, spread, n, n_specified, margin) if verdict == NO_DIFFERENCE else None
    bounds = [
        math.exp(mean + sign * _half_width(spread, n, n_specified, sides)) for sides in (2, 1) for sign in (-1, 1)
    ]
    return Contrast(verdict, n, math.exp(mean), *bounds, further)


def is_beaten(first: list[float], second: list[float], n_specified: int) -> bool:
    """Return whether the second of two methods is clearly faster than the first, by the same rule.

    Args:
        first: seconds to the target, one a seed.
        second: those of the other, in the same order of seeds.
        n_specified: comparisons specified together.
    """
    return contrast([one / other for one, other in zip(first, second, strict=True)], n_specified).verdict == FASTER


def _verdict(mean: float, spread: float, n: int, n_specified: int, margin: float) -> str:
    half = _half_width(spread, n, n_specified)
    if mean - half > margin:
        return FASTER
    if mean + half < -margin:
        return SLOWER
    if abs(mean) + _half_width(spread, n, n_specified, sides=1) < margin:
        return EQUIVALENT
    return NO_DIFFERENCE


def _half_width(spread: float, n: int, n_specified: int, sides: int = 2) -> float:
    """Return half the width of a t-interval of a mean of n, its share of the error divided among its sides."""
    return _quantile((1 - CONFIDENCE) / n_specified / sides, n - 1) * spread / math.sqrt(n)


@functools.cache
def _quantile(error: float, freedom: int) -> float:
    return float(stats.t.ppf(1 - error, freedom))


def _further_seeds(mean: float, spread: float, n: int, n_specified: int, margin: float) -> int | None:
    """Return the fewest further seeds with which the same mean and spread would settle the comparison."""
    for more in range(1, MOST_SEEDS + 1):
        if _verdict(mean, spread, n + more, n_specified, margin) != NO_DIFFERENCE:
            return more
    return None

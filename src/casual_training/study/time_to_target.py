"""When a run is trained: where its curve is first on target."""

from collections.abc import Sequence
from itertools import pairwise

from casual_training.records.record import Snapshot

TOLERANCE = 1e-9  # 0.83 may be a little less than 83 hundredths in binary


def first_on_target(target: float, curve: Sequence[Snapshot], rises: bool) -> tuple[float | None, float | None]:
    """Return samples and seconds at which a curve is first on target; None if it never is.

    Between the last snapshot before and the first on target the metric is taken to go straight over samples and over
    seconds, or a run would be late by up to a snapshot. Nothing is known before the first snapshot: if that is on
    target, its own samples and seconds count.

    Args:
        target: the validation metric that counts as trained.
        curve: the snapshots of a run, in the order of samples.
        rises: whether more of the metric is better.
    """
    sign = 1 if rises else -1
    lacks = [(point.samples, point.seconds, sign * (target - point.validation_metric)) for point in curve]
    if lacks and lacks[0][2] <= TOLERANCE:
        return lacks[0][:2]
    for (samples, seconds, before), (more, later, after) in pairwise(lacks):
        if after <= TOLERANCE:
            share = min(1.0, before / (before - after))
            return samples + share * (more - samples), seconds + share * (later - seconds)
    return None, None

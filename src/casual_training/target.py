"""When a run is trained: the first point of its curve that is on target."""

TOLERANCE = 1e-9  # 0.83 may be a little less than 83 hundredths in binary


def first_on_target(
    target: float, curve: list[tuple[int, float, float]], rises: bool
) -> tuple[int | None, float | None]:
    """Give samples and seconds of the first point that is on target, as it was measured; None if there is none.

    Args:
        target: the validation metric that counts as trained.
        curve: (samples, seconds, validation metric) of each snapshot, in the order of samples.
        rises: whether more of the metric is better.
    """
    sign = 1 if rises else -1
    on_target = ((samples, seconds) for samples, seconds, value in curve if sign * (value - target) >= -TOLERANCE)
    return next(on_target, (None, None))

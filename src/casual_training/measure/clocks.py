"""Where the time of a run's process goes: phases that follow each other without a gap.

time.perf_counter is monotonic and, on Linux and macOS, the same clock in every process of the machine, so that the
workers' start and end can be set against the phases of the process that supervises them.
"""

import os
import time

from casual_training.records.record import PHASES


def process_start() -> float:
    """Return the moment this process started, on the clock of time.perf_counter; exact to about 10 ms."""
    try:  # psutil adds the system's start in whole seconds, and so is up to a second off
        with open("/proc/self/stat", encoding="utf-8") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except OSError:  # macOS
        import psutil

        age = time.time() - psutil.Process().create_time()
    return time.perf_counter() - age


class PhaseClock:
    """Adds up the seconds of each phase; starts in the first, at the start of the process.

    Args:
        started: moment the clock starts, as of time.perf_counter.
    """

    def __init__(self, started: float):
        self.started = started
        self.seconds: dict[str, float] = dict.fromkeys(PHASES, 0.0)
        self._phase = PHASES[0]
        self._since = started

    def enter(self, phase: str, at: float | None = None) -> None:
        """End the current phase and begin another, now or at a moment that has passed since it began."""
        at = time.perf_counter() if at is None else at
        self.seconds[self._phase] += at - self._since
        self._phase, self._since = phase, at

    def readings(self) -> dict[str, float]:
        """Return `{phase}_seconds` for each phase and `wall_seconds`, up to now."""
        self.enter(self._phase)
        readings = {f"{phase}_seconds": seconds for phase, seconds in self.seconds.items()}
        return readings | {"wall_seconds": self._since - self.started}

"""How quiet the machine was during a run: what others took of the cores that this process may use.

Read from the system's own accounting (/proc/stat on Linux, in ticks of 10 ms), so that nothing runs beside a run to
watch it. Elsewhere there are no readings, and interference is then not assessed.
"""

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

STAT = Path("/proc/stat")
# Interference is detected if others and a hypervisor together took more than half of the margin within which nobody
# would call two methods different, of all that the cores could do meanwhile; not for a few ticks in a very short run.
MOST_SHARE = 0.025
MOST_SECONDS = 0.2
KEYS = ("foreign_cpu_share", "steal_share", "interference_detected")  # of an assessment
USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL = range(8)


def cpu_times() -> tuple[float, float] | None:
    """Return the seconds since boot that the allowed cores were busy, and those a hypervisor took from them.

    The system counts a tick as one or the other, never as both. psutil.cpu_times(percpu=True) does not say which cores
    its rows are of, which matters where some are offline.
    """
    if not hasattr(os, "sched_getaffinity"):
        return None
    allowed = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    try:
        lines = [line.split() for line in STAT.read_text(encoding="ascii").splitlines()]
    except OSError:
        return None
    ticks = [[int(field) for field in line[1:9]] for line in lines if line and line[0] in allowed]
    if not ticks or any(len(of_core) < 8 for of_core in ticks):
        return None
    second = os.sysconf("SC_CLK_TCK")
    busy = sum(of_core[state] for of_core in ticks for state in (USER, NICE, SYSTEM, IRQ, SOFTIRQ))
    return busy / second, sum(of_core[STEAL] for of_core in ticks) / second


def allowed_cores() -> int:
    """Count the logical processors that `cpu_times` adds up."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Reading:
    """Seconds of CPU time so far: of the allowed cores, of a hypervisor, of the run; and the time.perf_counter."""

    busy: float
    steal: float
    own: float
    moment: float


def read() -> Reading | None:
    """Read the accounting now; what the run has used is what this process and all that it started have used.

    Workers that did not end as they should have left no record of their own (recorder.py).
    """
    import psutil

    times = cpu_times()
    if times is None:
        return None
    own, this = 0.0, psutil.Process()
    for process in (this, *this.children(recursive=True)):
        with contextlib.suppress(psutil.Error):  # ended meanwhile
            of_process = process.cpu_times()
            own += of_process.user + of_process.system + of_process.children_user + of_process.children_system
    return Reading(*times, own, time.perf_counter())


def assess_since(before: Reading | None) -> dict:
    """Assess what others took since a reading of this process; empty without readings."""
    after = read()
    if before is None or after is None:
        return {}
    busy, steal, own = after.busy - before.busy, after.steal - before.steal, after.own - before.own
    return assess(busy, steal, own, after.moment - before.moment, allowed_cores())


def assess(busy: float, steal: float, own: float, seconds: float, cores: int) -> dict:
    """Describe what others took during a run, and whether that was too much; the run's result plays no part in it.

    Args:
        busy: seconds that the cores were busy during the run, all together, without those that a hypervisor took.
        steal: seconds that a hypervisor took.
        own: CPU seconds of the run itself.
        seconds: how long the run took.
        cores: the cores that were added up.

    Returns:
        By KEYS: both shares of what the cores could do, in [0, 1], and whether interference was detected.
    """
    foreign, capacity = max(0.0, busy - own), cores * seconds
    taken = foreign + steal
    is_detected = taken > MOST_SECONDS and taken > MOST_SHARE * capacity
    return dict(zip(KEYS, (foreign / capacity, steal / capacity, is_detected), strict=True))

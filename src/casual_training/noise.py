"""How quiet the machine was during a run: what others took of the cores that this process may use.

Read from the system's own accounting (/proc/stat on Linux, in ticks of 10 ms), so that nothing runs beside a run to
watch it. Elsewhere there are no readings, and a run that has none is not called contaminated.
"""

import os
from pathlib import Path

STAT = Path("/proc/stat")
# A run is contaminated if others took more than half of the margin within which nobody would call two ways different,
# of all that the cores could do meanwhile; and not because of a few ticks in a very short run.
MOST_SHARE = 0.025
MOST_SECONDS = 0.2
USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL = range(8)


def cpu_times() -> tuple[float, float] | None:
    """Give the seconds since boot that the allowed cores were busy, and those a hypervisor took from them."""
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


def assess(busy: float, steal: float, own: float, seconds: float, cores: int) -> dict:
    """Say what others took during a run, and whether that was too much; the run's result plays no part in it.

    Args:
        busy: seconds that the cores were busy during the run, all together.
        steal: seconds that a hypervisor took.
        own: CPU seconds of the run itself.
        seconds: how long the run took.
        cores: the cores that were added up.

    Returns:
        foreign_cpu_share and steal_share of what the cores could do, in [0, 1], and contaminated.
    """
    foreign, capacity = max(0.0, busy - own), cores * seconds
    taken = max(foreign, steal)
    return {
        "foreign_cpu_share": foreign / capacity,
        "steal_share": steal / capacity,
        "contaminated": taken > MOST_SECONDS and taken > MOST_SHARE * capacity,
    }

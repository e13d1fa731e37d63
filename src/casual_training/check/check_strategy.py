"""The command `check`: the contract tried on one strategy, a line a point."""

import tempfile
import time
from pathlib import Path

from casual_training import strategies
from casual_training.check.watched_process import MOST_SECONDS, ProcessReport, Result, end_of_check, try_points
from casual_training.runs.machine_lock import exclusive_machine

POINTS = ("trains", "exact samples", "equal to serial", "snapshots", "threads", "seed", "death")  # of points.py
FRESH_PROCESSES = 3


def check(strategy: str, log: Path | None = None) -> int:
    """Try the contract on a strategy and print a line a point.

    Args:
        strategy: its name, or the path of its file, which need not lie in strategies/.
        log: file for all that the runs print; None keeps none of it.

    Returns:
        The exit code: 0 if every point passed, or the strategy cannot be tried here; 1 if one broke.

    Raises:
        ValueError: there is no such strategy, or its file is none.
    """
    name = _name(strategy)
    with exclusive_machine(), tempfile.TemporaryDirectory(prefix="casual-training-check-") as folder:
        if log is not None:
            _empty(log)
        outcomes = _try(name, log or Path(folder, "log"))
    n_broken = outcomes.count("broke")
    if n_broken:
        advice = "" if log else "; --log FILE keeps what its runs print, with the lines of errors"
        print(f"{n_broken} of {len(outcomes)} points broke{advice}")
    return 1 if n_broken else 0


def _name(strategy: str) -> str:
    """Return the name of a strategy; one that lies elsewhere is known by it from now on."""
    if strategy in strategies.names():
        return strategy
    if strategy.endswith(".py"):
        return strategies.add(Path(strategy))
    known = ", ".join(strategies.names())
    raise ValueError(f"no strategy is called {strategy!r}; choose from {known}, or give the path of a FILE.py")


def _empty(log: Path) -> None:
    try:
        log.write_text("", encoding="utf-8")
    except OSError as error:
        raise ValueError(f"cannot write {log}: {error.strerror}; choose a file you may write") from None


def _try(name: str, log: Path) -> list[str]:
    """Try all points, telling each as soon as it is known; return the outcomes."""
    outcomes = []

    def tell(result: Result) -> None:
        outcomes.append(result.outcome)
        print(f"  {result.outcome:<11}  {result.point:<15}  {result.detail}", flush=True)

    print(name, flush=True)
    until = end_of_check()
    report = try_points(name, list(POINTS), log, until, tell)
    if outcomes[-1] == "unavailable":
        return outcomes
    tell(deterministic(name, log, FRESH_PROCESSES, until))
    tell(leaves_nothing(report))
    return outcomes


def deterministic(name: str, log: Path, processes: int, until: float) -> Result:
    """Try whether runs of one seed in fresh processes end with the same weights, if the file says that they do."""
    point = "deterministic"
    if not strategies.is_deterministic(name):
        return Result(point, "not claimed", "Its file does not say DETERMINISTIC = True")
    hashes = set()
    for _ in range(processes):
        if time.monotonic() >= until:
            return Result(point, "not tried", f"The points before took the {MOST_SECONDS} s of a check")
        (result,) = try_points(name, ["weights hash"], log, until).results
        if result.outcome != "passed":
            return Result(point, result.outcome, result.detail)
        hashes.add(result.detail)
    if len(hashes) > 1:
        return Result(point, "broke", f"{processes} fresh processes ended with {len(hashes)} different sets of weights")
    return Result(point, "passed", f"{processes} fresh processes end with the same weights")


def leaves_nothing(report: ProcessReport) -> Result:
    """Return whether anything was left of a process that tried points, and whether it could be reached from outside."""
    if report.left:
        return Result("leaves nothing", "broke", "; ".join(report.left))
    if report.killed:
        return Result("leaves nothing", "not tried", "Its process had to be killed, and all that it had started")
    return Result("leaves nothing", "passed", "No process and no file is left, and nothing listened but on loopback")

"""Points of the contract tried in a process of their own, which is watched from outside and cleaned up after.

All that a strategy starts inherits a variable, by which it is found whoever its parent is by then.
"""

import contextlib
import ipaddress
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from casual_training.shared_memory import FOLDER as SHARED_MEMORY
from casual_training.study import snakemake_parent

MARK = "CASUAL_TRAINING_CHECK"
POLL_SECONDS = 0.05
MOST_SECONDS = 50  # of all processes of a check; every run in them has a deadline of its own
LEFT_BEHIND_SECONDS = 5  # what is still there so long after a run counts as left behind


@dataclass(frozen=True)
class Result:
    """What became of a point.

    Its outcome is "passed", "broke", "unavailable" (it cannot be tried here), "not tried" or "not claimed".
    """

    point: str
    outcome: str
    detail: str


@dataclass(frozen=True)
class ProcessReport:
    """What is known of a process that tried points: what became of them, and what it left behind, in words.

    One that was killed, because its time was over, could not show what it leaves.
    """

    results: list[Result]
    left: list[str]
    killed: bool


def end_of_check() -> float:
    """Return the moment, as of time.monotonic, at which a check that begins now has to be over."""
    return time.monotonic() + MOST_SECONDS


def try_points(
    strategy: str, points: list[str], log: Path, until: float, tell: Callable[[Result], None] = lambda result: None
) -> ProcessReport:
    """Try points on a strategy in a fresh process.

    Args:
        strategy: its name; if it lies elsewhere, strategies.add has been called for it.
        points: the functions of points.py to try, with spaces for underscores.
        log: file to which all that the runs print is added.
        until: the moment, as of time.monotonic, at which the process is killed if it still runs.
        tell: called with each result as soon as it is there.
    """
    mark = uuid.uuid4().hex
    with tempfile.TemporaryDirectory(prefix="casual-training-check-") as folder:
        results, temporary = Path(folder, "results"), Path(folder, "tmp")
        results.touch()
        temporary.mkdir()
        shared_before = _shared_files()
        command = [sys.executable, "-P", "-m", "casual_training.check", strategy, str(results), *points]
        # An import must not leave anything beside the file of a strategy.
        own = {
            MARK: mark,
            "TMPDIR": str(temporary),
            "PYTHONDONTWRITEBYTECODE": "1",
            snakemake_parent.VARIABLE: str(os.getpid()),
        }
        environment = os.environ | own
        with open(log, "a", encoding="utf-8") as file:
            process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
        addresses: set[str] = set()
        told: list[Result] = []

        def note(result: Result) -> None:
            told.append(result)
            tell(result)

        try:
            running = True
            while running and time.monotonic() < until:
                time.sleep(POLL_SECONDS)
                running = process.poll() is None  # before reading, or the last result could be missed
                addresses |= _open_addresses(process.pid)
                for line in results.read_text(encoding="utf-8").splitlines(keepends=True)[len(told) :]:
                    if line.endswith("\n"):  # or it is being written
                        note(Result(**json.loads(line)))
            if len(told) < len(points) and "unavailable" not in [result.outcome for result in told]:
                if running:
                    how, before = f"had not returned when the {MOST_SECONDS} s of a check were over", "did not return"
                else:
                    how, before = f"ended its process ({process.returncode})", "ended the process"
                note(Result(points[len(told)], "broke", f"train {how}"))
                for point in points[len(told) :]:
                    note(Result(point, "not tried", f"A point before {before}"))
            left = [f"listened on {address}, which others can reach" for address in sorted(addresses)]
            left += [] if running else _left_behind(mark, temporary, shared_before)
        finally:
            for any_process in _marked(mark):
                any_process.kill()
            process.wait()
    return ProcessReport(told, left, killed=running)


def _left_behind(mark: str, temporary: Path, shared_before: set[str]) -> list[str]:
    """List what is still there LEFT_BEHIND_SECONDS after a run, in words."""
    limit = time.monotonic() + LEFT_BEHIND_SECONDS
    while left := [
        *(f"left a process behind: {' '.join(process.cmdline()) or process.name()}" for process in _marked(mark)),
        *(f"left {path.name} in the temporary folder" for path in temporary.iterdir()),
        *(f"left {name} in {SHARED_MEMORY}" for name in _not_of_others(_shared_files() - shared_before, mark)),
    ]:
        if time.monotonic() > limit:
            break
        time.sleep(POLL_SECONDS)
    return left


def _marked(mark: str) -> list[psutil.Process]:
    """List the processes that inherited the mark and run, other than this one."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # ended meanwhile, or another user's
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _shared_files() -> set[str]:
    return set(os.listdir(SHARED_MEMORY)) if SHARED_MEMORY.is_dir() else set()


def _not_of_others(names: set[str], mark: str) -> list[str]:
    """List those files in shared memory that nobody else holds: another run on this machine has its own."""
    used = set()
    for process in psutil.process_iter() if names else ():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) != mark:
                used |= {Path(mapped.path).name for mapped in process.memory_maps()}
    return sorted(names - used)


def _open_addresses(pid: int) -> set[str]:
    """Return the addresses, but for loopback, that a process or one it started listens on or is bound to."""
    found = set()
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                for connection in process.net_connections("inet"):
                    listens = connection.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)  # TCP, UDP
                    if listens and connection.laddr and not ipaddress.ip_address(connection.laddr.ip).is_loopback:
                        found.add(connection.laddr.ip)
    return found

"""One live line on the terminal while a study runs; on anything else than a terminal there is none.

Snakemake's process draws it, once a second, from Snakemake's own messages about jobs and the last line of the log of
the run that runs now. So a run does the same whether or not somebody watches, and no result depends on this file.

Meanwhile whatever this process and its jobs print goes through a pipe, so that it stands above the line. Of Snakemake's
messages those that the line replaces are left out; its log file has them all.
"""

import atexit
import contextlib
import logging
import os
import re
import select
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from casual_training.plan.run import Run
from casual_training.records.record import read_record
from casual_training.study.time_left import Progress

STDOUT, STDERR = 1, 2
SECONDS = 1.0  # between two drawings
REPLACED = {"job_info", "job_started", "job_finished", "progress"}  # events of Snakemake
SELECTING = "Select jobs to execute..."  # a message of Snakemake without an event
STATUS = re.compile(rb"^ *\d+\.\d s: ([ -~]+)$", re.M)  # parallel/workers.py and runs/perform.py write such lines
TAIL = 4096  # bytes of a log to look for the last of them


class LiveLine:
    """The line of one study, and what it takes to show it."""

    def __init__(self):
        self._thread = None

    def start(self, planned: Sequence[Run], waiting: set[str], logger: logging.Logger) -> None:
        """Show the line from now on, if standard error is a terminal that can have one.

        Args:
            planned: all runs of the study, independent copies and diagnoses included.
            waiting: the folders of those that are to be made; relative, as all paths here.
            logger: Snakemake's.
        """
        if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            return
        done = [(run, read_seconds(run)) for run in planned if run.folder not in waiting]
        progress = Progress(planned, waiting, [(run, seconds) for run, seconds in done if seconds is not None])
        jobs, live, self._ended = Jobs(progress), on_terminal(os.dup(STDERR)), threading.Event()
        read_end, write_end = os.pipe()
        self._kept = {stream: os.dup(stream) for stream in (STDOUT, STDERR) if os.isatty(stream)}
        _redirect(dict.fromkeys(self._kept, write_end))
        os.close(write_end)
        self._thread = threading.Thread(target=draw, args=(jobs.line, live, read_end, self._ended), daemon=True)
        self._thread.start()
        atexit.register(self.stop)  # what is on its way to the terminal must arrive, whatever ends this process
        logger.addHandler(jobs)
        for handler in logger.handlers:
            if handler.name == "DefaultStreamHandler":
                handler.addFilter(lambda record: not _is_replaced(record))

    def stop(self) -> None:
        """Take the line away, once everything printed so far stands above it; does nothing if there is none."""
        if self._thread is None:
            return
        _redirect(self._kept)  # closes the pipe, unless a process that outlives its job still has it
        self._ended.set()
        self._thread.join()
        self._thread = None


def _redirect(targets: dict[int, int]) -> None:
    """Let streams, such as 1 and 2, go where other file descriptors go."""
    sys.stdout.flush()
    sys.stderr.flush()
    for stream, target in targets.items():
        os.dup2(target, stream)


def read_seconds(run: Run) -> float | None:
    """Read from its folder how long a run took; None if it is not there or failed, which says nothing."""
    with contextlib.suppress(ValueError):
        return read_record(Path(run.folder)).clocks.get("wall_seconds")
    return None


def read_status(folder: str, since: float) -> str:
    """Read what the run in a folder is at from the last line about it in its log.

    Args:
        folder: of the run.
        since: when it began, in seconds since the epoch; an older log is that of another attempt.
    """
    with contextlib.suppress(OSError), open(Path(folder, "train.log"), "rb") as log:
        about = os.fstat(log.fileno())
        log.seek(max(0, about.st_size - TAIL))
        found = STATUS.findall(log.read()) if about.st_mtime >= since else []
        if found:
            return found[-1].decode()
    return "starting"


def _event(record: logging.LogRecord) -> str | None:
    return getattr(record, "event", None)


def _is_replaced(record: logging.LogRecord) -> bool:
    return _event(record) in REPLACED or record.msg == SELECTING


class Jobs(logging.Handler):
    """Follows the jobs through Snakemake's messages.

    Args:
        progress: of the study, from now on to be used through this alone.
    """

    def __init__(self, progress: Progress):
        super().__init__()
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        """Note what a message says; logging calls it."""
        match _event(record):
            case "job_info":
                folder = os.path.dirname(record.log[0]) if record.log else ""
                self._progress.begin(record.jobid, record.rule_name, folder, time.time())
            case "job_finished":
                self._progress.end(record.job_id, time.time())
            case "job_error":
                self._progress.forget(record.jobid)

    def line(self) -> str:
        """Return the line as it is now."""
        with self.lock:  # logging holds it while it calls emit
            run, begun = self._progress.running
            return self._progress.line(read_status(run.folder, begun) if run else "", time.time())


def on_terminal(terminal: int):
    """Make a rich Live that writes to a terminal, given as a file descriptor."""
    from rich.console import Console  # here, because most processes that import this file draw nothing
    from rich.live import Live

    console = Console(file=os.fdopen(terminal, "w", encoding="utf-8"), force_terminal=True)
    return Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)


def draw(line: Callable[[], str], live, read_end: int, ended: threading.Event) -> None:
    """Draw the line every second, and above it what comes through the pipe, until that is closed or all has ended.

    Whatever goes wrong, the pipe is read, or those who print would wait for ever.
    """
    from rich.text import Text

    console = live.console
    live.start()
    console.show_cursor(True)  # or a killed Snakemake would leave a terminal without one
    printed = b""
    while True:
        ready, _, _ = select.select([read_end], [], [], SECONDS)
        if ready:
            received = os.read(read_end, 1 << 16)
            if not received:
                break
            lines, newline, printed = (printed + received).rpartition(b"\n")
            if newline:
                with contextlib.suppress(OSError):  # the terminal is gone
                    console.print(Text.from_ansi(lines.decode(errors="replace")), soft_wrap=True)
        elif ended.is_set():
            break
        with contextlib.suppress(Exception):
            console.width = os.get_terminal_size(console.file.fileno()).columns or 80  # as wide as it is now
            live.update(Text(line(), no_wrap=True, overflow="ellipsis"), refresh=True)
    with contextlib.suppress(OSError):
        live.stop()
        console.file.write(printed.decode(errors="replace"))
        console.file.close()
    os.close(read_end)

"""A job ends with the Snakemake that started it, even if that was killed and could end nothing itself."""

import contextlib
import os
import select
import signal
import threading
import time

from casual_training.parallel.workers import ENDING_SECONDS

VARIABLE = "CASUAL_TRAINING_SNAKEMAKE"  # the process id of Snakemake; workflow/rules/common.smk sets it for all jobs


def end_with_snakemake() -> None:
    """If Snakemake started this process, watch it from a thread; once it is gone, end this process, too."""
    if VARIABLE in os.environ:
        threading.Thread(target=_end_after, args=(int(os.environ[VARIABLE]),), daemon=True).start()


def _end_after(pid: int) -> None:
    _wait_for_end_of(pid)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ENDING_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def _wait_for_end_of(pid: int) -> None:
    with contextlib.suppress(AttributeError, OSError):  # macOS and an old Linux have no pidfd
        # Sleeps in the kernel, so that a run is not disturbed, and counts a process as gone that nobody waited for.
        select.select([os.pidfd_open(pid)], [], [])
        return
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(pid, 0)
            time.sleep(0.5)

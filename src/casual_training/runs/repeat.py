"""A run that others interfered with is made once more, in the same job, whatever came out of it, a failure included.

The rule looks at the interference and never at the result, or it would choose results. The second attempt counts, also
if it was interfered with again; the first stays in its folder, in FIRST. The process starts anew, so that both
attempts begin cold.
"""

import atexit
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from casual_training.runs import train_log

if TYPE_CHECKING:
    from casual_training.records.record import Record

FIRST = "first-attempt"
VARIABLE = "CASUAL_TRAINING_SECOND_ATTEMPT"  # when it began, as of time.perf_counter


def attempt() -> tuple[int, float | None]:
    """Return the number of the attempt this process makes, 1 or 2, and when the second began."""
    began = os.environ.get(VARIABLE)
    return (1, None) if began is None else (2, float(began))


def forget_first(folder: Path) -> None:
    """Remove what an earlier making of a run left of its first attempt; to be called when a first attempt begins."""
    shutil.rmtree(folder / FIRST, ignore_errors=True)


def repeat_if_interfered(record: "Record", folder: Path) -> None:
    """Begin the second attempt in place of this process, if others interfered with the first; else return.

    Args:
        record: what stands in run.json.
        folder: of the run.
    """
    from casual_training.records import losses_csv
    from casual_training.records.record import FILE

    if not record.interference_detected or record.attempt > 1:
        return
    (folder / FIRST).mkdir(exist_ok=True)
    for file in (FILE, losses_csv.FILE, train_log.FILE):
        os.replace(folder / file, folder / FIRST / file)
    taken = record.foreign_cpu_share + record.steal_share
    print(f"others took {taken:.1%} of the cores during this run: it is repeated once", file=sys.stderr, flush=True)
    atexit._run_exitfuncs()  # ends the fork server and removes temporary files, which the new program would not know of
    os.execve(sys.executable, sys.orig_argv, os.environ | {VARIABLE: repr(time.perf_counter())})

"""A run that others disturbed is made once more, in the same job, whatever came out of it, a failure included.

The rule looks at the noise and never at the result, or it would choose results. The second attempt counts, be it
disturbed or not; the first stays in its folder, in FIRST. The process starts anew, so that both attempts begin cold.
"""

import atexit
import os
import shutil
import sys
import time
from pathlib import Path

FIRST = "first-attempt"
FILES = ("run.json", "losses.csv", "train.log")
VARIABLE = "CASUAL_TRAINING_SECOND_ATTEMPT"  # when it began, as of time.perf_counter


def attempt() -> tuple[int, float | None]:
    """Return the number of the attempt this process makes, 1 or 2, and when the second began."""
    began = os.environ.get(VARIABLE)
    return (1, None) if began is None else (2, float(began))


def forget_first(folder: Path) -> None:
    """Remove what an earlier making of a run left of its first attempt; to be called when a first attempt begins."""
    shutil.rmtree(folder / FIRST, ignore_errors=True)


def repeat_if_interfered(record: dict, folder: Path) -> None:
    """Begin the second attempt in place of this process, if the first was contaminated; else return.

    Args:
        record: what stands in run.json.
        folder: of the run.
    """
    if not record.get("interference_detected") or record["attempt"] > 1:
        return
    (folder / FIRST).mkdir(exist_ok=True)
    for file in FILES:
        os.replace(folder / file, folder / FIRST / file)
    taken = record["foreign_cpu_share"] + record["steal_share"]
    print(f"others took {taken:.1%} of the cores during this run: it is repeated once", file=sys.stderr, flush=True)
    atexit._run_exitfuncs()  # ends the fork server and removes temporary files, which the new program would not know of
    os.execve(sys.executable, sys.orig_argv, os.environ | {VARIABLE: repr(time.perf_counter())})

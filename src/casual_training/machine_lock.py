"""One timed run at a time on this machine, whoever started it.

The kernel gives the lock back when its holder ends, in whatever way; nothing is left to clean up by hand.
"""

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator

# Not the temporary folder of the environment: two studies with different ones must meet here too. The empty file
# stays, because removing it would let a third study lock a new file while a second waits for the old one.
PATH = f"/tmp/casual-training-{os.getuid()}.lock"


@contextlib.contextmanager
def exclusive_machine() -> Iterator[float]:
    """Hold the machine; yields the seconds it took to get it. Says so once if it has to wait."""
    started = time.perf_counter()
    descriptor = os.open(PATH, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another timed run on this machine to end", file=sys.stderr, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield time.perf_counter() - started
    finally:
        os.close(descriptor)

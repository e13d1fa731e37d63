"""train.log: everything that the process of a run and its children print."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

FILE = "train.log"


@contextlib.contextmanager
def logged_to(path: Path) -> Iterator[io.TextIOBase]:
    """Send everything that this process and its children print to `path`; yields the console it went to before.

    Raises:
        ValueError: the file cannot be written; one sentence with its name.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        log = open(path, "w", encoding="utf-8")  # noqa: SIM115 - closed by the `with` below
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}; choose a folder you may write to") from None
    with log, os.fdopen(os.dup(2), "w", encoding="utf-8") as console:
        sys.stdout.flush()
        kept_stdout = os.dup(1)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield console
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(kept_stdout, 1)
            os.dup2(console.fileno(), 2)
            os.close(kept_stdout)

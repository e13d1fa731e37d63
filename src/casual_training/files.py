"""Files that are whole or absent."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a UTF-8 text file so that a reader finds the old file, the new one or none, never a part.

    Raises:
        ValueError: the file cannot be written; one sentence with its name.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(f"cannot write {path}: {reason}; make room or choose a folder you may write to") from None


def require_writable(folder: Path) -> None:
    """Make a folder if it is not there, and write to it once.

    Raises:
        ValueError: it cannot be made or written to; one sentence with its name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(f"cannot write to {folder}: {reason}; choose a folder you may write to") from None

"""Files that are whole or absent, and literals of Python files that are read without importing them."""

import ast
import os
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any


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


def read_literals(file: Path, names: Collection[str]) -> dict[str, Any]:
    """Read what a Python file assigns to names at its top level, those that it has; the file is not imported.

    Raises:
        ValueError: the file cannot be read or is no Python, or such a value is no literal; one sentence.
    """
    try:
        module = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read {file}: {error}") from None
    except SyntaxError as error:
        raise ValueError(f"{file}, line {error.lineno}: {error.msg}") from None
    assigned = {}
    for statement in module.body:
        if isinstance(statement, ast.Assign):
            assigned[ast.unparse(statement.targets[0])] = statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value:
            assigned[ast.unparse(statement.target)] = statement.value
    try:
        return {name: ast.literal_eval(assigned[name]) for name in names if name in assigned}
    except ValueError:
        raise ValueError(f"{file}: {', '.join(names)} must be literals, read without importing the file") from None

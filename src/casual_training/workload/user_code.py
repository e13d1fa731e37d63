"""Imports and calls the user's own code that a config names (config/references.py says how).

A file is imported under a module name made of its path, which a finder of ours understands in every process: that is
how a worker unpickles a network whose class is in such a file. No torch here: Snakemake imports this file.
"""

import ast
import importlib
import importlib.abc
import importlib.util
import os
import sys
import traceback
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from casual_training.config.references import arguments, is_user_code, name_of, reference, source_file
from casual_training.errors import UserCodeError

PREFIX = "file:"  # of the module name of a file


def load(named: str | dict) -> Any:
    """Import the user's code and return what has the name in it.

    Raises:
        UserCodeError: the import raises or exits, or there is no such name.
    """
    place, _, name = reference(named).rpartition(":")
    # As for a script, what stands beside the file can be imported; behind everything else, so that it hides nothing.
    beside = [os.getcwd(), *([str(Path(place).resolve().parent)] if place.endswith(".py") else [])]
    sys.path += [folder for folder in beside if folder not in sys.path]
    try:
        module = importlib.import_module(_module_name(place))
    except (Exception, SystemExit) as error:
        _let_signals_pass(error)
        raise UserCodeError(f"{location(error, named)}: {place} cannot be imported: {one_line(error)}") from error
    if not hasattr(module, name):
        raise UserCodeError(f"{place} defines no {name!r}; add it, or name another in the config")
    return getattr(module, name)


def make(named: str | dict) -> Any:
    """Call the user's factory with its arguments and return what it makes.

    Raises:
        UserCodeError: it cannot be had, or it raises or exits.
    """
    factory = load(named)
    try:
        return factory(**arguments(named))
    except (Exception, SystemExit) as error:
        _let_signals_pass(error)
        raise UserCodeError(f"{location(error, named)}: {name_of(named)} raised {one_line(error)}") from error


def _let_signals_pass(error: Exception | SystemExit) -> None:
    """Raise what asks this process to end, a subclass of SystemExit; the user's code has only called sys.exit."""
    if isinstance(error, SystemExit) and type(error) is not SystemExit:
        raise error


def location(error: BaseException | None, named: str | dict) -> str:
    """Return where in the user's file an error arose, "path/to/file.py, line 12", or where the named code begins."""
    file = source_file(named)
    if file is None:
        return reference(named)
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).resolve() == file.resolve():
        return f"{display_path(file)}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__) if error else []
    lines = [frame.lineno for frame in frames if Path(frame.filename).resolve() == file.resolve()]
    line = lines[-1] if lines else _first_line(file, name_of(named))
    return f"{display_path(file)}, line {line}" if line else display_path(file)


def raise_location(error: BaseException, *named: str | dict | None) -> str:
    """Return the innermost place in the user's files where an error arose; "" if it arose in none of them."""
    files = {file.resolve(): file for one in named if is_user_code(one) and (file := source_file(one))}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).resolve() in files]
    return f"{display_path(files[Path(frames[-1].filename).resolve()])}, line {frames[-1].lineno}" if frames else ""


def one_line(error: BaseException) -> str:
    """Return an error as one line: "ValueError: no such table"."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ").rstrip(".")


def display_path(file: Path) -> str:
    """Return a path for people: relative to the working directory where it is below it."""
    return str(file.resolve().relative_to(Path.cwd())) if file.resolve().is_relative_to(Path.cwd()) else str(file)


def _first_line(file: Path, name: str) -> int | None:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node.lineno
    return None


def _module_name(place: str) -> str:
    """Name the module of a place; in the name of a file no dot may stand, or it would be taken for a package's."""
    if not place.endswith(".py"):
        return place
    return PREFIX + os.path.normpath(place).replace("%", "%25").replace(".", "%2E")


class _Loader(SourceFileLoader):
    """Loads a file and leaves no __pycache__ beside it."""

    def set_data(self, path, data, *, _mode=0o666) -> None:
        pass


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the module of a file by the name that `_module_name` gave it."""

    def find_spec(self, fullname, path=None, target=None):
        if not fullname.startswith(PREFIX):
            return None
        file = os.path.abspath(fullname.removeprefix(PREFIX).replace("%2E", ".").replace("%25", "%"))
        return importlib.util.spec_from_file_location(fullname, file, loader=_Loader(fullname, file))


sys.meta_path.append(_Finder())

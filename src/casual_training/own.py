"""Code of the user's own that a config names: `path/to/file.py:name` or `package.module:name`.

A config may name such a factory (of a network, of a data set) or function (loss, metric) wherever it may name one of
ours. Paths and modules are looked for from the working directory. Before a study it is only read, never imported.

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
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path

PREFIX = "file:"  # of the module name of a file


class OwnCodeError(ValueError):
    """What is wrong with the user's own code or data: one sentence, with its file and line where there is one."""


def is_own(named: str | dict | None) -> bool:
    """Whether a config's value names the user's own code: by a place and a name, or as a map with arguments."""
    return ":" in _reference(named)


def arguments(named: str | dict) -> dict:
    """Give the arguments that a config's value has for its factory."""
    return named.get("arguments", {}) if isinstance(named, dict) else {}


def name_of(named: str | dict) -> str:
    """Give the name within its file or module: "make" of "path/to/file.py:make"."""
    return _reference(named).rpartition(":")[2]


def source_file(named: str | dict) -> Path | None:
    """Find the file of the user's code without importing anything; None if there is none."""
    place, _, _ = _reference(named).rpartition(":")
    if place.endswith(".py"):
        return Path(place) if Path(place).is_file() else None
    folders, spec = [os.getcwd(), *sys.path], None
    for depth in range(1, place.count(".") + 2):
        spec = PathFinder.find_spec(".".join(place.split(".")[:depth]), folders)
        if spec is None:
            return None
        folders = spec.submodule_search_locations or []
    return Path(spec.origin) if spec.origin and Path(spec.origin).is_file() else None


def require(named: str | dict, key: str) -> None:
    """Check that the user's file is there, is Python and defines the name.

    Raises:
        ValueError: one sentence that begins with `key`, the place in the config.
    """
    reference, file = _reference(named), source_file(named)
    place, _, name = reference.rpartition(":")
    if file is None:
        kind = "file" if place.endswith(".py") else "module"
        raise ValueError(
            f"config: {key} names {reference!r}, but there is no {kind} {place}, seen from {os.getcwd()}; give its path"
        )
    try:
        module = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise ValueError(f"config: {key}: {place}{line} is not valid Python: {error.args[0]}; mend it") from None
    names = set(_defined(module.body))
    if name not in names and "*" not in names:
        raise ValueError(
            f"config: {key} names {reference!r}, but {place} defines no {name!r}; add it, or give its name"
        )


def _defined(body: list[ast.stmt]):
    """Give the names that statements bind at the top level of a module; "*" if they import whatever there is."""
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign() | ast.AnnAssign():
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (alias.asname or alias.name for alias in aliases)
            case ast.If() | ast.Try() | ast.With():
                for field in ("body", "orelse", "finalbody"):
                    yield from _defined(getattr(statement, field, []))
                for handler in getattr(statement, "handlers", []):
                    yield from _defined(handler.body)


def load(named: str | dict):
    """Import the user's code and give what has the name in it.

    Raises:
        OwnCodeError: the import raises or exits, or there is no such name.
    """
    place, _, name = _reference(named).rpartition(":")
    # As for a script, what stands beside the file can be imported; behind everything else, so that it hides nothing.
    beside = [os.getcwd(), *([str(Path(place).resolve().parent)] if place.endswith(".py") else [])]
    sys.path += [folder for folder in beside if folder not in sys.path]
    try:
        module = importlib.import_module(_module_name(place))
    except (Exception, SystemExit) as error:
        _let_signals_pass(error)
        raise OwnCodeError(f"{where(error, named)}: {place} cannot be imported: {said(error)}") from error
    if not hasattr(module, name):
        raise OwnCodeError(f"{place} defines no {name!r}; add it, or name another in the config")
    return getattr(module, name)


def make(named: str | dict):
    """Call the user's factory with its arguments and give what it returns.

    Raises:
        OwnCodeError: it cannot be had, or it raises or exits.
    """
    factory = load(named)
    try:
        return factory(**arguments(named))
    except (Exception, SystemExit) as error:
        _let_signals_pass(error)
        raise OwnCodeError(f"{where(error, named)}: {name_of(named)} raised {said(error)}") from error


def _let_signals_pass(error: Exception | SystemExit) -> None:
    """Raise what asks this process to end, a subclass of SystemExit; the user's code has only called sys.exit."""
    if isinstance(error, SystemExit) and type(error) is not SystemExit:
        raise error


def where(error: BaseException | None, named: str | dict) -> str:
    """Say where in the user's file an error arose, "path/to/file.py, line 12", or else where the named code begins."""
    file = source_file(named)
    if file is None:
        return _reference(named)
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).resolve() == file.resolve():
        return f"{shown(file)}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__) if error else []
    lines = [frame.lineno for frame in frames if Path(frame.filename).resolve() == file.resolve()]
    line = lines[-1] if lines else _first_line(file, name_of(named))
    return f"{shown(file)}, line {line}" if line else shown(file)


def raised_at(error: BaseException, *named: str | dict | None) -> str:
    """Say where in one of the user's files an error arose, the innermost place, or nothing: "" if in none of them."""
    files = {file.resolve(): file for one in named if is_own(one) and (file := source_file(one))}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).resolve() in files]
    return f"{shown(files[Path(frames[-1].filename).resolve()])}, line {frames[-1].lineno}" if frames else ""


def said(error: BaseException) -> str:
    """Write an error in one line: "ValueError: no such table"."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ").rstrip(".")


def shown(file: Path) -> str:
    """Write a path for people: relative to the working directory where it is below it."""
    return str(file.resolve().relative_to(Path.cwd())) if file.resolve().is_relative_to(Path.cwd()) else str(file)


def _first_line(file: Path, name: str) -> int | None:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node.lineno
    return None


def _reference(named: str | dict | None) -> str:
    return named["factory"] if isinstance(named, dict) else named or ""


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

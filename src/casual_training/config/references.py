"""References to the user's own code: `path/to/file.py:name` or `package.module:name`.

A config may name such a factory (of a network, of a data set) or function (loss, metric) wherever it may name one of
ours. Paths and modules are looked for from the working directory. Here the code is only read, never imported:
workload/user_code.py imports it.
"""

import ast
import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path


def is_user_code(named: str | dict | None) -> bool:
    """Whether a config's value names the user's own code: by a place and a name, or as a map with arguments."""
    return ":" in reference(named)


def arguments(named: str | dict) -> dict:
    """Return the arguments that a config's value has for its factory."""
    return named.get("arguments", {}) if isinstance(named, dict) else {}


def name_of(named: str | dict) -> str:
    """Return the name within its file or module: "make" of "path/to/file.py:make"."""
    return reference(named).rpartition(":")[2]


def source_file(named: str | dict) -> Path | None:
    """Find the file of the user's code without importing anything; None if there is none."""
    place, _, _ = reference(named).rpartition(":")
    if place.endswith(".py"):
        return Path(place) if Path(place).is_file() else None
    folders, spec = [os.getcwd(), *sys.path], None
    for depth in range(1, place.count(".") + 2):
        spec = PathFinder.find_spec(".".join(place.split(".")[:depth]), folders)
        if spec is None:
            return None
        folders = spec.submodule_search_locations or []
    return Path(spec.origin) if spec.origin and Path(spec.origin).is_file() else None


def require_defined(named: str | dict, key: str) -> None:
    """Check that the user's file is there, is Python and defines the name.

    Raises:
        ValueError: one sentence that begins with `key`, the place in the config.
    """
    named_as, file = reference(named), source_file(named)
    place, _, name = named_as.rpartition(":")
    if file is None:
        kind = "file" if place.endswith(".py") else "module"
        raise ValueError(
            f"config: {key} names {named_as!r}, but there is no {kind} {place}, seen from {os.getcwd()}; give its path"
        )
    try:
        module = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise ValueError(f"config: {key}: {place}{line} is not valid Python: {error.args[0]}; fix it") from None
    names = set(_defined(module.body))
    if name not in names and "*" not in names:
        raise ValueError(f"config: {key} names {named_as!r}, but {place} defines no {name!r}; add it, or give its name")


def _defined(body: list[ast.stmt]):
    """Return the names that statements bind at the top level of a module; "*" if they import whatever there is."""
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


def reference(named: str | dict | None) -> str:
    """Return the place and the name, "path/to/file.py:make", of a value with or without arguments."""
    return named["factory"] if isinstance(named, dict) else named or ""

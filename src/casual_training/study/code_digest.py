"""What a run's result depends on in code, as one hash: a parameter of its job, so that an edit makes it again.

Derived from folders, not from a list that somebody has to keep. Every run goes through all of RUN_FOLDERS; of
strategies and models it goes through its own file and their __init__.py only. A tuned run also depends on how its
learning rate is chosen. A run of the user's own code depends on the named file and on the modules beside it that it
imports, directly or through another of them.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

from casual_training.config.references import is_user_code, source_file
from casual_training.plan.run import Run

PACKAGE = Path(__file__).parents[1]
RUN_FOLDERS = ("config", "plan", "records", "workload", "measure", "parallel", "runs")
NAMED_FOLDERS = ("strategies", "workload/models")  # of whose files a run goes through those that it names
OF_TUNED_RUNS = ("study/lr_choice.py", "study/time_to_target.py")


def code_digest(run: Run) -> str:
    """Return the sha256 of the code that a run goes through."""
    model = None if is_user_code(run.model) else run.model
    return _digest(run.strategy, model, bool(run.tune), tuple(run.user_code))


@functools.cache  # thousands of runs go through the same few
def _digest(strategy: str, model: str | None, is_tuned: bool, user_code: tuple[str, ...]) -> str:
    ours = [*_of_every_run(), *(PACKAGE / folder / "__init__.py" for folder in NAMED_FOLDERS)]
    ours.append(PACKAGE / "strategies" / f"{strategy}.py")
    ours += [PACKAGE / "workload" / "models" / f"{model}.py"] if model else []
    ours += [PACKAGE / file for file in OF_TUNED_RUNS if is_tuned]
    named = [file for reference in user_code if (file := source_file(reference))]
    theirs = dict.fromkeys(each for file in named for each in with_imports(file))
    return _sha256_of(*ours, *theirs)


@functools.cache
def _of_every_run() -> tuple[Path, ...]:
    """List the files of ours that every run goes through, but for the __init__.py of the folders it names files of."""
    loose = sorted(file for file in PACKAGE.glob("*.py") if file.name not in ("cli.py", "__main__.py"))
    named = tuple(PACKAGE / folder for folder in NAMED_FOLDERS)
    in_folders = sorted(file for folder in RUN_FOLDERS for file in (PACKAGE / folder).rglob("*.py"))
    return (*loose, *(file for file in in_folders if file.parent not in named))


def with_imports(file: Path) -> tuple[Path, ...]:
    """Return a file of the user's and the files that it imports from its own folder or the working directory."""
    found: dict[Path, None] = {}
    waiting = [file]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found[one] = None
        folders = dict.fromkeys([file.parent, one.parent, Path()])
        waiting += [each for module in _imports_of(one) for each in _files_of(module, one, list(folders))]
    return tuple(found)


def _imports_of(file: Path) -> Iterator[tuple[int, str]]:
    """Yield (level, dotted name) of each module that a file may import, anywhere in it."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return  # the check of the config, or the run itself, names it
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield node.level, base
            yield from ((node.level, f"{base}.{alias.name}".strip(".")) for alias in node.names)


def _files_of(module: tuple[int, str], importer: Path, folders: list[Path]) -> Iterator[Path]:
    """Yield the file of a module and those of the packages that it is in, where they are below one of the folders."""
    level, name = module
    places = [importer.parents[level - 1]] if level else folders
    for place in places:
        steps = (
            [place.joinpath(*name.split(".")[:depth]) for depth in range(1, name.count(".") + 2)] if name else [place]
        )
        for step in steps:
            yield from (each for each in (step.with_suffix(".py"), step / "__init__.py") if each.is_file())


def _sha256_of(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()

"""What a run's result depends on in code, as one hash: a parameter of its job, so that an edit makes it again.

Derived, not a list that somebody has to keep. Every run goes through the folders of RUN_FOLDERS and whatever they
import of ours; of strategies and models it goes through its own file only. A tuned run also depends on how its learning
rate is chosen. A run of the user's own code depends on the named file, on the packages that it is in, and on the
modules beside it that it imports, directly or through another of them.
"""

import ast
import functools
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from casual_training.config.references import is_user_code, source_file
from casual_training.plan.run import Run

PACKAGE = Path(__file__).parents[1]
RUN_FOLDERS = ("records", "workload", "measure", "parallel", "runs")
NAMED_FOLDERS = ("strategies", "workload/models")  # of whose files a run goes through those that it names
OF_TUNED_RUNS = "study/lr_choice.py"


def code_digest(run: Run) -> str:
    """Return the sha256 of the code that a run goes through."""
    model = None if is_user_code(run.model) else run.model
    return _digest(run.strategy, model, bool(run.tune), tuple(run.user_code))


@functools.cache  # thousands of runs go through the same few
def _digest(strategy: str, model: str | None, is_tuned: bool, user_code: tuple[str, ...]) -> str:
    named = [PACKAGE / "strategies" / f"{strategy}.py"]
    named += [PACKAGE / "workload" / "models" / f"{model}.py"] if model else []
    named += [PACKAGE / OF_TUNED_RUNS] if is_tuned else []
    theirs = (file for reference in user_code if (file := source_file(reference)))
    return _sha256_of(dict.fromkeys([*_of_every_run(), *_ours(named), *with_imports(theirs)]))


@functools.cache
def _of_every_run() -> tuple[Path, ...]:
    """List the files of ours that every run goes through."""
    named = [PACKAGE / folder for folder in NAMED_FOLDERS]
    files = sorted(file for folder in RUN_FOLDERS for file in (PACKAGE / folder).rglob("*.py"))
    return _ours(file for file in files if file.parent not in named or file.name == "__init__.py")


def _ours(files: Iterable[Path]) -> tuple[Path, ...]:
    """Return files of ours with what they import of ours."""
    return with_imports(files, [PACKAGE.parent])


def with_imports(files: Iterable[Path], places: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Return Python files and the files that they import from known places, directly or through another of them.

    Args:
        files: the files to begin with; their packages belong to them.
        places: folders to look for modules in; none are those that a file of the user's is imported with: its own
            folder, the one above its packages, and the working directory.
    """
    found: dict[Path, None] = {}
    waiting = [file.resolve() for file in files]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found[file] = None
        packages = [folder for folder in file.parents if (folder / "__init__.py").is_file()]
        top = packages[-1].parent if packages else file.parent
        waiting += [folder / "__init__.py" for folder in packages]
        folders = dict.fromkeys(places or (file.parent, top, Path().resolve()))
        waiting += [each for level, name in _imports_of(file) for each in _files_of(level, name, file, folders)]
    return tuple(sorted(found))


@functools.cache  # the digests of all strategies and models go through the same files
def _imports_of(file: Path) -> tuple[tuple[int, str], ...]:
    """Return (level, dotted name) of each module that a file may import, anywhere in it."""
    return tuple(_imported(file))


def _imported(file: Path) -> Iterator[tuple[int, str]]:
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


def _files_of(level: int, name: str, importer: Path, folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the file of a module and those of the packages that it is in, where they are below one of the folders."""
    if level > len(importer.parents):
        return
    steps = name.split(".") if name else []
    for place in [importer.parents[level - 1]] if level else folders:
        for depth in range(0 if level else 1, len(steps) + 1):
            path = place.joinpath(*steps[:depth])
            candidates = [path / "__init__.py"] + ([path.with_suffix(".py")] if depth else [])
            yield from (file for file in candidates if file.is_file())


def _sha256_of(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()

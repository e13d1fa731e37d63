"""What a method costs in code: how its standalone script differs from the serial one. Pure: reads no file.

Counted is all code of a script but comments and docstrings, also what it prints and which arguments it takes. The
scripts share one form, so these are the same in all of them but for what a method forces (a number of workers, who
prints), and a list of lines that do not count would be ours to bend.
"""

import ast
import difflib
import functools
from collections.abc import Collection

import pandas as pd

from casual_training.plan.lr_trials import SUFFIX

FOLDER = "examples/standalone"
BASELINE = "serial"  # the script that the others are a change of


def script_of(method: str, methods: dict[str, dict], scripts: Collection[str]) -> str | None:
    """Name the script of a method, tuned or not: the one called like it, or else its strategy's; None without either.

    The strategy's script is that of the method of its name. A variant that sets other values for any method (threads,
    batch size) or another number in it (steps between averages) has the same lines, so it has that script, too. One
    whose strategy has another option (no overlap, no lock) would have other lines, so it has none.

    Args:
        method: its name.
        methods: each method's strategy, under "strategy", and the values of that strategy's options.
        scripts: the names of the scripts.
    """
    name = method.removesuffix(SUFFIX)
    if name in scripts:
        return name
    own = methods[method]
    strategy = own["strategy"]
    named = methods.get(strategy, own)
    has_its_lines = all(_is_same_line(value, named.get(key)) for key, value in own.items())
    return strategy if strategy in scripts and has_its_lines else None


def _is_same_line(value, other) -> bool:
    return value == other or type(value) is type(other) is int


def code_lines(source: str) -> list[str]:
    """Return the lines of code without comments, docstrings, blank lines and indentation.

    Layout is normalised: a statement that is wrapped over several lines is one line, and quotes are all the same.

    Raises:
        SyntaxError: this is not Python.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if _has_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return [line.strip() for line in ast.unparse(tree).splitlines() if line.strip()]


def _has_docstring(node: ast.AST) -> bool:
    can_have_one = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    return can_have_one and ast.get_docstring(node, clean=False) is not None


@functools.cache
def lines_changed(source: str, baseline: str) -> int:
    """Count the lines of code in which a script differs from the baseline, as a person does in a side-by-side diff.

    Within a stretch of changes, a removed line and an added one stand beside each other and are one changed line, so
    the stretch counts as many as the longer of its two sides. A line that only moved counts where it left and where it
    arrived; one that is only indented differently counts nowhere. Lines are as `code_lines` gives them.
    """
    matcher = difflib.SequenceMatcher(None, code_lines(baseline), code_lines(source), autojunk=False)
    return sum(
        max(removed_to - removed_from, added_to - added_from)
        for kind, removed_from, removed_to, added_from, added_to in matcher.get_opcodes()
        if kind != "equal"
    )


def new_names(source: str, baseline: str) -> list[str]:
    """List, sorted, the names a user of a script has to know that the baseline does not use.

    These are what it takes from an imported module, by its full name ("torch.multiprocessing.spawn"), and what it uses
    of any other object (".share_memory"). Names that the script itself defines are not among them, nor are the options
    of its command line, nor what Python has without an import.
    """
    return sorted(_used_names(source) - _used_names(baseline))


@functools.cache
def _used_names(source: str) -> set[str]:
    tree = ast.parse(source)
    modules, own = _imported(tree), _defined(tree)
    used, inner = set(), set()  # `inner` are the parts of a longer name, met after it
    for node in ast.walk(tree):  # from the outside in
        if node in inner or not isinstance(node, ast.Attribute | ast.Name):
            continue
        chain, root = [], node
        while isinstance(root, ast.Attribute):
            inner.add(root)
            chain.insert(0, root.attr)
            root = root.value
        inner.add(root)
        if isinstance(root, ast.Name) and root.id in modules:
            used.add(".".join([modules[root.id], *chain]))
        else:
            used.update(f".{name}" for name in chain if name not in own)
    return used


def _imported(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for, in full: {"multiprocessing": "torch.multiprocessing"}."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for item in node.names:
                whole = item.name if item.asname else item.name.partition(".")[0]  # "import a.b" makes the name a
                names[item.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom):
            for item in node.names:
                names[item.asname or item.name] = f"{node.module}.{item.name}"
    return names


def _defined(tree: ast.Module) -> set[str]:
    """Return the attributes that a script makes itself: functions, classes, what it assigns, and its options."""
    defined = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            defined.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            defined.add(node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
            options = (argument.value for argument in node.args if isinstance(argument, ast.Constant))
            defined.update(option.lstrip("-").replace("-", "_") for option in options)
    return defined


def difference(name: str, scripts: dict[str, str]) -> str:
    """Return the unified diff from the baseline's script to another, comments and all, so that `patch` can apply it."""
    old, new = (scripts[key].splitlines(keepends=True) for key in (BASELINE, name))
    return "".join(difflib.unified_diff(old, new, f"{BASELINE}.py", f"{name}.py"))


def add_costs(comparison: pd.DataFrame, methods: dict[str, dict], scripts: dict[str, str]) -> pd.DataFrame:
    """Fill lines_changed and new_names of a comparison; they stay empty where a method has no script.

    Args:
        comparison: the comparison table.
        methods: as of script_of.
        scripts: the source of each standalone script by its name; without the baseline's there is nothing to compare.
    """
    names = [script_of(method, methods, scripts) for method in comparison["method"]]
    if BASELINE not in scripts:
        names = [None] * len(names)
    costs = {name: _cost(scripts[name], scripts[BASELINE]) for name in set(names) - {None}}
    lines, known = zip(*(costs.get(name, (pd.NA, pd.NA)) for name in names), strict=True) if names else ((), ())
    columns = {"lines_changed": lines, "new_names": known}
    return comparison.assign(**{key: pd.array(values, dtype="Int64") for key, values in columns.items()})


def _cost(source: str, baseline: str) -> tuple[int, int]:
    return lines_changed(source, baseline), len(new_names(source, baseline))

"""What a method costs in code: the lines in which its standalone script differs from the serial one.

Counted is all code of a script but comments and docstrings, also what it prints and which arguments it takes. The
scripts share one form, so these are the same in all of them but for what a method forces (a number of workers, who
prints), and a list of lines that do not count would be ours to bend.
"""

import ast
import difflib
import functools
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from casual_training.analysis.frames import WHOLE
from casual_training.plan.lr_trials import SUFFIX
from casual_training.plan.plan import Plan

BASELINE = "serial"  # the script that the others are a change of


def strategies_and_options(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return the strategy and options of each method of the catalogue, and of each tuned one."""
    in_catalogue = {
        name: {"strategy": method.strategy} | method.options for name, method in plan.config.methods.items()
    }
    return in_catalogue | {run.method: {"strategy": run.strategy} | run.options for run in plan.runs}


def script_of(method: str, methods: Mapping[str, dict], scripts: Collection[str]) -> str | None:
    """Return the name of a method's script: the one called like it, or else its strategy's; None without either.

    A tuned method has that of the untuned one. The strategy's script is that of the method of its name. A variant that
    sets other values for any method (threads, batch size) or another number in it (steps between averages) has the same
    lines, so it has that script, too. One whose strategy has another option (no overlap, no lock) would have other
    lines, so it has none.

    Args:
        method: its name.
        methods: as strategies_and_options returns them.
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


def _is_same_line(value: Any, other: Any) -> bool:
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
    arrived; one that is only indented differently counts nowhere. Lines are as of `code_lines`.
    """
    matcher = difflib.SequenceMatcher(None, code_lines(baseline), code_lines(source), autojunk=False)
    return sum(
        max(removed_to - removed_from, added_to - added_from)
        for kind, removed_from, removed_to, added_from, added_to in matcher.get_opcodes()
        if kind != "equal"
    )


def difference(name: str, scripts: dict[str, str]) -> str:
    """Return the unified diff from the baseline's script to another, comments and all, so that `patch` can apply it."""
    old, new = (scripts[key].splitlines(keepends=True) for key in (BASELINE, name))
    return "".join(difflib.unified_diff(old, new, f"{BASELINE}.py", f"{name}.py"))


def add_lines_changed(
    comparison: pd.DataFrame, methods: Mapping[str, dict], scripts: Mapping[str, str]
) -> pd.DataFrame:
    """Fill lines_changed of a comparison; it stays empty where a method has no script.

    Args:
        comparison: the comparison table.
        methods: as of script_of.
        scripts: the source of each standalone script by its name; without the baseline's there is nothing to compare.
    """
    names = [script_of(method, methods, scripts) if BASELINE in scripts else None for method in comparison["method"]]
    lines = [lines_changed(scripts[name], scripts[BASELINE]) if name else None for name in names]
    return comparison.assign(lines_changed=pd.array(lines, dtype=WHOLE))

"""What each method of a study is: the first sentence of its strategy's docstring, and what its options change.

The files of the strategies are read, not imported: they import torch.
"""

import ast
from pathlib import Path

import yaml

from casual_training import strategies
from casual_training.config.models import Method
from casual_training.plan.plan import Plan


def described(plan: Plan) -> list[dict]:
    """Return name, summary and options of each method of a study that its catalogue has, in the catalogue's order."""
    return [
        {"name": name, "summary": summary(method.strategy), "options": _options(method)}
        for name, method in plan.config.methods.items()
        if name in plan.methods
    ]


def summary(strategy: str) -> str:
    """Return the first sentence of a strategy's docstring."""
    file = Path(strategies.__file__).with_name(f"{strategy}.py")
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.split()).partition(". ")[0].removesuffix(".") + "."


def _options(method: Method) -> str:
    """Write the options as config.yaml has them: "{threads: cores}"; empty if all are the default."""
    chosen = method.model_dump(mode="json", exclude={"strategy"}, exclude_defaults=True)
    return yaml.safe_dump(chosen, default_flow_style=True, sort_keys=False, width=1000).strip() if chosen else ""

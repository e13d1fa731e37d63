"""What each method of a study is: the first sentence of its strategy's docstring, and what its options change.

The files of the strategies are read, not imported: they import torch.
"""

import ast
from pathlib import Path

import yaml

from casual_training import strategies
from casual_training.config.validate import SCHEMA
from casual_training.plan.study import methods


def described(config: dict) -> list[dict]:
    """Return name, summary and options of each method of a validated config's study that its catalogue has."""
    catalogue = config["methods"]
    common = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["$defs"]["method"]["properties"]
    return [
        {"name": name, "summary": summary(method["strategy"]), "options": _options(method, common)}
        for name, method in catalogue.items()
        if name in set(methods(config))
    ]


def summary(strategy: str) -> str:
    """Return the first sentence of a strategy's docstring."""
    file = Path(strategies.__file__).with_name(f"{strategy}.py")
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.split()).partition(". ")[0].removesuffix(".") + "."


def _options(method: dict, common: dict[str, dict]) -> str:
    """Write the options as config.yaml has them: "{threads: cores}"; empty if all are the default."""
    known = common | strategies.options(method["strategy"])
    chosen = {key: value for key, value in method.items() if key != "strategy" and value != known[key].get("default")}
    return yaml.safe_dump(chosen, default_flow_style=True, sort_keys=False, width=1000).strip() if chosen else ""

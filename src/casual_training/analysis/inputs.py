"""The files that each table, each chart and the page is made from: what the rules have to know before anything is made.

All are relative to the project folder. Nothing here imports pandas or matplotlib, so that Snakemake may call it.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from casual_training.analysis import parts
from casual_training.plan.plan import Plan
from casual_training.plan.run import Run
from casual_training.records import losses_csv, record

PACKAGE = Path("src/casual_training")
OF_EVERY_PART = ("plan", "records", "study", "analysis/tables", "analysis/verdict")  # whose code they all go through
SOURCES = (".py", ".jinja2", ".js")


def input_files(kind: str, name: str, plan: Plan) -> list[str]:
    """List what a table ("tables") or a chart ("charts") is made from, as its INPUTS say.

    What reads the records waits for the table of the runs, which is made anew after every record. With a file a run,
    a dry run of 1,000 runs would take half as long again.
    """
    instead = {} if name == "runs" else {"records": "runs"}
    items = dict.fromkeys(instead.get(item, item) for item in parts.literals(kind)[name]["INPUTS"])
    return [file for item in items for file in _files_of(item, plan)]


def source_files(*folders: str) -> list[str]:
    """List the source files that a table or the verdict depends on, and those in more folders of the analysis."""
    paths = [*(PACKAGE / "analysis").glob("*.py")]
    for folder in (*OF_EVERY_PART, *(f"analysis/{folder}" for folder in folders)):
        paths += [path for path in (PACKAGE / folder).iterdir() if path.suffix in SOURCES]
    return sorted(map(str, paths))


def strategy_files(plan: Plan) -> list[str]:
    """List the strategies of a study, whose docstrings the page quotes."""
    return sorted({str(PACKAGE / "strategies" / f"{run.strategy}.py") for run in plan.runs})


def standalone_scripts(root: Path = Path()) -> list[Path]:
    """List the scripts that show what a method costs in code, below the project folder `root`."""
    return sorted((root / "examples" / "standalone").glob("*.py"))


def _files_of(item: str, plan: Plan) -> Iterable[str]:
    if item in parts.literals("tables"):
        return [f"results/{plan.name}/{item}.csv"]
    match item:
        case "records":
            return _in_folders(plan.runs, record.FILE)
        case "losses":
            return _in_folders(plan.runs, losses_csv.FILE)
        case "independent_copies_records":
            return _in_folders(plan.independent_copies, record.FILE)
        case "trials":
            return _in_folders(plan.trials, record.FILE)
        case "diagnoses":
            return _in_folders(plan.diagnoses, record.FILE)
        case "scripts":
            return map(str, standalone_scripts())
        case _:
            raise ValueError(f"{item} is no input of a table or chart; analysis/parts.py lists what there is")


def _in_folders(runs: Iterable[Run], file: str) -> Iterator[str]:
    return (f"{run.folder}/{file}" for run in runs)

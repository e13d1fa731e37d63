"""The tables and charts, one file each, found by being there.

A table NAME is tables/NAME.py: the literals CAPTION (one sentence) and INPUTS, COLUMNS (name -> dtype), and a function
`make(study: StudyFolder) -> DataFrame`. A chart NAME is charts/NAME.py: the literals TITLE, CAPTION (of the table
behind it), INPUTS, PLACE (its order on the page) and SECTION (the id of its section there), COLUMNS, and
`data(study) -> DataFrame` and `draw(data, study) -> Figure`. It may have EMPTY (what stands in the place of an empty
chart; "" leaves it out), and SUMMARY_COLUMNS with `summary(data, study)` where the page shows less than the table. A
chart has another name than every table.

INPUTS lists what it is made from: names of tables, and "records", "trials", "independent_copies_records", "diagnoses",
"losses", "scripts" (inputs.py has their files). The rules read the literals without importing the file, which would
import pandas or matplotlib.
"""

import functools
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Any

from casual_training.files import read_literals

FOLDER = Path(__file__).parent
LITERALS = {"tables": ("CAPTION", "INPUTS"), "charts": ("TITLE", "CAPTION", "INPUTS", "PLACE")}


def table(name: str) -> ModuleType:
    """Import the module of a table; ValueError, with those that there are, if there is none of this name."""
    return _part("tables", name)


def chart(name: str) -> ModuleType:
    """Import the module of a chart; ValueError, with those that there are, if there is none of this name."""
    return _part("charts", name)


def _part(kind: str, name: str) -> ModuleType:
    if name not in literals(kind):
        raise ValueError(f"no {kind.removesuffix('s')} is called {name!r}; choose from: {', '.join(literals(kind))}")
    return importlib.import_module(f"{__package__}.{kind}.{name}")


@functools.cache
def literals(kind: str) -> dict[str, dict[str, Any]]:
    """Return the literals of each table ("tables") or chart ("charts"), by name; charts in the order of the page.

    A module that has no INPUTS is no table or chart but something that they share.
    """
    folder = FOLDER / kind
    found = {
        module.name: read_literals(folder / f"{module.name}.py", LITERALS[kind])
        for module in pkgutil.iter_modules([str(folder)])
    }
    found = {name: values for name, values in found.items() if "INPUTS" in values}
    return dict(sorted(found.items(), key=lambda item: (item[1].get("PLACE", 0), item[0])))


def caption_of_chart(name: str) -> str:
    """Return what Snakemake's report says of a chart: its title, and the caption of the table behind it."""
    found = literals("charts")[name]
    return f"{found['TITLE'].format(metric='metric')}. {found['CAPTION']}."

"""Tables as DataFrames: exactly the columns that they should have, written and read back unchanged.

Every dtype but text knows empty cells, and text has empty strings.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from casual_training.files import write_whole

TEXT, WHOLE, FIGURE, FLAG = "string", "Int64", "float64", "boolean"
CELL = ["workload", "method", "workers", "epochs"]  # what one row of the comparison is about
RENAMED = {  # columns of version 0.1
    "contaminated": "interference_detected",
    "rate_only": "throughput_only",
    "percent_of_ceiling": "parallel_efficiency_percent",
    "rate_factor": "hardware_efficiency",
    "samples_factor": "statistical_efficiency",
    "cold_speedup": "end_to_end_speedup",
    "ceiling_speedup": "independent_copies_speedup",
    "ceiling": "independent_copies",
}


def as_table(rows: Iterable, columns: dict[str, str]) -> pd.DataFrame:
    """Make a table of exactly these columns and dtypes, also when there are no rows."""
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, whole or not at all; ValueError if it cannot be written."""
    write_whole(path, table.to_csv(index=False, lineterminator="\n"))


def read_table(path: Path, columns: dict[str, str]) -> pd.DataFrame:
    """Read a CSV table back as it was written; a name such as "nan" stays a name.

    Raises:
        ValueError: the file has other columns, or cells of another kind; one sentence with its name.
    """
    text = [column for column in columns if columns[column] == TEXT]
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=columns)
        if list(table) != list(columns) or not isinstance(table.index, pd.RangeIndex):  # rows with more cells
            raise ValueError(_why_others(list(table)))
        return as_table(table.fillna(dict.fromkeys(text, "")), columns)
    except (OSError, ValueError, TypeError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path} cannot be read as a table ({reason}); delete it, and make it again") from None


def _why_others(found: list[str]) -> str:
    """Return the words for columns that are not those of a table."""
    renamed = [f"{old!r} is now {RENAMED[old]!r}" for old in found if old in RENAMED]
    return ", ".join(renamed) or "its columns are others"

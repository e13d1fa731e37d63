"""What the workers waited for and where the time of a step goes: the parts of the diagnostics that were measured."""

import pandas as pd

from casual_training.analysis.page.headings import view
from casual_training.records.record import PARTS

WAITED = [
    "overlap",
    "staleness_mean",
    "lock_wait_seconds_per_step",
    "lock_hold_seconds_per_step",
    "round_trip_seconds",
    "payload_bytes_per_step",
    "communication_seconds_per_step",
    "communication_share",
]
OF_A_STEP = [
    "diagnosis",
    *(f"{part}_of_step" for part in PARTS),
    "lost_updates",
    "diagnosed_speed",
]


def measured(table: pd.DataFrame, columns: list[str]) -> dict:
    """Return the rows of the diagnostics that have one of these figures, with the columns that some row has."""
    table = table.replace({"diagnosis": {"": pd.NA}})
    found = table.dropna(subset=columns, how="all")
    several = ["workload"] if found["workload"].nunique() > 1 else []
    known = [column for column in columns if found[column].notna().any()]
    return view(found, ["method", "workers", *several, *known])

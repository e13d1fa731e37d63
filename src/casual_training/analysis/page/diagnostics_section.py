"""What the workers waited for and where the time of a step goes: the parts of the diagnostics that were measured."""

import pandas as pd

from casual_training.analysis.page.headings import view

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
    "data_of_step",
    "forward_of_step",
    "backward_of_step",
    "communication_of_step",
    "update_of_step",
    "other_of_step",
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

"""Where the figures come from: machines, versions and commits, and what most runs have."""

import pandas as pd


def machines_and_versions(provenance: pd.DataFrame) -> list[dict]:
    """List the different machines, versions and commits, each with its number of runs, and the time."""
    labels = {"machine": "Machine", "versions": "Versions", "commit": "Commit"}
    items = [
        {"label": label, "found": list(provenance[column].value_counts(sort=False).items())}
        for column, label in labels.items()
    ]
    started = pd.to_datetime(provenance["started_at"], utc=True, format="ISO8601")
    if len(started):
        between = f"{started.min():%Y-%m-%d %H:%M} to {started.max():%Y-%m-%d %H:%M} UTC"
        items.append({"label": "Runs started", "found": [(between, len(started))]})
    return items


def of_most_runs(provenance: pd.DataFrame, column: str) -> str:
    """Return what most runs have; empty without a run. Others are listed at the end, and a note says so."""
    return "" if provenance.empty else provenance[column].value_counts(sort=True).index[0]


def commit_of_most_runs(provenance: pd.DataFrame) -> dict:
    """Return the commit of most runs, empty where it is not known, and whether any run had changes beside it."""
    revision = of_most_runs(provenance, "commit").partition(" ")[0]
    is_dirty = bool(provenance["commit"].str.contains(" with ").any())
    return {"revision": "" if revision == "unknown" else revision, "is_dirty": is_dirty}

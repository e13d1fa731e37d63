"""When, on which machine, with which versions and at which commit each run was made, in words."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from casual_training.analysis.frames import TEXT, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.records.record import Record

CAPTION = "One row a run: when, on which machine, with which versions and at which commit it was made."
INPUTS = ["records", "independent_copies_records"]
COLUMNS = {"started_at": TEXT, "machine": TEXT, "versions": TEXT, "commit": TEXT}


def make(study: StudyFolder) -> pd.DataFrame:
    """Make the table of a study."""
    return collect_provenance(study.records([*study.plan.runs, *study.plan.independent_copies]))


def collect_provenance(records: Iterable[Record]) -> pd.DataFrame:
    """Make the table (COLUMNS), in the order of the records."""
    return as_table(map(_row, records), COLUMNS)


def _row(record: Record) -> dict[str, str]:
    dirty = " with uncommitted changes" if record.commit_dirty else ""
    return {
        "started_at": record.started_at,
        "machine": _machine_in_words(record.machine) or "unknown",
        "versions": ", ".join(f"{name} {version}" for name, version in record.versions.items()) or "unknown",
        "commit": f"{record.commit or 'unknown'}{dirty}",
    }


def _machine_in_words(machine: dict[str, Any]) -> str:
    """Describe what a machine is, first of all its cores: "2 virtual cores (AMD EPYC); logical cpus: 2, ..."."""
    machine = {key: value for key, value in machine.items() if value is not None}
    cores, processor = machine.pop("physical_cores", ""), machine.pop("processor", "processor unknown")
    kind = f"{'virtual ' if machine.pop('virtual', False) else ''}{'core' if cores == 1 else 'cores'} ({processor})"
    others = [f"{key.replace('_gb', ' (GB)').replace('_', ' ')}: {value}" for key, value in machine.items()]
    return "; ".join([f"{cores} {kind}".strip(), ", ".join(others)]) if others else ""

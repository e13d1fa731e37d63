"""The files of one study: what its runs left, its tables and its charts.

All of the analysis reads and writes through it.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from casual_training.analysis import parts
from casual_training.analysis.frames import read_table, write_table
from casual_training.analysis.inputs import standalone_scripts
from casual_training.plan.plan import Plan
from casual_training.plan.run import Run
from casual_training.records.record import FILE, Record, read_record


@dataclass(frozen=True)
class StudyFolder:
    """The files of the study of a plan, below the project folder `root`."""

    plan: Plan
    root: Path

    @property
    def results(self) -> Path:
        """Where runs, tables and logs are."""
        return self.root / "results" / self.plan.name

    @property
    def reports(self) -> Path:
        """Where the page is, with its figures and the tables behind them."""
        return self.root / "reports" / self.plan.name

    @property
    def verdict(self) -> Path:
        """The file with the answer for each workload."""
        return self.results / "verdict.json"

    def has_result(self, run: Run) -> bool:
        """Return whether a planned run has a run.json, also one of another config."""
        return (self.root / run.folder / FILE).is_file()

    def records(self, runs: Iterable[Run]) -> list[Record]:
        """Read the records of those planned runs whose result was made from the very spec that is planned now."""
        made = [(run, read_record(self.root / run.folder)) for run in runs if self.has_result(run)]
        return [record for run, record in made if record.run == run]

    def records_in_order(self) -> list[Record]:
        """Read the records of the runs in the order of the tables: workload, method, workers, epochs, seed."""
        orders = (self.plan.workloads, self.plan.methods)
        workloads, methods = ({name: place for place, name in enumerate(names)} for names in orders)

        def place(run: Run) -> tuple:
            return workloads[run.workload], methods[run.method], run.workers, run.epochs, run.seed

        return self.records(sorted(self.plan.runs, key=place))

    def table(self, name: str) -> pd.DataFrame:
        """Read a table of results/STUDY; its columns are those of tables/NAME.py."""
        return read_table(self.results / f"{name}.csv", parts.table(name).COLUMNS)

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table of results/STUDY."""
        write_table(self.results / f"{name}.csv", table)

    def chart_table(self, name: str) -> pd.DataFrame:
        """Read the table behind a chart, reports/STUDY/tables/NAME.csv; its columns are those of charts/NAME.py."""
        return read_table(self.reports / "tables" / f"{name}.csv", parts.chart(name).COLUMNS)

    def write_chart_table(self, name: str, table: pd.DataFrame) -> None:
        """Write the table behind a chart."""
        write_table(self.reports / "tables" / f"{name}.csv", table)

    def figure(self, name: str) -> Path:
        """Return the file of a chart."""
        return self.reports / "figures" / f"{name}.svg"

    @functools.cached_property
    def scripts(self) -> dict[str, str]:
        """The sources of the standalone scripts of the project, by their names."""
        return {file.stem: file.read_text(encoding="utf-8") for file in standalone_scripts(self.root)}

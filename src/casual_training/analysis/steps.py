"""The file side of the analysis: one function a rule of the Snakefile, each from files to files."""

import json
from pathlib import Path

import pandas as pd

from casual_training.analysis import charts, report, tables
from casual_training.analysis.files import write_whole
from casual_training.study import Run, plan, plan_ceilings


def collect(config: dict, root: Path) -> None:
    """Write runs.csv and ceilings.csv from the run folders of the present config."""
    methods = config["study"]["methods"]
    runs = tables.collect_runs([root / run.folder for run in _finished(plan(config), root)], methods)
    ceilings = tables.collect_ceilings([root / run.folder for run in _finished(plan_ceilings(config), root)])
    _write_table(runs, _results(config, root) / "runs.csv")
    _write_table(ceilings, _results(config, root) / "ceilings.csv")


def compare(config: dict, root: Path) -> None:
    """Write comparison.csv from runs.csv and ceilings.csv."""
    comparison = tables.compare_methods(_runs(config, root), _ceilings(config, root))
    _write_table(comparison, _results(config, root) / "comparison.csv")


def draw_losses(config: dict, root: Path) -> None:
    """Draw both charts of the first seed's losses and write the table behind the smoothed one."""
    logs, reports = _logs(config, root), _reports(config, root)
    smoothed = charts.smoothed_losses_data(logs)
    _save(charts.losses(charts.losses_data(logs)), reports, "losses")
    _save(charts.smoothed_losses(smoothed), reports, "losses_smoothed")
    _write_table(smoothed, reports / "tables" / "losses_smoothed.csv")


def draw_speedup(config: dict, root: Path) -> None:
    """Draw the speed-ups and write the table behind them, from runs.csv and ceilings.csv."""
    reports = _reports(config, root)
    data = charts.speedup_data(_runs(config, root), _ceilings(config, root))
    _save(charts.speedup(data), reports, "speedup")
    _write_table(data, reports / "tables" / "speedup.csv")


def write_report(config: dict, root: Path, command: str) -> None:
    """Write report.html from the tables and the charts, and copy the tables to stand beside it.

    Args:
        config: the validated config.
        root: the project folder.
        command: what a person types to run the study again.
    """
    results, reports = _results(config, root), _reports(config, root)
    planned, ceilings = plan(config), plan_ceilings(config)
    finished = _finished(planned + ceilings, root)
    missing = [run for run in planned if run not in finished]
    stale = [run for run in planned + ceilings if run not in finished and _result(run, root).is_file()]
    shown = {
        "runs": _runs(config, root),
        "ceilings": _ceilings(config, root),
        "comparison": tables.read_table(results / "comparison.csv", tables.COMPARISON_COLUMNS),
        "provenance": tables.collect_provenance([root / run.folder for run in finished]),
        "speedup": tables.read_table(reports / "tables" / "speedup.csv", charts.SPEEDUP_COLUMNS),
        "losses_smoothed": tables.read_table(reports / "tables" / "losses_smoothed.csv", charts.SMOOTHED_COLUMNS),
        "losses": charts.losses_summary(charts.losses_data(_logs(config, root))),
    }
    for name in ("runs", "ceilings", "comparison"):
        _write_table(shown[name], reports / "tables" / f"{name}.csv")
    figures = {name: (reports / "figures" / f"{name}.svg").read_text(encoding="utf-8") for name in report.CHARTS}
    names = [f"{run.workload}: {run.method}, {run.split}, seed {run.seed}" for run in missing]
    write_whole(reports / "report.html", report.render(config, command, shown, figures, names, len(stale)))


def everything(config: dict, root: Path, command: str) -> None:
    """Do every step in turn in one process."""
    collect(config, root)
    compare(config, root)
    draw_losses(config, root)
    draw_speedup(config, root)
    write_report(config, root, command)


def _finished(planned: list[Run], root: Path) -> list[Run]:
    """Keep the runs that have a result made from the very spec that is planned now."""
    present = [run for run in planned if _result(run, root).is_file()]
    return [run for run in present if tables.read_run(root / run.folder)[0].get("spec") == _as_json(run.spec)]


def _result(run: Run, root: Path) -> Path:
    return root / run.folder / "run.json"


def _as_json(spec: dict) -> dict:
    return json.loads(json.dumps(spec))


def _logs(config: dict, root: Path) -> pd.DataFrame:
    """Read the logged losses of the first seed's ok runs, in the order of runs.csv."""
    folders = {(run.workload, run.method, run.workers, run.seed): run.folder for run in plan(config)}
    runs = _runs(config, root)
    drawn = runs[(runs["seed"] == config["study"]["seeds"][0]) & (runs["status"] == "ok")]
    logs = [tables.as_table([], [*tables.CELL, *tables.LOSSES_COLUMNS])]
    for run in drawn.itertuples():
        folder = root / folders[run.workload, run.method, run.workers, run.seed]
        cell = {column: getattr(run, column) for column in tables.CELL}
        logs.append(tables.logged_losses(folder).assign(**cell))
    return pd.concat(logs, ignore_index=True)


def _results(config: dict, root: Path) -> Path:
    return root / "results" / config["study"]["name"]


def _reports(config: dict, root: Path) -> Path:
    return root / "reports" / config["study"]["name"]


def _runs(config: dict, root: Path) -> pd.DataFrame:
    return tables.read_table(_results(config, root) / "runs.csv", tables.RUNS_COLUMNS)


def _ceilings(config: dict, root: Path) -> pd.DataFrame:
    return tables.read_table(_results(config, root) / "ceilings.csv", tables.CEILINGS_COLUMNS)


def _save(figure, reports: Path, name: str) -> None:
    charts.save(figure, reports / "figures" / name, title=report.CHARTS[name][0])


def _write_table(table: pd.DataFrame, path: Path) -> None:
    write_whole(path, table.to_csv(index=False, lineterminator="\n"))

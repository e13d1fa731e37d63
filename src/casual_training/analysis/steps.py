"""The file side of the analysis: one function a rule of the Snakefile, each from files to files."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from casual_training.analysis import charts, claims, report, tables, verdict
from casual_training.analysis.columns import (
    ACCURACY_COLUMNS,
    CEILINGS_COLUMNS,
    CELL,
    CLAIMS_COLUMNS,
    COMPARISON_COLUMNS,
    LOGGED_COLUMNS,
    LOSSES_COLUMNS,
    RUNS_COLUMNS,
    SMOOTHED_COLUMNS,
    SPEEDUP_COLUMNS,
    as_table,
    read_table,
)
from casual_training.analysis.wording import CHARTS
from casual_training.files import write_whole
from casual_training.outcome import outcome
from casual_training.run import Run
from casual_training.study import declared, methods, plan, plan_ceilings

OF_A_LINE = [*CELL, "oversubscribed"]  # what a chart's legend says of a line
LONG_AGO = 1_000_000_000  # seconds since 1970: the year 2001; Snakemake takes 0 for no time at all


def collect(config: dict, root: Path) -> None:
    """Write runs.csv and ceilings.csv from the run folders that the present config plans."""
    folders, ceiling_folders = _folders(plan(config), root), _folders(plan_ceilings(config), root)
    targets = {name: workload.get("target") for name, workload in config["workloads"].items()}
    runs = tables.collect_runs(folders, methods(config), targets)
    _write(runs, _results(config, root) / "runs.csv")
    _write(tables.collect_ceilings(ceiling_folders), _results(config, root) / "ceilings.csv")


def compare(config: dict, root: Path) -> None:
    """Write comparison.csv from runs.csv and ceilings.csv, and verdict.json: what the comparison comes to."""
    runs, seeds = _runs(config, root), config["study"]["seeds"]
    judged = verdict.judge(runs, seeds, declared(config))
    comparison = tables.compare_methods(runs, _ceilings(config, root), judged)
    _write(comparison, _results(config, root) / "comparison.csv")
    answers = [
        verdict.answer(workload, runs, comparison, seeds, entries) for workload, entries in declared(config).items()
    ]
    found = {"study": config["study"]["name"], "answers": [answer.as_plain() for answer in answers]}
    write_whole(_results(config, root) / "verdict.json", json.dumps(found, indent=1, allow_nan=False) + "\n")


def examine(config: dict, root: Path) -> None:
    """Write claims.csv from runs.csv: what this study says about the original's claims."""
    _write(claims.claims(_runs(config, root), config["study"]["seeds"]), _results(config, root) / "claims.csv")


def draw_losses(config: dict, root: Path) -> None:
    """Draw both charts of the first seed's losses and write the table behind each."""
    losses = charts.losses_data(_logs(config, root))
    smoothed = charts.smoothed_losses_data(losses)
    _save(charts.losses(losses), config, root, "losses")
    _save(charts.smoothed_losses(smoothed), config, root, "losses_smoothed")
    _write(losses, _reports(config, root) / "tables" / "losses.csv")
    _write(smoothed, _reports(config, root) / "tables" / "losses_smoothed.csv")


def draw_accuracy(config: dict, root: Path) -> None:
    """Draw the accuracy curves of the runs that are ok and whole, and write the table behind them."""
    data = charts.accuracy_data(_curves(config, root))
    targets = _runs(config, root).groupby("workload")["target"].first().dropna()
    _save(charts.accuracy(data, targets.to_dict()), config, root, "accuracy")
    _write(data, _reports(config, root) / "tables" / "accuracy.csv")


def draw_speedup(config: dict, root: Path) -> None:
    """Draw the speed-ups from runs.csv and ceilings.csv, and write the table behind them."""
    data = charts.speedup_data(_runs(config, root), _ceilings(config, root))
    _save(charts.speedup(data), config, root, "speedup")
    _write(data, _reports(config, root) / "tables" / "speedup.csv")


def write_report(config: dict, root: Path, command: str) -> None:
    """Write report.html from the tables and the charts, and copy the tables to stand beside it.

    Args:
        config: the validated config.
        root: the project folder.
        command: what a person types to run the study again.
    """
    results, reports = _results(config, root), _reports(config, root)
    planned, ceilings = plan(config), plan_ceilings(config)
    folders = _folders(planned + ceilings, root)
    present = set(folders)
    missing = [run for run in planned if root / run.folder not in present]
    n_present = sum(_has_result(run, root) for run in planned + ceilings)
    shown = {
        "runs": _runs(config, root),
        "ceilings": _ceilings(config, root),
        "comparison": read_table(results / "comparison.csv", COMPARISON_COLUMNS),
        "claims": read_table(results / "claims.csv", CLAIMS_COLUMNS),
        "provenance": tables.collect_provenance(folders),
        "speedup": read_table(reports / "tables" / "speedup.csv", SPEEDUP_COLUMNS),
        "accuracy": charts.accuracy_summary(read_table(reports / "tables" / "accuracy.csv", ACCURACY_COLUMNS)),
        "losses_smoothed": read_table(reports / "tables" / "losses_smoothed.csv", SMOOTHED_COLUMNS),
        "losses": charts.losses_summary(read_table(reports / "tables" / "losses.csv", LOSSES_COLUMNS)),
    }
    for name in ("runs", "ceilings", "comparison", "claims"):
        _write(shown[name], reports / "tables" / f"{name}.csv")
    page = report.render(
        config,
        command,
        tables=shown,
        figures={name: _figure(config, root, name).read_text(encoding="utf-8") for name in CHARTS},
        ended=outcome(planned + ceilings, root),
        missing=[f"{run.workload}: {run.method}, {run.split}, seed {run.seed}" for run in missing],
        n_stale=n_present - len(folders),
    )
    write_whole(reports / "report.html", page)


def everything(config: dict, root: Path, command: str) -> None:
    """Do every step in turn, in one process."""
    collect(config, root)
    # Snakemake does not know of which config these tables are. Where its own rules never made any, it would take them
    # for those of the next config; a table older than its runs makes it do the analysis again.
    os.utime(_results(config, root) / "runs.csv", (LONG_AGO, LONG_AGO))
    compare(config, root)
    examine(config, root)
    draw_losses(config, root)
    draw_speedup(config, root)
    draw_accuracy(config, root)
    write_report(config, root, command)


def _has_result(run: Run, root: Path) -> bool:
    return (root / run.folder / "run.json").is_file()


def _folders(planned: list[Run], root: Path) -> list[Path]:
    """List the folders whose result was made from the very spec that is planned now."""
    present = [run for run in planned if _has_result(run, root)]
    return [
        root / run.folder
        for run in present
        if tables.read_run(root / run.folder).get("spec") == json.loads(json.dumps(run.spec))
    ]


def _logs(config: dict, root: Path) -> pd.DataFrame:
    """Read the logged losses of the first seed's ok and whole runs, in the order of runs.csv."""
    logs = [as_table([], RUNS_COLUMNS)[OF_A_LINE].join(as_table([], LOGGED_COLUMNS))]
    for run, folder in _whole_runs(config, root):
        if run["seed"] == config["study"]["seeds"][0]:
            logs.append(tables.logged_losses(folder).assign(**{column: run[column] for column in OF_A_LINE}))
    return pd.concat(logs, ignore_index=True)


def _curves(config: dict, root: Path) -> pd.DataFrame:
    """Read the accuracy curves of the ok and whole runs, in the order of runs.csv."""
    columns = [*OF_A_LINE, "seed", "samples", "seconds", "validation_accuracy"]
    points = [
        (*(run[column] for column in OF_A_LINE), run["seed"], *point)
        for run, folder in _whole_runs(config, root)
        for point in tables.read_run(folder)["curve"]
    ]
    return pd.DataFrame(points, columns=columns)


def _whole_runs(config: dict, root: Path) -> Iterator[tuple[dict, Path]]:
    """Give each row of runs.csv that is ok and more than a rate, with the folder of its run."""
    folders = {(run.workload, run.method, run.workers, run.seed): root / run.folder for run in plan(config)}
    runs = tables.whole(_runs(config, root))
    for run in runs[runs["status"] == "ok"].to_dict("records"):
        yield run, folders[run["workload"], run["method"], run["workers"], run["seed"]]


def _results(config: dict, root: Path) -> Path:
    return root / "results" / config["study"]["name"]


def _reports(config: dict, root: Path) -> Path:
    return root / "reports" / config["study"]["name"]


def _figure(config: dict, root: Path, name: str) -> Path:
    return _reports(config, root) / "figures" / f"{name}.svg"


def _runs(config: dict, root: Path) -> pd.DataFrame:
    return read_table(_results(config, root) / "runs.csv", RUNS_COLUMNS)


def _ceilings(config: dict, root: Path) -> pd.DataFrame:
    return read_table(_results(config, root) / "ceilings.csv", CEILINGS_COLUMNS)


def _save(figure: Figure, config: dict, root: Path, name: str) -> None:
    charts.save(figure, _figure(config, root, name).with_suffix(""), title=CHARTS[name][0])


def _write(table: pd.DataFrame, path: Path) -> None:
    write_whole(path, table.to_csv(index=False, lineterminator="\n"))

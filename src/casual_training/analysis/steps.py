"""The file side of the analysis: one function a rule of the Snakefile, each from files to files."""

import gc
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from casual_training import strategies
from casual_training.analysis import (
    charts,
    claims,
    code_cost,
    cost,
    diagnostics,
    forest,
    report,
    scaling,
    speedups,
    step_time,
    switching,
    tables,
    tuning,
    verdict,
    waterfall,
)
from casual_training.analysis.columns import (
    ACCURACY_COLUMNS,
    CEILINGS_COLUMNS,
    CELL,
    CLAIMS_COLUMNS,
    CODE_COST_COLUMNS,
    COMPARISON_COLUMNS,
    COST_COLUMNS,
    DIAGNOSTICS_COLUMNS,
    FOREST_COLUMNS,
    LOGGED_COLUMNS,
    LOSSES_COLUMNS,
    RUNS_COLUMNS,
    SCALING_COLUMNS,
    SMOOTHED_COLUMNS,
    STALENESS_COLUMNS,
    STEP_TIME_COLUMNS,
    SWITCHING_COLUMNS,
    TUNING_COLUMNS,
    WATERFALL_COLUMNS,
    as_table,
    read_table,
)
from casual_training.analysis.run_folders import logged_losses, read_run
from casual_training.analysis.wording import CHARTS, chart_title
from casual_training.files import write_whole
from casual_training.plan.comparisons import questions
from casual_training.plan.run import Run
from casual_training.plan.study import PROJECT, methods, plan, plan_ceilings, plan_diagnoses, plan_trials
from casual_training.study.lr_choice import read_trial
from casual_training.study.outcome import outcome

OF_A_LINE = [*CELL, "oversubscribed"]  # what a chart's legend says of a line
LONG_AGO = 1_000_000_000  # seconds since 1970: the year 2001; Snakemake takes 0 for no time at all


def collect(config: dict, root: Path) -> None:
    """Write runs.csv, ceilings.csv, switching.csv and tuning.csv from the run folders that the present config plans."""
    made = _made(plan(config), root)
    folders, ceiling_folders = [root / run.folder for run in made], _folders(plan_ceilings(config), root)
    targets = {name: config["workloads"][name].get("target") for name in config["study"]["workloads"]}
    runs = tables.collect_runs(folders, methods(config), targets)
    _write(runs, _results(config, root) / "runs.csv")
    _write(tables.collect_ceilings(ceiling_folders), _results(config, root) / "ceilings.csv")
    as_is = [root / run.folder for run in made if not run.tune]
    _write(switching.collect_switching(as_is), _results(config, root) / "switching.csv")
    trials = [
        _read_trial(root / run.folder / "run.json", targets[run.workload]) for run in _made(plan_trials(config), root)
    ]
    found = tuning.tuning(trials, methods(config), len(config["study"]["tune"]))
    _write(found, _results(config, root) / "tuning.csv")


def compare(config: dict, root: Path) -> None:
    """Write comparison.csv from runs.csv, ceilings.csv and the standalone scripts; and verdict.json, its answers."""
    runs, seeds = _runs(config, root), config["study"]["seeds"]
    comparison = tables.compare_methods(runs, _ceilings(config, root))
    comparison = code_cost.add_costs(comparison, _methods(config), _scripts())
    asked = questions(config)
    comparison = verdict.add_verdicts(comparison, runs, seeds, asked)
    _write(comparison, _results(config, root) / "comparison.csv")
    answers = [verdict.answer(workload, runs, comparison, seeds, question) for workload, question in asked.items()]
    found = {"study": config["study"]["name"], "answers": [answer.as_plain() for answer in answers]}
    write_whole(_results(config, root) / "verdict.json", json.dumps(found, indent=1, allow_nan=False) + "\n")


def model_costs(config: dict, root: Path) -> None:
    """Write cost.csv from runs.csv and the prices of the config."""
    _write(cost.costs(_runs(config, root), config["cost"]), _results(config, root) / "cost.csv")


def examine(config: dict, root: Path) -> None:
    """Write claims.csv from runs.csv: what this study says about the original's claims."""
    study = config["study"]
    found = claims.claims(tables.arm(_runs(config, root)), study["seeds"], study["workloads"])
    _write(found, _results(config, root) / "claims.csv")


def collect_diagnostics(config: dict, root: Path) -> None:
    """Write diagnostics.csv from the run folders of runs.csv and those of the diagnoses."""
    diagnoses = [read_run(folder) for folder in _folders(plan_diagnoses(config), root)]
    _write(diagnostics.diagnostics(_records(config, root), diagnoses), _results(config, root) / "diagnostics.csv")


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
    title = chart_title("accuracy", data["metric"])
    charts.save(charts.accuracy(data, targets.to_dict()), _figure(config, root, "accuracy"), title)
    _write(data, _reports(config, root) / "tables" / "accuracy.csv")


def draw_forest(config: dict, root: Path) -> None:
    """Draw the speed-ups to the target from the tables, and write the table behind them."""
    seeds = config["study"]["seeds"]
    of_runs = speedups.speedups_of_runs(_runs(config, root), _ceilings(config, root), seeds, questions(config))
    data = forest.forest_data(of_runs, _comparison(config, root))
    _save(forest.forest(data), config, root, "forest")
    _write(data, _reports(config, root) / "tables" / "forest.csv")


def draw_waterfall(config: dict, root: Path) -> None:
    """Draw where the speed-ups of comparison.csv come from, and write the table behind it."""
    data = waterfall.waterfall_data(_comparison(config, root), _runs(config, root))
    _save(waterfall.waterfall(data), config, root, "waterfall")
    _write(data, _reports(config, root) / "tables" / "waterfall.csv")


def draw_scaling(config: dict, root: Path) -> None:
    """Draw the samples per second of comparison.csv over the workers, and write the table behind it."""
    data = scaling.scaling_data(_comparison(config, root), _runs(config, root), _ceilings(config, root))
    _save(scaling.scaling(data), config, root, "scaling")
    _write(data, _reports(config, root) / "tables" / "scaling.csv")


def draw_step_time(config: dict, root: Path) -> None:
    """Draw the speed-ups of several workloads over their step time and parameters, and write the table behind it."""
    data = step_time.step_time_data(_comparison(config, root), _runs(config, root))
    _save(step_time.step_time(data), config, root, "step_time")
    _write(data, _reports(config, root) / "tables" / "step_time.csv")


def draw_code_cost(config: dict, root: Path) -> None:
    """Draw speed-up against lines of code from comparison.csv and runs.csv, and write the table behind it."""
    data = charts.code_cost_data(_comparison(config, root), _runs(config, root))
    _save(charts.code_cost(data), config, root, "code_cost")
    _write(data, _reports(config, root) / "tables" / "code_cost.csv")


def draw_staleness(config: dict, root: Path) -> None:
    """Draw how many updates of others an update missed, and write the table behind it."""
    data = diagnostics.staleness(_records(config, root))
    _save(charts.staleness(data), config, root, "staleness")
    _write(data, _reports(config, root) / "tables" / "staleness.csv")


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
        "comparison": _comparison(config, root),
        "claims": read_table(results / "claims.csv", CLAIMS_COLUMNS),
        "cost": read_table(results / "cost.csv", COST_COLUMNS),
        "diagnostics": read_table(results / "diagnostics.csv", DIAGNOSTICS_COLUMNS),
        "switching": read_table(results / "switching.csv", SWITCHING_COLUMNS),
        "tuning": read_table(results / "tuning.csv", TUNING_COLUMNS),
        "provenance": tables.collect_provenance(folders),
        "forest": read_table(reports / "tables" / "forest.csv", FOREST_COLUMNS),
        "waterfall": read_table(reports / "tables" / "waterfall.csv", WATERFALL_COLUMNS),
        "staleness": read_table(reports / "tables" / "staleness.csv", STALENESS_COLUMNS),
        "accuracy": charts.accuracy_summary(
            read_table(reports / "tables" / "accuracy.csv", ACCURACY_COLUMNS), tables.directions(_runs(config, root))
        ),
        "losses_smoothed": charts.smoothed_losses_summary(
            read_table(reports / "tables" / "losses_smoothed.csv", SMOOTHED_COLUMNS)
        ),
        "losses": charts.losses_summary(read_table(reports / "tables" / "losses.csv", LOSSES_COLUMNS)),
        "scaling": read_table(reports / "tables" / "scaling.csv", SCALING_COLUMNS),
        "step_time": read_table(reports / "tables" / "step_time.csv", STEP_TIME_COLUMNS),
        "code_cost": read_table(reports / "tables" / "code_cost.csv", CODE_COST_COLUMNS),
    }
    for name in (
        "runs",
        "ceilings",
        "comparison",
        "claims",
        "cost",
        "diagnostics",
        "switching",
        "tuning",
        "provenance",
    ):
        _write(shown[name], reports / "tables" / f"{name}.csv")
    answers = (results / "verdict.json").read_text(encoding="utf-8")
    write_whole(reports / "tables" / "verdict.json", answers)
    page = report.render(
        config,
        command,
        answers=json.loads(answers)["answers"],
        tables=shown,
        figures={name: _figure(config, root, name).read_text(encoding="utf-8") for name in CHARTS},
        ended=outcome(planned + ceilings, root),
        missing=[f"{run.workload}: {run.method}, {run.split}, seed {run.seed}" for run in missing],
        n_stale=n_present - len(folders),
        methods=_methods(config),
        scripts=_scripts(),
    )
    write_whole(reports / "report.html", page)


INDEPENDENT = [  # the longest first
    draw_losses,
    draw_accuracy,
    draw_forest,
    examine,
    draw_staleness,
    draw_step_time,
    draw_scaling,
    draw_code_cost,
    draw_waterfall,
    collect_diagnostics,
    model_costs,
]


def everything(config: dict, root: Path, command: str) -> None:
    """Do every step; those that need no other beside each other, one process a core."""
    collect(config, root)
    # Snakemake does not know of which config these tables are. Where its own rules never made any, it would take them
    # for those of the next config; a table older than its runs makes it do the analysis again.
    os.utime(_results(config, root) / "runs.csv", (LONG_AGO, LONG_AGO))
    compare(config, root)
    # None of these needs another. Forked where that is safe, so that nothing is imported and no run folder read again;
    # frozen, because a garbage collection writes to all objects, so that each process would get its own copy of them.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    gc.freeze()
    try:
        with ProcessPoolExecutor(min(len(INDEPENDENT), plan(config)[0].cores), context) as pool:
            for done in [pool.submit(step, config, root) for step in INDEPENDENT]:
                done.result()
    finally:
        gc.unfreeze()
    write_report(config, root, command)


def _has_result(run: Run, root: Path) -> bool:
    return (root / run.folder / "run.json").is_file()


def _folders(planned: list[Run], root: Path) -> list[Path]:
    """List the folders whose result was made from the very spec that is planned now."""
    return [root / run.folder for run in _made(planned, root)]


def _made(planned: list[Run], root: Path) -> list[Run]:
    """List the runs whose result was made from the very spec that is planned now."""
    present = [run for run in planned if _has_result(run, root)]
    return [run for run in present if read_run(root / run.folder).get("spec") == json.loads(json.dumps(run.spec))]


def _read_trial(file: Path, target: float) -> dict:
    try:
        return read_trial(file, target)
    except (LookupError, TypeError) as error:
        raise ValueError(f"{file} cannot be read as a trial ({error}); delete its folder, run it again") from error


def _logs(config: dict, root: Path) -> pd.DataFrame:
    """Read the logged losses of the first seed's ok and whole runs, in the order of runs.csv."""
    logs = [as_table([], RUNS_COLUMNS)[OF_A_LINE].join(as_table([], LOGGED_COLUMNS))]
    for run, folder in _whole_runs(config, root):
        if run["seed"] == config["study"]["seeds"][0]:
            logs.append(logged_losses(folder).assign(**{column: run[column] for column in OF_A_LINE}))
    return pd.concat(logs, ignore_index=True)


def _curves(config: dict, root: Path) -> pd.DataFrame:
    """Read the curves of the validation metric of the ok and whole runs, in the order of runs.csv."""
    of_a_run = [*OF_A_LINE, "seed", "metric", "higher_is_better"]
    columns = [*of_a_run, "samples", "seconds", "validation_metric"]
    points = [
        (*(run[column] for column in of_a_run), *point)
        for run, folder in _whole_runs(config, root)
        for point in read_run(folder)["curve"]
    ]
    return pd.DataFrame(points, columns=columns)


def _whole_runs(config: dict, root: Path) -> Iterator[tuple[dict, Path]]:
    """Return each row of runs.csv that is ok and more than a rate, with the folder of its run."""
    runs = tables.whole(_runs(config, root))
    yield from _with_folders(runs[runs["status"] == "ok"], config, root)


def _records(config: dict, root: Path) -> list[dict]:
    """Read what the runs recorded, in the order of runs.csv."""
    return [read_run(folder) for _, folder in _with_folders(_runs(config, root), config, root)]


def _with_folders(runs: pd.DataFrame, config: dict, root: Path) -> Iterator[tuple[dict, Path]]:
    """Return rows of runs.csv, each with the folder of its run."""
    folders = {(run.workload, run.method, run.workers, run.seed): root / run.folder for run in plan(config)}
    for run in runs.to_dict("records"):
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


def _comparison(config: dict, root: Path) -> pd.DataFrame:
    return read_table(_results(config, root) / "comparison.csv", COMPARISON_COLUMNS)


def _methods(config: dict) -> dict[str, dict]:
    """Return each method's strategy and the values of that strategy's options."""
    keys = {name: ("strategy", *strategies.options(method["strategy"])) for name, method in config["methods"].items()}
    in_catalogue = {name: {key: config["methods"][name][key] for key in keys[name]} for name in keys}
    return in_catalogue | {run.method: {"strategy": run.strategy} | run.options for run in plan(config)}


def _scripts() -> dict[str, str]:
    """Read the standalone scripts of the project, by their names."""
    files = sorted((PROJECT / code_cost.FOLDER).glob("*.py"))
    return {file.stem: file.read_text(encoding="utf-8") for file in files}


def _save(figure: Figure, config: dict, root: Path, name: str) -> None:
    charts.save(figure, _figure(config, root, name), title=CHARTS[name][0])


def _write(table: pd.DataFrame, path: Path) -> None:
    write_whole(path, table.to_csv(index=False, lineterminator="\n"))

"""The page: one HTML file that loads nothing, made from the tables and the charts."""

from pathlib import Path

import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from casual_training.analysis.tables import CELL, best_serial
from casual_training.analysis.verdict import Answer, answer
from casual_training.analysis.wording import count, headings, written

CHARTS = {  # in the order of the page: what the chart shows, and what the table behind it holds
    "speedup": ("Speed-up of each configuration against the best serial run", "Speed-up of each run"),
    "losses_smoothed": ("Training loss, smoothed, against seconds of training", "The smoothed losses"),
    "losses": ("Training loss of every logged batch", "A summary; every batch is in its run's losses.csv"),
}
COMPARED = (
    "train_seconds_median speedup_vs_best_serial speedup_vs_serial_1_thread percent_of_ceiling "
    "samples_per_second_median test_accuracy_median"
).split()
ALL_RUNS = (
    "method workers epochs seed workload order status train_seconds wall_seconds samples_per_second "
    "validation_accuracy test_accuracy peak_rss_mb"
).split()
CEILINGS = ["workload", "seed", "copies", "status", "samples_per_second"]


def render(
    config: dict,
    command: str,
    tables: dict[str, pd.DataFrame],
    figures: dict[str, str],
    missing: list[str],
    n_stale: int,
) -> str:
    """Render the page of a study.

    Args:
        config: the validated config.
        command: what a person types to run the study again.
        tables: runs, ceilings, comparison, provenance, speedup, losses_smoothed and losses (its summary).
        figures: the text of each chart's SVG file, by the names in CHARTS.
        missing: the planned runs that have no result, in words.
        n_stale: run folders left out because another config made them.
    """
    study, runs, comparison = config["study"], tables["runs"], tables["comparison"]
    answers = [answer(workload, runs, comparison, study["seeds"]) for workload in study["workloads"]]
    parts = {
        "study": study["name"],
        "answers": answers,
        "progress": _progress(runs, tables["ceilings"], missing),
        "notes": _notes(tables["provenance"], n_stale),
        "missing": missing,
        "comparisons": [_comparison(one, runs, comparison, len(study["seeds"])) for one in answers],
        "failures": _failures(runs, tables["ceilings"]),
        "all_runs": _view(runs, ALL_RUNS),
        "ceilings": _view(tables["ceilings"], CEILINGS),
        "charts": [
            {"name": name, "title": title, "svg": _inline(figures[name]), "behind": behind, "data": _view(tables[name])}
            for name, (title, behind) in CHARTS.items()
        ],
        "provenance": _provenance(tables["provenance"]),
        "config": yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100),
        "command": command,
    }
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html.jinja2").render(parts)


def _view(table: pd.DataFrame, columns: list[str] | None = None) -> dict:
    """Give the headings and the written cells of a table, for the template."""
    columns = columns or list(table.columns)
    rows = [[written(row, column) for column in columns] for row in table.itertuples()]
    return {"headings": headings(columns), "rows": rows}


def _comparison(found: Answer, runs: pd.DataFrame, comparison: pd.DataFrame, n_seeds: int) -> dict:
    """Give one workload's comparison, a row a configuration with its badges."""
    runs = runs[runs["workload"] == found.workload]
    baseline = best_serial(runs)
    rows = []
    for cell in comparison[comparison["workload"] == found.workload].itertuples():
        own = runs[(runs[CELL[1:]] == [cell.method, cell.workers, cell.epochs]).all(axis=1)]
        is_winner = (cell.method, cell.workers) == found.winner
        rows.append(
            {
                "method": cell.method,
                "split": f"{cell.workers} x {cell.epochs:g}",
                "is_winner": is_winner,
                "badges": _badges(cell, own, is_winner, cell.method == baseline),
                "ok": f"{cell.n_ok} of {n_seeds}",
                "figures": [written(cell, column) for column in COMPARED],
            }
        )
    return {"workload": found.workload, "headings": headings(COMPARED), "rows": rows}


def _badges(cell, own: pd.DataFrame, is_winner: bool, is_baseline: bool) -> list[tuple[str, str]]:
    """Give (kind, words) of everything a reader must know about a configuration's row."""
    badges = []
    if is_winner:
        badges.append(("good", "fastest"))
    if is_baseline:
        badges.append(("plain", "best serial"))
    if own["oversubscribed"].fillna(False).any():
        run = own.iloc[0]
        threads = count(run["threads_per_worker"], "thread")
        workers, cores = count(cell.workers, "worker"), count(run["cores"], "core")
        badges.append(("warn", f"oversubscribed: {workers} of {threads} on {cores}"))
    n_failed = cell.n_runs - cell.n_ok
    if n_failed:
        expected = ", as expected" if own.loc[own["status"] != "ok", "expected"].fillna(False).all() else ""
        badges.append(("bad", f"{n_failed} of {count(cell.n_runs, 'run')} failed{expected}"))
    return badges


def _progress(runs: pd.DataFrame, ceilings: pd.DataFrame, missing: list[str]) -> str:
    n_failed = (runs["status"] != "ok").sum()
    finished = f"{len(runs)} of {count(len(runs) + len(missing), 'planned run')} have finished"
    failed = f"; {n_failed} of them failed" if n_failed else ""
    without = "" if len(ceilings) else "; no ceiling is measured yet"
    return f"{finished}{failed}{without}."


def _failures(runs: pd.DataFrame, ceilings: pd.DataFrame) -> list[dict]:
    named = ceilings.assign(method="(ceiling)", workers=ceilings["copies"], expected=False)
    both = [table[table["status"] != "ok"] for table in (runs, named)]
    return [row for table in both for row in table.to_dict("records")]


def _notes(provenance: pd.DataFrame, n_stale: int) -> list[str]:
    """Say what makes the figures of this page less comparable than they look."""
    notes = []
    for column, things in (("machine", "machines"), ("versions", "sets of versions"), ("commit", "commits")):
        n_different = provenance[column].nunique()
        if n_different > 1:
            several = f"{n_different} {things} (listed at the end)"
            notes.append(f"These runs come from {several}: their times may not be comparable.")
    if n_stale == 1:
        notes.append("1 run folder was made with another config and is left out: run the study again to replace it.")
    elif n_stale:
        notes.append(
            f"{n_stale} run folders were made with another config and are left out: run the study again to replace them."
        )
    return notes


def _provenance(provenance: pd.DataFrame) -> list[dict]:
    """List the different machines, versions and commits, each with its number of runs."""
    labels = {"machine": "Machine", "versions": "Versions", "commit": "Commit"}
    items = [
        {"label": label, "found": list(provenance[column].value_counts(sort=False).items())}
        for column, label in labels.items()
    ]
    started = provenance["started_at"]
    between = {f"{started.min()} to {started.max()}": len(started)} if len(started) else {}
    return [*items, {"label": "Runs started (UTC)", "found": list(between.items())}]


def _inline(svg: str) -> Markup:
    """Make our own SVG file part of the page; everything else in it is escaped."""
    return Markup(svg[svg.index("<svg") :].replace("<svg ", '<svg role="img" ', 1))

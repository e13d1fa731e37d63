"""The page: one HTML file that loads nothing, made from the tables and the charts."""

import base64
import hashlib
from pathlib import Path

import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from casual_training.analysis.code_cost import BASELINE, difference, new_names, script_of
from casual_training.analysis.columns import CELL
from casual_training.analysis.contrasts import EQUIVALENT, FAILS_TARGET, FASTER, NO_DIFFERENCE, NOT_OK, SLOWER
from casual_training.analysis.methods import described
from casual_training.analysis.original import CAUSES, MEMORY_SECONDS
from casual_training.analysis.quietness import quietness
from casual_training.analysis.speedups import best_to_target
from casual_training.analysis.tables import arm, best_serial
from casual_training.analysis.wording import (
    CHARTS,
    chart_title,
    claimed,
    count,
    digits,
    headings,
    metric,
    metric_words,
    rounded_down,
    rounded_up,
    short_metric,
    split,
    written,
)
from casual_training.plan.comparisons import questions
from casual_training.plan.lr_trials import SUFFIX
from casual_training.plan.study import plan, plan_ceilings
from casual_training.study.outcome import Outcome

HERE = Path(__file__).parent

COMPARED = [
    "speedup_to_target",
    "seconds_to_target_median",
    "samples_per_second_median",
    "parallel_efficiency_percent",
    "test_metric_median",
    "lines_changed",
]
OF_EVERY_RUN = [
    "method",
    "workers",
    "epochs",
    "seed",
    "workload",
    "order",
    "status",
    "oversubscribed",
    "throughput_only",
    "train_seconds",
    "wall_seconds",
    "samples_per_second",
    "validation_metric",
    "test_metric",
    "target",
    "seconds_to_target",
    "samples_to_target",
    "pss_mb",
    "overlap",
]
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
NOTHING = {  # what an empty chart waits for, unless it is any run
    "waterfall": "no declared comparison has a speed-up yet",
    "scaling": "no configuration is ok in every seed yet",
}
CEILING_TOLERANCE_PERCENT = 110  # what noise may add to a share that cannot exceed 100 % on a quiet machine
KINDS_OF_VERDICT = {"confirmed": "good", "refuted": "bad", "undecided": "warn"}
KINDS_OF_CONTRAST = {
    FASTER: "good",
    SLOWER: "bad",
    EQUIVALENT: "plain",
    NO_DIFFERENCE: "plain",
    FAILS_TARGET: "warn",
    NOT_OK: "bad",
}
SHOWN_FIRST = ("forest", "accuracy")  # of the charts; the others follow the original's claims
CONTENTS = {  # the links at the top of the page, by the id of what they lead to
    "comparison": "Charts",
    "table": "Table",
    "failures": "Failures",
    "tuning": "Learning rates",
    "original": "The original\u2019s claims",
    "parts": "Rate and samples",
    "scaling": "Scaling",
    "losses": "Losses",
    "diagnostics": "Staleness",
    "code": "Code to copy",
    "cost": "Cost",
    "provenance": "Machine and versions",
    "again": "Repeat it",
    "reading": "Methods and words",
}
AT_EDGE = "chosen, at the edge"  # of the factors that were tried: a better one may lie beyond
SMALL_CHANGE = 0.01  # of a currency: what nobody would choose by
OF_A_CEILING = ["workload", "seed", "copies", "status", "samples_per_second"]


def render(
    config: dict,
    command: str,
    answers: list[dict],
    tables: dict[str, pd.DataFrame],
    figures: dict[str, str],
    ended: Outcome,
    missing: list[str],
    n_stale: int,
    methods: dict[str, dict],
    scripts: dict[str, str],
) -> str:
    """Render the page of a study.

    Args:
        config: the validated config.
        command: what a person types to run the study again.
        answers: what verdict.json says of each workload.
        tables: runs, ceilings, comparison, claims, cost, diagnostics, switching, tuning, provenance, the table behind
            each chart, and of accuracy and both charts of losses their summaries.
        figures: the text of each chart's SVG file, by the names in CHARTS.
        ended: how the planned runs have ended, ceilings included.
        missing: the planned runs without a result, in words.
        n_stale: run folders left out because another config made them.
        methods: each method's strategy and the values of its options, as of code_cost.script_of.
        scripts: the source of each standalone script, by its name.
    """
    study, runs, comparison = config["study"], tables["runs"], tables["comparison"]
    charts = {name: _chart(name, figures[name], tables[name]) for name in CHARTS}
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = (HERE / "sort.js").read_text(encoding="utf-8")
    failures, cost = _failures(config, runs, tables["ceilings"]), _cost(tables["cost"], config["cost"])
    tried = _tuning(tables["tuning"], runs, config)
    absent = {"failures": not failures, "tuning": not tried["workloads"], "cost": not cost["view"]["rows"]}
    return environment.get_template("report.html.jinja2").render(
        contents=[(place, words) for place, words in CONTENTS.items() if not absent.get(place)],
        script=Markup(script),  # our own file, so not escaped
        script_hash=_hash(script),
        study=study["name"],
        only_accuracy=set(runs["metric"].unique()) <= {"accuracy"},
        answers=answers,
        machine=_of_most(tables["provenance"], "machine"),
        quietness=quietness(runs),
        progress=_progress(runs, len(missing), tables["ceilings"].empty and bool(plan_ceilings(config))),
        notes=_notes(comparison, tables["provenance"], n_stale),
        missing=missing,
        comparisons=[_comparison(one, runs, comparison, config) for one in answers],
        tuning=tried,
        original=_original(tables["claims"]),
        switching=_switching(tables["switching"]),
        causes=_causes(tables["claims"]),
        waited=_measured(tables["diagnostics"], WAITED),
        of_a_step=_measured(tables["diagnostics"], OF_A_STEP),
        failures=failures,
        ended=ended.sentence,
        repeat=ended.repeat(command),
        every_run=_view(runs, OF_EVERY_RUN),
        ceilings=_view(tables["ceilings"], OF_A_CEILING),
        charts=charts,
        shown_first=SHOWN_FIRST,
        cost=cost,
        code=_code(answers, comparison, runs, methods, scripts),
        methods=described(config),
        provenance=_provenance(tables["provenance"]),
        config=yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None),
        command=command,
        commit=_commit(tables["provenance"]),
    )


def _hash(script: str) -> str:
    """Name a script as a Content-Security-Policy does that lets a browser run it and no other."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _view(table: pd.DataFrame, columns: list[str]) -> dict:
    """Return the headings and the written cells of a table, for the template."""
    shown = headings(columns, table["metric"].unique() if "metric" in table else ())
    return {"headings": shown, "rows": [written(row, columns) for row in table.itertuples()]}


def _measured(table: pd.DataFrame, columns: list[str]) -> dict:
    """Return those rows of the diagnostics that have one of these figures, and of the columns those that some row has."""
    table = table.replace({"diagnosis": {"": pd.NA}})
    found = table.dropna(subset=columns, how="all")
    several = ["workload"] if found["workload"].nunique() > 1 else []
    measured = [column for column in columns if found[column].notna().any()]
    return _view(found, ["method", "workers", *several, *measured])


def _chart(name: str, svg: str, behind: pd.DataFrame) -> dict:
    metrics = behind["metric"].unique() if "metric" in behind else ()
    title, caption = chart_title(name, metrics), CHARTS[name][1]
    # Our own file, so not escaped; the page is HTML and begins at its root element.
    inline = Markup(svg[svg.index("<svg") :].replace("<svg ", '<svg role="img" ', 1))
    data = _view(behind, [column for column in behind.columns if column != "metric"])  # its heading says it
    nothing = NOTHING.get(name, "no run to draw yet")
    return {"name": name, "title": title, "svg": inline, "caption": caption, "data": data, "nothing": nothing}


def _of_most(provenance: pd.DataFrame, column: str) -> str:
    """Return what most runs have; empty without a run. Others are listed at the end, and a note says so."""
    return "" if provenance.empty else provenance[column].value_counts(sort=True).index[0]


def _commit(provenance: pd.DataFrame) -> dict:
    """Return the commit of most runs, empty where it is not known, and whether any run had changes beside it."""
    revision = _of_most(provenance, "commit").partition(" ")[0]
    is_dirty = bool(provenance["commit"].str.contains(" with ").any())
    return {"revision": "" if revision == "unknown" else revision, "is_dirty": is_dirty}


def _cost(table: pd.DataFrame, prices: dict) -> dict:
    """Return what a run of each configuration costs, in the order of the study: nothing is ranked by it."""
    electricity, cloud = prices["electricity"], prices["cloud"]
    several = ["workload"] if table["workload"].nunique() > 1 else []
    view = _view(table, ["method", "workers", *several, "train_seconds", "cpu_seconds", "energy_wh_modelled"])
    view["headings"] += [
        f"electricity of 1,000 runs ({electricity['currency']}), modelled",
        f"cloud machine for 1,000 runs ({cloud['currency']}), modelled",
    ]
    sums = table[["electricity_cost_modelled", "cloud_cost_modelled"]]
    for row, costs in zip(view["rows"], sums.itertuples(index=False), strict=True):
        row += ["-" if pd.isna(value) else digits(1000 * value) for value in costs]
    is_tiny = len(sums) > 0 and bool(sums.max().max() < SMALL_CHANGE)
    return {"view": view, "electricity": electricity, "cloud": cloud, "is_tiny": is_tiny}


def _comparison(found: dict, runs: pd.DataFrame, comparison: pd.DataFrame, config: dict) -> dict:
    """Return one workload's comparison: a row a configuration, with its badges."""
    seeds, question = config["study"]["seeds"], questions(config)[found["workload"]]
    runs = runs[runs["workload"] == found["workload"]]
    baseline, target = found["baseline"] or best_serial(runs), runs["target"].min()
    of_as_is, of_tuned = (
        ("baseline", "tuned baseline") if question.compares_serial else ("best serial", "best tuned serial")
    )
    baselines = {baseline: of_as_is, best_to_target(runs, seeds, question, tuned=True): of_tuned}
    metrics = list(runs["metric"].unique())
    shown = dict(zip(COMPARED, headings(COMPARED, metrics), strict=True))
    if pd.notna(target):
        aim = f"{short_metric(metrics[0], target)} validation {metric_words(metrics)}"
        shown["seconds_to_target_median"] = f"time to {aim} (s)"
    rows, of_cells = [], runs.groupby(CELL)
    for cell in comparison[comparison["workload"] == found["workload"]].itertuples():
        own = of_cells.get_group(tuple(getattr(cell, column) for column in CELL))
        is_winner = {"method": cell.method, "workers": cell.workers} == found["winner"]
        badges = [("good", "recommended")] if is_winner else []
        badges += [("plain", baselines[cell.method])] if cell.method in baselines else []
        words = "undecided" if cell.verdict == NO_DIFFERENCE else cell.verdict  # as the sentence has it
        badges += [(KINDS_OF_CONTRAST[cell.verdict], words)] if words else []
        row = {"method": cell.method, "split": split(cell.workers, cell.epochs), "is_winner": is_winner}
        row |= {"badges": badges + _warnings(cell, own), "n_ok": f"{cell.n_ok} of {len(seeds)}"}
        figures = dict(zip(COMPARED, written(cell, COMPARED), strict=True))
        if pd.notna(target) and cell.n_on_target < cell.n_ok and not cell.throughput_only:
            figures["seconds_to_target_median"] = f"{cell.n_on_target} of {count(cell.n_ok, 'seed')}"
        bounds = ""
        if pd.notna(cell.speedup_low):
            bounds = f"{rounded_down(cell.speedup_low)} to {rounded_up(cell.speedup_high)}"
        rows.append(row | {"figures": figures.values(), "bounds": bounds})
    return {"workload": found["workload"], "headings": shown.values(), "rows": rows}


def _code(
    answers: list[dict],
    comparison: pd.DataFrame,
    runs: pd.DataFrame,
    methods: dict[str, dict],
    scripts: dict[str, str],
) -> dict:
    """Return the difference of each method's script to the serial one: first those of the answers, then all others."""
    of_scripts: dict[str, list[str]] = {}
    for method in dict.fromkeys(comparison.loc[comparison["lines_changed"].notna(), "method"]):
        of_scripts.setdefault(script_of(method, methods, scripts), []).append(method)
    of_scripts.pop(BASELINE, None)
    lines = dict(zip(comparison["method"], comparison["lines_changed"], strict=True))
    differences = {
        name: {
            "name": name,
            "methods": own,
            "n_lines": count(lines[own[0]], "line"),
            "names": new_names(scripts[name], scripts[BASELINE]),
            "lines": difference(name, scripts).splitlines(),
        }
        for name, own in of_scripts.items()
    }
    as_is = comparison[~comparison["method"].isin(arm(runs, tuned=True)["method"])]
    leading = [_leading(one, as_is, methods, scripts) for one in answers]
    shown = dict.fromkeys(lead["script"] for lead in leading if lead["script"] in differences)
    others = [one for name, one in differences.items() if name not in shown]
    return {"leading": leading, "shown": [differences[name] for name in shown], "others": others}


def _leading(found: dict, comparison: pd.DataFrame, methods: dict[str, dict], scripts: dict[str, str]) -> dict:
    """Say whose difference is shown first for a workload: the winner's, or without one that of the best contender."""
    own = comparison[(comparison["workload"] == found["workload"]) & comparison["speedup_to_target"].notna()]
    contenders = own[[methods[method]["strategy"] != BASELINE for method in own["method"]]]
    if found["winner"]:
        method, kind = found["winner"]["method"], "recommended"
    elif len(contenders):
        method, kind = contenders.loc[contenders["speedup_to_target"].idxmax(), "method"], "closest"
    else:
        return {"workload": found["workload"], "method": "", "kind": "nobody", "script": None}
    script = script_of(method, methods, scripts)
    return {"workload": found["workload"], "method": method, "kind": kind, "script": script}


def _tuning(table: pd.DataFrame, runs: pd.DataFrame, config: dict) -> dict:
    """Return what each learning rate came to: a row a configuration, a column a factor, for each workload."""
    metrics = dict(zip(runs["workload"], runs["metric"], strict=True))
    workloads = []
    for workload, trials in table.groupby("workload", sort=False):
        factors, measured = sorted(set(trials["lr_factor"])), metrics.get(workload, "metric")
        rows = []
        for (method, workers, epochs), own in trials.groupby(["method", "workers", "epochs"], sort=False):
            by_factor = {trial.lr_factor: _trial(trial, measured, factors) for trial in own.itertuples()}
            cells = [by_factor.get(factor, {"words": "-", "chosen": ""}) for factor in factors]
            rows.append({"method": method, "split": split(workers, epochs), "cells": cells})
        lr = f"{config['workloads'][workload]['optimizer']['lr']:g}"
        headings = [f"x {factor:g}" for factor in factors]
        workloads.append({"workload": workload, "lr": lr, "factors": headings, "rows": rows})
    chosen = {cell["chosen"] for one in workloads for row in one["rows"] for cell in row["cells"]}
    return {"workloads": workloads, "suffix": SUFFIX, "at_edge": AT_EDGE, "has_edge": AT_EDGE in chosen}


def _trial(trial, measured: str, factors: list[float]) -> dict:
    """Return the cell of a trial: its time to the target or else why it has none, and whether it was chosen."""
    chosen = ""
    if pd.notna(trial.chosen) and trial.chosen:
        chosen = AT_EDGE if len(factors) > 1 and trial.lr_factor in (factors[0], factors[-1]) else "chosen"
    if trial.status != "ok":
        return {"words": trial.status, "chosen": chosen}
    if pd.notna(trial.seconds_to_target):
        return {"words": f"{digits(trial.seconds_to_target)} s", "chosen": chosen}
    return {"words": f"not there: {metric(measured, trial.validation_metric)}", "chosen": chosen}


def _original(claims: pd.DataFrame) -> dict[str, list[dict]]:
    """Return the original's claims by approach, each with what was measured about it, once or once a split."""
    approaches: dict[str, list[dict]] = {}
    for _, rows in claims[claims["approach"] != CAUSES].groupby("id", sort=False):
        found = [
            row._asdict() | {"figure": claimed(row), "kind": KINDS_OF_VERDICT.get(row.verdict, "plain")}
            for row in rows.itertuples()
        ]
        approaches.setdefault(rows["approach"].iloc[0], []).append(found[0] | {"found": found})
    return approaches


def _switching(table: pd.DataFrame) -> dict:
    """Return the seconds against epochs of approach 1: medians and ranges over the seeds, beside the original's."""
    rows = []
    for (workload, device, epoch), own in table.groupby(["workload", "device", "epoch"], sort=False):
        if own["epoch"].iloc[0] in _some(table[table["workload"] == workload]["epoch"]):
            figures = [own["regular_seconds"], own["switching_seconds"], own["ratio"]]
            figures += [own["bytes_moved"] / 1e9, own["gb_per_second"]]
            where = f"{workload}, {'CPU' if device == 'cpu' else device}"
            rows.append({"where": where, "epoch": epoch, "cells": [_median_and_range(column) for column in figures]})
    regular, switching = MEMORY_SECONDS["regular"], MEMORY_SECONDS["switching"]
    original = [f"{regular:,}", f"{switching:,}", f"{switching / regular:.1f}", "-", "-"]
    return {"rows": rows, "epochs": MEMORY_SECONDS["epochs"], "original": original}


def _some(epochs: pd.Series) -> set[int]:
    """Choose at most ten epochs, evenly and with the last, because a page cannot list thousands."""
    last = int(epochs.max())
    return {round(last * tenth / min(10, last)) for tenth in range(1, min(10, last) + 1)}


def _median_and_range(figures: pd.Series) -> str:
    """Write "12.3 (12.1 to 12.4)", or a dash where there is no figure."""
    known = figures.dropna().astype(float)
    if known.empty:
        return "-"
    return f"{digits(known.median())} ({digits(known.min())} to {digits(known.max())})"


def _causes(claims: pd.DataFrame) -> dict:
    """Return what made the original's Hogwild! slow: a row a change, a column a split, how many times as fast it is."""
    own = claims[claims["approach"] == CAUSES]
    splits = sorted(set(own["split"]) - {""}, key=lambda name: int(name.partition("x")[0]))
    rows = []
    for change, group in own.groupby("claim", sort=False):
        by_split = {row.split: row for row in group.itertuples()}
        rows.append({"change": change, "cells": [_effect(by_split.get(name)) for name in splits]})
    return {"splits": splits, "rows": rows, "command": own["command"].max()}


def _effect(row) -> dict:
    """Return the cell of a change in a split: its effect, the range of it and a verdict; without a figure, only that."""
    if row is None:
        return {"effect": "-", "range": "", "verdict": ""}
    if pd.isna(row.measured):
        return {"effect": "-", "range": "", "verdict": row.verdict}
    return {"effect": digits(row.measured), "range": f"{digits(row.low)} to {digits(row.high)}", "verdict": row.verdict}


def _warnings(cell, own: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (kind, words) of what a reader must know about a configuration's figures."""
    badges = []
    if own["oversubscribed"].fillna(False).any():
        run = own.iloc[0]
        workers = f"{count(cell.workers, 'worker')} of {count(run['threads_per_worker'], 'thread')}"
        badges.append(("warn", f"oversubscribed: {workers} on {count(run['cores'], 'core')}"))
    if cell.throughput_only:
        badges.append(("plain", "rate only"))
    n_failed, n_expected, n_unavailable = _count_failed(own)
    if n_unavailable:
        badges.append(("plain", "unavailable here"))
    if n_failed:
        badges.append(("bad", f"{n_failed} of {count(cell.n_runs, 'run')} failed"))
    if n_expected:
        badges.append(("plain", f"{n_expected} of {count(cell.n_runs, 'run')} failed as expected"))
    return badges


def _count_failed(runs: pd.DataFrame) -> tuple[int, int, int]:
    """Count the failed runs, and apart from them those that failed as expected and those that cannot be made here."""
    n_unavailable = int((runs["status"] == "unavailable").sum())
    failed = runs[~runs["status"].isin(["ok", "unavailable"])]
    n_expected = int(failed["expected"].fillna(False).sum())
    return len(failed) - n_expected, n_expected, n_unavailable


def _progress(runs: pd.DataFrame, n_missing: int, lacks_ceiling: bool) -> str:
    n_failed, n_expected, n_unavailable = _count_failed(runs)
    finished = f"{len(runs)} of {count(len(runs) + n_missing, 'planned run')} have finished"
    failed = f"; {n_failed} of them failed" if n_failed else ""
    failed += f"; {n_expected} failed as expected" if n_expected else ""
    failed += f"; {n_unavailable} cannot be made here" if n_unavailable else ""
    without = "; no ceiling is measured yet" if lacks_ceiling else ""
    return f"{finished}{failed}{without}."


def _failures(config: dict, runs: pd.DataFrame, ceilings: pd.DataFrame) -> list[dict]:
    """List what failed, why and in which folders, the seeds of one and the same failure in one row."""
    planned = [*plan(config), *plan_ceilings(config)]
    folders = {(run.workload, run.method, run.workers, run.seed): run.folder for run in planned}
    same = ["workload", "method", "workers", "status", "expected", "cause"]
    ceilings = ceilings.assign(method="ceiling", workers=ceilings["copies"], expected=False)
    failures = []
    for table in (runs, ceilings):
        for key, group in table[table["status"] != "ok"].groupby(same, sort=False, dropna=False):
            failure = dict(zip(same, key, strict=True))
            seeds = "seed" if len(group) == 1 else "seeds"
            who = f"{count(failure['workers'], 'worker')}, {seeds} {', '.join(map(str, group['seed']))}"
            of_each = [folders[*key[:3], seed] for seed in group["seed"]]
            failures.append(failure | {"who": who, "folders": of_each})
    return failures


def _notes(comparison: pd.DataFrame, provenance: pd.DataFrame, n_stale: int) -> list[str]:
    """Describe what makes the figures of this page less comparable or less complete than they look."""
    notes = []
    for column, things in (("machine", "machines"), ("versions", "sets of versions"), ("commit", "commits")):
        n_different = provenance[column].nunique()
        if n_different > 1:
            several = f"{n_different} {things} (listed at the end)"
            notes.append(f"These runs come from {several}: their times may not be comparable.")
    if (comparison["parallel_efficiency_percent"] > CEILING_TOLERANCE_PERCENT).any():
        notes.append(
            "Some runs were clearly faster than their ceiling, so the machine was not equally free for all of them: "
            "close other programs and measure again."
        )
    if n_stale:
        notes.append(
            f"Left out, because another config made them: {count(n_stale, 'run folder')}; run the study again."
        )
    return notes


def _provenance(provenance: pd.DataFrame) -> list[dict]:
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

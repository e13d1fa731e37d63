"""The page: one HTML file that loads nothing, made from the tables and the charts of a study."""

import base64
import hashlib
import json
from pathlib import Path

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from casual_training.analysis.page.charts_section import charts_by_section
from casual_training.analysis.page.claims_section import causes_of_slowness, claims_by_approach
from casual_training.analysis.page.code_section import code_to_copy
from casual_training.analysis.page.comparison_section import comparison_of
from casual_training.analysis.page.cost_section import costs
from casual_training.analysis.page.diagnostics_section import OF_A_STEP, WAITED, measured
from casual_training.analysis.page.failures_section import failures
from casual_training.analysis.page.headings import view
from casual_training.analysis.page.methods import described
from casual_training.analysis.page.progress import notes, progress
from casual_training.analysis.page.provenance_section import commit_of_most_runs, machines_and_versions, of_most_runs
from casual_training.analysis.page.quietness import quietness
from casual_training.analysis.page.switching_section import seconds_against_epochs
from casual_training.analysis.page.tuning_section import learning_rates
from casual_training.analysis.study_folder import StudyFolder
from casual_training.study.outcome import outcome

HERE = Path(__file__).parent
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
OF_INDEPENDENT_COPIES = ["workload", "seed", "copies", "status", "samples_per_second"]


def render_page(study: StudyFolder, command: str) -> str:
    """Render the page of a study from its tables, charts and verdict.json.

    Args:
        study: the study.
        command: what a person types to run the study again.
    """
    plan, runs, comparison = study.plan, study.table("runs"), study.table("comparison")
    copies, claims, diagnostics = study.table("independent_copies"), study.table("claims"), study.table("diagnostics")
    provenance = study.table("provenance")
    answers = json.loads(study.verdict.read_text(encoding="utf-8"))["answers"]
    ended = outcome([*plan.runs, *plan.independent_copies], study.root)
    state = progress(study, runs, copies)
    failed, cost = failures(plan, runs, copies), costs(study.table("cost"), plan.config.cost)
    tried = learning_rates(study.table("tuning"), plan)
    absent = {"failures": not failed, "tuning": not tried["workloads"], "cost": not cost["view"]["rows"]}
    script = (HERE / "sort.js").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja2").render(
        contents=[(place, words) for place, words in CONTENTS.items() if not absent.get(place)],
        script=Markup(script),  # our own file, so not escaped
        script_hash=_hash(script),
        study=plan.name,
        only_accuracy=set(runs["metric"].unique()) <= {"accuracy"},
        answers=answers,
        machine=of_most_runs(provenance, "machine"),
        quietness=quietness(runs),
        progress=state["sentence"],
        notes=notes(comparison, provenance, state["n_of_other_configs"]),
        missing=state["missing"],
        comparisons=[comparison_of(answer, runs, comparison, plan) for answer in answers],
        tuning=tried,
        original=claims_by_approach(claims),
        switching=seconds_against_epochs(study.table("switching")),
        causes=causes_of_slowness(claims),
        waited=measured(diagnostics, WAITED),
        of_a_step=measured(diagnostics, OF_A_STEP),
        failures=failed,
        ended=ended.sentence,
        repeat=ended.repeat(command),
        every_run=view(runs, OF_EVERY_RUN),
        copies=view(copies, OF_INDEPENDENT_COPIES),
        charts=charts_by_section(study),
        cost=cost,
        code=code_to_copy(study, answers, comparison, runs),
        methods=described(plan),
        provenance=machines_and_versions(provenance),
        config=_as_yaml(plan.config.model_dump(mode="json")),
        command=command,
        commit=commit_of_most_runs(provenance),
    )


def _hash(script: str) -> str:
    """Name a script as a Content-Security-Policy does that lets a browser run it and no other."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _as_yaml(config: dict) -> str:
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)

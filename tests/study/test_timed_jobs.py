"""What the rules of train.smk know of a timed job: its run, its data, its place in the schedule, its parameters."""

import json

import pytest
from snakemake.exceptions import WorkflowError

from casual_training.config.read import read_config
from casual_training.study.load import PROJECT, load_plan
from casual_training.study.timed_jobs import TimedJobs, as_json

KINDS = ("run", "trial", "copies", "diagnosis")


@pytest.fixture(scope="module")
def plan():
    config = read_config([PROJECT / "config.yaml"]) | {"machine": {"cores": 2}}
    config["study"] |= {"methods": ["serial", "hogwild"], "workers": [2, 3], "seeds": [1, 2], "tune": [0.5, 1]}
    return load_plan(config)


def wildcards_of(run) -> dict[str, str]:
    found = {"study": run.study, "workload": run.workload, "method": run.method, "workers": str(run.workers)}
    return found | {
        "epochs": f"{run.epochs:g}",
        "seed": str(run.seed),
        "factor": f"{run.lr_factor or 1!r}".removesuffix(".0"),
    }


def test_every_timed_run_is_found_by_the_wildcards_in_its_folder(plan):
    kinds = {kind: TimedJobs(plan, kind) for kind in KINDS}
    assert {run.kind for run in plan.timed} == set(KINDS)
    for run in plan.timed:
        assert kinds[run.kind].run(wildcards_of(run)) is run
        assert kinds[run.kind].folder.format_map(wildcards_of(run)) == run.folder


def test_a_run_that_is_not_planned_is_refused_by_its_folder(plan):
    wanted = wildcards_of(plan.runs[0]) | {"seed": "9"}
    with pytest.raises(WorkflowError, match=r"seed-9 is not planned in the study default; add it in the config"):
        TimedJobs(plan, "run").run(wanted)


def test_priorities_follow_the_schedule_and_diagnoses_come_last(plan):
    priorities = [TimedJobs(plan, run.kind).priority(wildcards_of(run)) for run in plan.timed]
    assert priorities == sorted(priorities, reverse=True)
    assert len(set(priorities)) == len(priorities)
    assert [run.kind for run in plan.timed[-len(plan.diagnoses) :]] == ["diagnosis"] * len(plan.diagnoses)


def test_a_tuned_run_waits_for_its_trials_and_another_for_none(plan):
    jobs, planned = TimedJobs(plan, "run"), {f"{run.folder}/run.json" for run in plan.trials}
    for run in plan.runs:
        trials = set(jobs.trials(wildcards_of(run)))
        assert len(trials) == (2 if run.tune else 0)
        assert trials <= planned


def test_a_job_knows_its_run_code_and_folder_by_value(plan):
    run = plan.runs[0]
    params = {name: of(wildcards_of(run)) for name, of in TimedJobs(plan, "run").params.items()}
    assert (json.loads(params["run"]), params["folder"]) == (run.spec, run.folder)
    assert len(params["code"]) == 64


def test_data_of_ours_are_an_input_and_a_users_factory_needs_none(plan, monkeypatch):
    jobs, wildcards = TimedJobs(plan, "run"), wildcards_of(plan.runs[0])
    assert jobs.data(wildcards) == "results/datasets/fashion_mnist.sha256"
    monkeypatch.setattr("casual_training.study.timed_jobs.is_user_code", lambda named: True)
    assert jobs.data(wildcards) == []


def test_nothing_in_the_json_of_a_run_ends_a_script():
    assert "</script>" not in as_json({"name": "</script>"})
    assert json.loads(as_json({"name": "</script>"})) == {"name": "</script>"}

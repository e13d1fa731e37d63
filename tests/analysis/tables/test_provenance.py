"""Where runs come from, in words that tell machines and commits apart."""

import pytest

import fake_study
from casual_training.analysis.tables.provenance import COLUMNS, collect_provenance
from small_study import records, small_plan


def test_machines_and_dirty_commits_are_told_apart_but_not_moments_of_load():
    def changes(run):
        machine = fake_study.MACHINE | {"physical_cores": 2 if run.seed < 3 else 8}
        return {"machine": machine, "load_average": run.seed / 10, "commit_dirty": run.seed == 1}

    provenance = collect_provenance(records(small_plan(methods=["serial"]).runs, changes))
    assert provenance["machine"].nunique() == 2
    assert provenance["commit"].nunique() == 2
    assert provenance["commit"].str.contains("uncommitted").sum() == 1
    assert provenance["versions"].unique().tolist() == [
        "python 3.11.7, casual-training 0.1.0, torch 2.14.1, numpy 2.4.6"
    ]


def test_a_run_without_machine_or_commit_has_unknown_provenance():
    nothing = {"machine": {}, "versions": {}, "commit": None, "commit_dirty": None}
    (found,) = collect_provenance(records(small_plan().runs[:1], lambda run: nothing)).itertuples()
    assert [found.machine, found.versions, found.commit] == ["unknown"] * 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "2 virtual cores (Made-up CPU); system: Linux 6.1, logical cpus: 4, memory (GB): 15.6"),
        (
            {"virtual": False, "physical_cores": 1, "memory_gb": None},
            "1 core (Made-up CPU); system: Linux 6.1, logical cpus: 4",
        ),
        (
            {"virtual": None, "physical_cores": None, "processor": None, "memory_gb": None},
            "cores (processor unknown); system: Linux 6.1, logical cpus: 4",
        ),
    ],
)
def test_a_machine_is_called_virtual_only_where_its_runs_say_so(changes, words):
    machine = {"machine": fake_study.MACHINE | changes}
    found = collect_provenance(records(small_plan().runs[:1], lambda run: machine))
    assert found["machine"].tolist() == [words]


def test_without_runs_the_table_is_empty_and_has_all_columns():
    assert collect_provenance([]).dtypes.astype(str).to_dict() == COLUMNS

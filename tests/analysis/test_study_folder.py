"""A study reads the records that its plan made, and no others."""

import shutil

import pytest

import fake_study
from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.tables import runs
from casual_training.study.load import load_plan


@pytest.fixture
def study(tmp_path) -> StudyFolder:
    """A study that is made but for its second seed."""
    plan = fake_study.make_plan(workers=[4, 2], methods=["hogwild", "serial"], seeds=[3, 1, 2])
    fake_study.write_study(tmp_path, plan, lambda run: None if run.seed == 2 else {})
    return StudyFolder(plan, tmp_path)


def test_records_are_those_of_the_runs_that_are_made(study):
    found = [record.run for record in study.records(study.plan.runs)]
    assert found == [run for run in study.plan.runs if run.seed != 2]
    assert len(study.records(study.plan.independent_copies)) == 2


def test_records_in_order_stand_as_in_the_tables(study):
    cells = [(run.method, run.workers, run.seed) for run in (record.run for record in study.records_in_order())]
    assert cells == [
        *(("hogwild", workers, seed) for workers in (2, 4) for seed in (1, 3)),
        ("serial", 1, 1),
        ("serial", 1, 3),
    ]


def test_a_record_of_another_config_is_left_out(study):
    changed = fake_study.make_config(workers=[4, 2], methods=["hogwild", "serial"], seeds=[3, 1, 2])
    changed["methods"]["hogwild"]["update"] = "locked"
    found = StudyFolder(load_plan(changed), study.root).records(load_plan(changed).runs)
    assert {record.run.method for record in found} == {"serial"}


def test_a_record_that_was_copied_to_another_runs_folder_is_left_out(study):
    own, other = (next(run for run in study.plan.runs if run.seed == seed) for seed in (1, 3))
    shutil.copytree(study.root / own.folder, study.root / other.folder, dirs_exist_ok=True)
    found = [record.run for record in study.records(study.plan.runs)]
    assert other not in found
    assert found.count(own) == 1


def test_a_table_is_read_back_with_the_columns_of_its_file(study):
    study.write_table("runs", runs.make(study))
    assert study.table("runs").dtypes.astype(str).to_dict() == runs.COLUMNS


def test_the_standalone_scripts_are_those_of_the_project(study):
    assert {"serial", "hogwild"} <= study.scripts.keys()
    assert "import torch" in study.scripts["serial"]

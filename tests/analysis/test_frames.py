"""A table is read back as it was written, and one of other columns is refused by name."""

import pytest
from pandas.testing import assert_frame_equal

import fake_study
from casual_training.analysis.frames import FIGURE, FLAG, RENAMED, TEXT, WHOLE, as_table, read_table, write_table
from casual_training.analysis.tables.runs import COLUMNS, collect_runs
from casual_training.study.load import load_plan
from small_study import records

SMALL = {"name": TEXT, "number": WHOLE, "share": FIGURE, "is_ok": FLAG}


def test_a_table_read_back_is_the_one_that_was_written(tmp_path):
    config = fake_study.make_config(methods=["serial", "nan", "007"], workers=[2])
    config["methods"] |= {name: config["methods"]["hogwild"] for name in ("nan", "007")}
    plan, broken = load_plan(config), fake_study.failed("failed", 'a "quoted",\nbroken cause')
    made = records(plan.runs, lambda run: broken if run.seed == 2 else {})
    runs = collect_runs(made, plan.methods, plan.targets)
    write_table(tmp_path / "runs.csv", runs)
    assert_frame_equal(read_table(tmp_path / "runs.csv", COLUMNS), runs)
    assert set(runs["method"]) == {"serial", "nan", "007"}


def test_empty_cells_of_every_dtype_are_read_back(tmp_path):
    table = as_table([{"name": "", "number": None, "share": None, "is_ok": None}], SMALL)
    write_table(tmp_path / "small.csv", table)
    assert_frame_equal(read_table(tmp_path / "small.csv", SMALL), table)


def test_a_table_without_rows_has_its_columns_and_dtypes():
    assert as_table([], SMALL).dtypes.astype(str).to_dict() == SMALL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name,number\n",
        "number,name,share,is_ok\n",
        "name,number,share,is_ok\na,1.5,1,True\n",
        "name,number,share,is_ok\na,1,x,True\n",
        "name,number,share,is_ok\na,1,1,maybe\n",
        "name,number,share,is_ok\na,1,1,True,5\n",
    ],
)
def test_a_file_that_is_no_such_table_is_refused_by_name(tmp_path, text):
    (tmp_path / "small.csv").write_text(text)
    with pytest.raises(ValueError, match=r"cannot be read as a table .*; delete it, and make it again") as error:
        read_table(tmp_path / "small.csv", SMALL)
    assert str(tmp_path / "small.csv") in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_a_column_of_version_0_1_is_said_to_be_renamed(tmp_path, old, new):
    (tmp_path / "small.csv").write_text(f"name,{old}\n")
    with pytest.raises(ValueError, match=f"'{old}' is now '{new}'"):
        read_table(tmp_path / "small.csv", {"name": TEXT, new: FIGURE})

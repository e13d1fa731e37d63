"""The tables of the reference study in this repository have the columns that the code writes today."""

import pytest

from casual_training.analysis import parts
from casual_training.analysis.frames import read_table
from casual_training.study.load import PROJECT

FILES = sorted((PROJECT / "reports" / "reference" / "tables").glob("*.csv"))


def test_every_table_and_chart_has_its_file():
    assert {file.stem for file in FILES} == parts.literals("tables").keys() | parts.literals("charts").keys()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_table_of_the_reference_study_can_be_read(file):
    part = parts.table if file.stem in parts.literals("tables") else parts.chart
    columns = part(file.stem).COLUMNS
    assert list(read_table(file, columns)) == list(columns)

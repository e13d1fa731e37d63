"""Every column of a table can be shown, whether somebody wrote a heading for it or not."""

import pandas as pd

from casual_training.analysis.page.headings import COLUMNS, view
from casual_training.records.record import PARTS


def test_a_column_without_a_heading_is_shown_by_its_name():
    table = pd.DataFrame({"brand_new": [1.5, None], "train_seconds": [14.04, 0.1521]})
    assert view(table, ["brand_new", "train_seconds"]) == {
        "headings": ["brand new", "training time (s)"],
        "rows": [["1.5", "14.0"], ["-", "0.152"]],
    }


def test_a_metric_is_written_as_its_name_asks_for():
    table = pd.DataFrame({"metric": ["accuracy"], "test_metric": [0.8391]})
    assert view(table, ["test_metric"]) == {"headings": ["test accuracy"], "rows": [["83.9 %"]]}
    table["metric"] = "mean_squared_error"
    assert view(table, ["test_metric"]) == {"headings": ["test mean squared error"], "rows": [["0.839"]]}


def test_every_part_of_a_step_has_a_heading():
    assert {f"{part}_of_step" for part in PARTS} <= COLUMNS.keys()

"""The chart of speed-up against lines of code: a point a configuration that has a script."""

import pandas as pd
from chart_cases import words

from casual_training.analysis.charts import code_cost
from casual_training.analysis.frames import as_table
from casual_training.analysis.tables import independent_copies
from casual_training.analysis.tables import runs as runs_table
from casual_training.analysis.tables.comparison import compare_methods


def runs(seconds):
    """Make runs of {(method, workers): seconds of each seed, None where it failed}; serial is the baseline."""
    rows = [
        {"workload": "images", "method": method, "strategy": method, "workers": workers, "epochs": 4 / workers}
        | {"seed": seed, "threads_per_worker": 1, "oversubscribed": workers > 2, "status": "ok" if value else "failed"}
        | {"train_seconds": value, "samples_per_second": value and 1000 / value}
        for (method, workers), values in seconds.items()
        for seed, value in enumerate(values, start=1)
    ]
    return as_table(rows, runs_table.COLUMNS)


def code_costs(*rows):
    """Make the data of the chart of (method, workers, lines changed, speed-up)."""
    columns = ["method", "workers", "lines_changed", "speedup_to_target"]
    table = pd.DataFrame(rows, columns=columns).assign(workload="images")
    return as_table(table.assign(oversubscribed=table["workers"] > 2), code_cost.COLUMNS)


def test_the_data_are_the_configurations_with_a_script():
    table = runs({("serial", 1): [20], ("hogwild", 4): [10], ("odd", 2): [30]})
    costs = {"lines_changed": [0, 18, pd.NA], "speedup_to_target": [1.0, 2.0, 0.7]}
    comparison = compare_methods(table, as_table([], independent_copies.COLUMNS)).assign(**costs)
    data = code_cost.costs_and_gains(comparison, table)
    assert list(data.columns) == list(code_cost.COLUMNS)
    assert data["method"].tolist() == ["serial", "hogwild"]
    assert data["oversubscribed"].tolist() == [False, True]
    assert data["speedup_to_target"].tolist() == [1, 2]


def test_every_cost_is_a_point_with_its_workers_beside_it():
    data = code_costs(("serial", 1, 0, 0.9), ("hogwild", 2, 18, 1.9), ("hogwild", 4, 18, 1.7), ("failed", 2, 5, None))
    figure = code_cost.draw(data, None)
    axis = figure.axes[0]
    points = {line.get_label(): line.get_xydata().tolist() for line in axis.lines}
    assert points["serial"] == [[0, 0.9]]
    assert points["hogwild"] == [[18, 1.7], [18, 1.9]]
    assert "failed" not in points
    assert [text.get_text() for text in axis.texts] == ["1", "4*", "2"]
    assert "beside a point: its workers; *: oversubscribed" in [text.get_text() for text in words(figure)]
    looks = {(line.get_color(), line.get_marker()) for line in axis.lines if line.get_label() in ("serial", "hogwild")}
    assert len(looks) == 2


def test_without_a_cost_to_draw_the_chart_says_so():
    assert code_cost.draw(code_costs(), None).axes[0].get_title(loc="left") == "no run to draw yet"

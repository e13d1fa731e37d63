"""The chart of scaling has a rate a configuration that is ok in every seed, beside independent copies."""

import pytest
from chart_cases import assert_inside

from casual_training.analysis.charts import scaling
from casual_training.analysis.frames import as_table
from casual_training.analysis.tables import independent_copies
from casual_training.analysis.tables import runs as runs_table
from casual_training.analysis.tables.comparison import compare_methods


def data_of(cells, copies_speeds=(100.0, 110.0), throughput_only=()):
    """Make the data of {(method, workers): samples per second of each seed, None where it failed}."""
    rows = [
        {"workload": "images", "method": method, "strategy": method, "workers": workers, "epochs": 4 / workers}
        | {"seed": seed, "status": "ok" if speed else "failed", "samples_per_second": speed, "train_seconds": 9.0}
        | {"oversubscribed": workers > 2, "throughput_only": method in throughput_only}
        for (method, workers), speeds in cells.items()
        for seed, speed in enumerate(speeds, start=1)
    ]
    runs = as_table(rows, runs_table.COLUMNS)
    speeds = [
        {"workload": "images", "seed": seed, "samples_per_second": speed} for seed, speed in enumerate(copies_speeds, 1)
    ]
    copies = as_table(speeds, independent_copies.COLUMNS)
    return scaling.rates(compare_methods(runs, copies), runs, copies)


CELLS = {("serial", 1): [50.0, 54.0], ("hogwild", 2): [90.0, 99.0], ("hogwild", 4): [80.0, 90.0]}


def test_the_data_are_medians_and_shares_within_each_seed():
    data = data_of(CELLS)
    assert list(data.columns) == list(scaling.COLUMNS)
    assert data["samples_per_second_median"].tolist() == [52.0, 94.5, 85.0]
    assert set(data["independent_copies"]) == {105.0}
    assert data["parallel_efficiency_percent"].tolist()[1] == pytest.approx(90.0)


def test_what_failed_is_left_out_and_throughput_only_is_named_so():
    data = data_of(CELLS | {("ddp", 2): [90.0, None], ("ps", 2): [9.0, 8.0]}, throughput_only=["ps"])
    assert set(data["method"]) == {"serial", "hogwild", "ps"}
    labels = [text.get_text() for text in scaling.draw(data, None).legends[0].get_texts()]
    assert "ps (rate only)" in labels and "hogwild" in labels


def test_a_method_is_a_line_and_independent_copies_a_line_across():
    figure = scaling.draw(data_of(CELLS), None)
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert lines["hogwild"].get_xydata().tolist() == [[2, 94.5], [4, 85.0]]
    assert set(lines["ceiling: as many copies as cores, nothing shared"].get_ydata()) == {105.0}
    assert [text.get_text() for text in figure.axes[0].texts] == ["*"]  # of the oversubscribed point
    looks = {(lines[name].get_color(), lines[name].get_marker()) for name in ("serial", "hogwild")}
    assert len(looks) == 2


def test_without_independent_copies_the_rates_are_drawn_all_the_same():
    labels = [text.get_text() for text in scaling.draw(data_of(CELLS, copies_speeds=()), None).legends[0].get_texts()]
    assert labels == ["serial", "hogwild", "*: oversubscribed"]
    empty = scaling.draw(as_table([], scaling.COLUMNS), None)
    assert empty.axes[0].get_title(loc="left") == "no run to draw yet"


def test_nothing_is_drawn_outside_the_figure():
    names = [f"a_rather_long_method_name_{number}" for number in range(8)]
    figure = scaling.draw(data_of({(name, workers): [9e6, 8e6] for name in names for workers in (1, 2, 4, 8)}), None)
    assert_inside(figure, [*figure.axes[0].texts, *figure.legends[0].get_texts(), figure.axes[0].xaxis.label])

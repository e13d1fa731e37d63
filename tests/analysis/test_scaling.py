"""The chart of scaling has a rate a configuration that is ok in every seed, beside the ceiling."""

import pytest

from casual_training.analysis.columns import CEILINGS_COLUMNS, RUNS_COLUMNS, SCALING_COLUMNS, as_table
from casual_training.analysis.scaling import scaling, scaling_data
from casual_training.analysis.tables import compare_methods


def data_of(cells, ceiling=(100.0, 110.0), throughput_only=()):
    """Make the data of {(method, workers): samples per second of each seed, None where it failed}."""
    rows = [
        {"workload": "images", "method": method, "strategy": method, "workers": workers, "epochs": 4 / workers}
        | {"seed": seed, "status": "ok" if speed else "failed", "samples_per_second": speed, "train_seconds": 9.0}
        | {"oversubscribed": workers > 2, "throughput_only": method in throughput_only}
        for (method, workers), speeds in cells.items()
        for seed, speed in enumerate(speeds, start=1)
    ]
    runs = as_table(rows, RUNS_COLUMNS)
    speeds = [
        {"workload": "images", "seed": seed, "samples_per_second": speed} for seed, speed in enumerate(ceiling, 1)
    ]
    ceilings = as_table(speeds, CEILINGS_COLUMNS)
    return scaling_data(compare_methods(runs, ceilings), runs, ceilings)


CELLS = {("serial", 1): [50.0, 54.0], ("hogwild", 2): [90.0, 99.0], ("hogwild", 4): [80.0, 90.0]}


def test_the_data_are_medians_of_rates_with_the_ceilings_and_the_share_of_it_within_each_seed():
    data = data_of(CELLS)
    assert list(data.columns) == list(SCALING_COLUMNS)
    assert data["samples_per_second_median"].tolist() == [52.0, 94.5, 85.0]
    assert set(data["ceiling"]) == {105.0}
    assert data["parallel_efficiency_percent"].tolist()[1] == pytest.approx(90.0)


def test_what_failed_in_a_seed_is_left_out_and_what_has_a_rate_only_is_named_so():
    data = data_of(CELLS | {("ddp", 2): [90.0, None], ("ps", 2): [9.0, 8.0]}, throughput_only=["ps"])
    assert set(data["method"]) == {"serial", "hogwild", "ps"}
    labels = [text.get_text() for text in scaling(data).legends[0].get_texts()]
    assert "ps (rate only)" in labels and "hogwild" in labels


def test_a_method_is_a_line_over_its_workers_and_the_ceiling_a_line_across():
    figure = scaling(data_of(CELLS))
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert lines["hogwild"].get_xydata().tolist() == [[2, 94.5], [4, 85.0]]
    assert set(lines["ceiling: as many copies as cores, nothing shared"].get_ydata()) == {105.0}
    assert [text.get_text() for text in figure.axes[0].texts] == ["*"]  # of the oversubscribed point
    looks = {(lines[name].get_color(), lines[name].get_marker()) for name in ("serial", "hogwild")}
    assert len(looks) == 2


def test_without_a_ceiling_the_rates_are_drawn_and_without_a_run_the_chart_says_so():
    labels = [text.get_text() for text in scaling(data_of(CELLS, ceiling=())).legends[0].get_texts()]
    assert labels == ["serial", "hogwild", "*: oversubscribed"]
    empty = scaling(as_table([], SCALING_COLUMNS))
    assert empty.axes[0].get_title(loc="left") == "no run to draw yet"


def test_nothing_is_drawn_outside_the_figure():
    names = [f"a_rather_long_method_name_{number}" for number in range(8)]
    figure = scaling(data_of({(name, workers): [9e6, 8e6] for name in names for workers in (1, 2, 4, 8)}))
    figure.draw_without_rendering()
    for text in [*figure.axes[0].texts, *figure.legends[0].get_texts(), figure.axes[0].xaxis.label]:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width and box.y0 >= 0 and box.y1 <= figure.bbox.height, text

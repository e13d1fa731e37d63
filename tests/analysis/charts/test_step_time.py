"""The chart over step time and parameters has a point a workload and method, and no score over several workloads."""

import itertools
from math import radians, sin

from chart_cases import assert_inside

from casual_training.analysis.charts import step_time
from casual_training.analysis.frames import as_table
from casual_training.analysis.tables import independent_copies
from casual_training.analysis.tables import runs as runs_table
from casual_training.analysis.tables.comparison import compare_methods

STEPS = {"small": 0.2, "large": 30.0}  # ms
PARAMETERS = {"small": 21_840, "large": 1_199_882}


def data_of(speedups, parameters=PARAMETERS, steps=STEPS):
    """Make the data of {(workload, method, workers): speed-up}, whose serial steps take `steps`."""
    rows = [
        {"workload": workload, "method": method, "strategy": method, "workers": workers, "epochs": 4 / workers}
        | {"seed": 1, "status": "ok", "throughput_only": False, "oversubscribed": workers > 4, "train_seconds": 10.0}
        | {"step_ms": steps[workload] * (1 if method == "serial" else 3), "parameters": parameters.get(workload)}
        for workload, method, workers in speedups
    ]
    runs = as_table(rows, runs_table.COLUMNS)
    comparison = compare_methods(runs, as_table([], independent_copies.COLUMNS))
    return step_time.speedups_of_workloads(comparison.assign(speedup_to_target=list(speedups.values())), runs)


SPEEDUPS = {
    ("small", "serial", 1): 1.0,
    ("small", "hogwild", 2): 1.9,
    ("small", "hogwild", 4): 1.4,
    ("small", "hogwild", 8): 1.5,
    ("large", "serial", 1): 1.0,
    ("large", "hogwild", 2): 1.8,
    ("large", "hogwild", 4): 3.1,
    ("large", "hogwild", 8): None,
}


def test_a_methods_most_workers_stand_for_it_if_not_oversubscribed():
    data = data_of(SPEEDUPS)
    assert list(data.columns) == list(step_time.COLUMNS)
    of_hogwild = data[data["method"] == "hogwild"].set_index("workload")
    assert of_hogwild["workers"].tolist() == [4, 4]
    assert of_hogwild["speedup_to_target"].to_dict() == {"small": 1.4, "large": 3.1}
    assert of_hogwild["serial_step_ms"].to_dict() == STEPS
    assert of_hogwild["parameters"].to_dict() == PARAMETERS


def test_without_a_speed_up_there_is_no_point():
    speedups = SPEEDUPS | dict.fromkeys([("large", "hogwild", 2), ("large", "hogwild", 4)])
    data = data_of(speedups)
    assert data[data["method"] == "hogwild"]["workload"].tolist() == ["small"]
    assert data_of({cell: value for cell, value in SPEEDUPS.items() if cell[0] == "small"}).empty


def test_each_panel_has_a_line_a_method_and_names_the_workloads():
    figure = step_time.draw(data_of(SPEEDUPS), None)
    over_steps, over_parameters = figure.axes
    points = {line.get_label(): line.get_xydata().tolist() for line in over_steps.lines}
    assert points["hogwild"] == [[0.2, 1.4], [30.0, 3.1]]
    points = {line.get_label(): line.get_xydata().tolist() for line in over_parameters.lines}
    assert points["hogwild"] == [[21_840, 1.4], [1_199_882, 3.1]]
    assert [text.get_text() for text in over_steps.texts] == ["small", "large"]


def test_where_no_network_is_known_its_panel_says_so():
    figure = step_time.draw(data_of(SPEEDUPS, parameters={}), None)
    assert [text.get_text() for text in figure.axes[1].texts] == ["not known of any workload"]


def test_nothing_is_drawn_outside_the_figure():
    figure = step_time.draw(data_of(SPEEDUPS), None)
    assert_inside(figure, [*figure.axes[0].texts, *figure.axes[1].texts, *figure.legends[0].get_texts()])
    ticks = [tick.get_text() for tick in figure.axes[1].get_xticklabels()]
    assert "100,000" in ticks and not any("$" in tick for tick in ticks)


def test_names_of_networks_of_nearly_equal_size_do_not_touch():
    names = {"fashion_mnist-simple_nn": 21_840, "fashion_mnist-ps_net": 1_199_882, "fashion_mnist-wide_mlp": 1_863_690}
    figure = step_time.draw(
        data_of({(name, "hogwild", 2): 1.5 for name in names}, names, dict.fromkeys(names, 1.0)), None
    )
    figure.draw_without_rendering()
    texts = figure.axes[1].texts
    assert [text.get_text() for text in texts] == list(names)
    starts = [text.get_transform().transform(text.get_position())[0] for text in texts]
    apart = [
        (after - before) * sin(radians(step_time.SLOPE)) for before, after in itertools.pairwise(starts)
    ]  # across a slope
    assert min(apart) > 1.1 * texts[0].get_fontsize() / 72 * figure.dpi


def test_an_empty_chart_is_drawn():
    assert len(step_time.draw(as_table([], step_time.COLUMNS), None).axes) == 2

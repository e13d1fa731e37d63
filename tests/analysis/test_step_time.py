"""The chart over step time and parameters has a point a workload and method, and no score over several workloads."""

import itertools
import json
from math import radians, sin

import pytest

import fake_study
from casual_training.analysis.columns import RUNS_COLUMNS, STEP_TIME_COLUMNS, as_table
from casual_training.analysis.run_folders import read_run
from casual_training.analysis.step_time import SLOPE, step_time, step_time_data
from casual_training.analysis.tables import compare_methods
from casual_training.plan.study import plan

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
    runs = as_table(rows, RUNS_COLUMNS)
    comparison = compare_methods(
        runs, as_table([], {"workload": "string", "seed": "Int64", "samples_per_second": "float64"})
    )
    return step_time_data(comparison.assign(speedup_to_target=list(speedups.values())), runs)


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


def test_of_each_method_the_most_workers_that_are_not_oversubscribed_stand_for_it_not_the_luckiest():
    data = data_of(SPEEDUPS)
    assert list(data.columns) == list(STEP_TIME_COLUMNS)
    of_hogwild = data[data["method"] == "hogwild"].set_index("workload")
    assert of_hogwild["workers"].tolist() == [4, 4]
    assert of_hogwild["speedup_to_target"].to_dict() == {"small": 1.4, "large": 3.1}
    assert of_hogwild["serial_step_ms"].to_dict() == STEPS
    assert of_hogwild["parameters"].to_dict() == PARAMETERS


def test_a_way_without_a_speed_up_has_no_point_and_one_workload_has_no_chart():
    speedups = SPEEDUPS | dict.fromkeys([("large", "hogwild", 2), ("large", "hogwild", 4)])
    data = data_of(speedups)
    assert data[data["method"] == "hogwild"]["workload"].tolist() == ["small"]
    assert data_of({cell: value for cell, value in SPEEDUPS.items() if cell[0] == "small"}).empty


def test_each_panel_has_a_line_a_method_in_the_order_of_its_axis_and_names_the_workloads():
    figure = step_time(data_of(SPEEDUPS))
    over_steps, over_parameters = figure.axes
    points = {line.get_label(): line.get_xydata().tolist() for line in over_steps.lines}
    assert points["hogwild"] == [[0.2, 1.4], [30.0, 3.1]]
    points = {line.get_label(): line.get_xydata().tolist() for line in over_parameters.lines}
    assert points["hogwild"] == [[21_840, 1.4], [1_199_882, 3.1]]
    assert [text.get_text() for text in over_steps.texts] == ["small", "large"]


def test_where_no_network_is_known_its_panel_says_so():
    figure = step_time(data_of(SPEEDUPS, parameters={}))
    assert [text.get_text() for text in figure.axes[1].texts] == ["not known of any workload"]


def test_nothing_is_drawn_outside_the_figure():
    figure = step_time(data_of(SPEEDUPS))
    figure.draw_without_rendering()
    for text in [*figure.axes[0].texts, *figure.axes[1].texts, *figure.legends[0].get_texts()]:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width and box.y0 >= 0 and box.y1 <= figure.bbox.height, text
    ticks = [tick.get_text() for tick in figure.axes[1].get_xticklabels()]
    assert "100,000" in ticks and not any("$" in tick for tick in ticks)


def test_the_names_of_networks_of_nearly_as_many_parameters_do_not_touch():
    names = {"fashion_mnist-simple_nn": 21_840, "fashion_mnist-ps_net": 1_199_882, "fashion_mnist-wide_mlp": 1_863_690}
    figure = step_time(data_of({(name, "hogwild", 2): 1.5 for name in names}, names, dict.fromkeys(names, 1.0)))
    figure.draw_without_rendering()
    texts = figure.axes[1].texts
    assert [text.get_text() for text in texts] == list(names)
    starts = [text.get_transform().transform(text.get_position())[0] for text in texts]
    apart = [(after - before) * sin(radians(SLOPE)) for before, after in itertools.pairwise(starts)]  # across a slope
    assert min(apart) > 1.1 * texts[0].get_fontsize() / 72 * figure.dpi


def test_an_empty_chart_is_drawn():
    assert len(step_time(as_table([], STEP_TIME_COLUMNS)).axes) == 2


def test_the_time_of_a_step_is_that_of_the_worker_that_made_most(tmp_path):
    run = plan(fake_study.make_config())[0]
    of_worker = {"samples": 1600, "train_seconds": 1.0}
    record = fake_study.describe_run(run) | {"worker_records": [of_worker | {"steps": 40}, of_worker | {"steps": 50}]}
    fake_study.write_run(tmp_path, **record)
    seconds = json.loads((tmp_path / "run.json").read_text())["clocks"]["train_seconds"]
    assert read_run(tmp_path)["step_ms"] == pytest.approx(seconds / 50 * 1000)

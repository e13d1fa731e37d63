"""The forest plot draws every seed, and an interval for what the study declares and for nothing else."""

import itertools

import pytest
from matplotlib.text import Text

from casual_training.analysis.columns import CEILINGS_COLUMNS, FOREST_COLUMNS, RUNS_COLUMNS, as_table
from casual_training.analysis.forest import forest, forest_data, spaced_ticks
from casual_training.analysis.speedups import speedups_of_runs
from casual_training.analysis.tables import compare_methods
from casual_training.analysis.verdict import add_verdicts
from casual_training.plan.comparisons import Comparisons

SEEDS = [1, 2, 3]
MISSED = "missed"  # instead of seconds: the run is ok and never on target


def data_of(cells, declared=(), ceiling=150.0, throughput_only=()):
    """Make the data of {(method, workers): seconds to the target of each seed, None where it failed}."""
    rows = []
    for (method, workers), of_seeds in cells.items():
        for seed, seconds in zip(SEEDS, of_seeds, strict=True):
            row = {"workload": "images", "method": method, "strategy": method, "workers": workers, "seed": seed}
            row |= {
                "epochs": 4 / workers,
                "oversubscribed": workers > 2,
                "throughput_only": method in throughput_only,
                "tuned": False,
            }
            row |= {"status": "failed" if seconds is None else "ok", "samples_per_second": 50.0}
            row |= {"train_seconds": None if seconds is None else 30.0}
            if seconds not in (None, MISSED) and method not in throughput_only:
                row |= {"seconds_to_target": seconds, "samples_to_target": 1000}
            rows.append(row)
    runs = as_table(rows, RUNS_COLUMNS)
    ceilings = [{"workload": "images", "seed": seed, "samples_per_second": ceiling} for seed in SEEDS]
    ceilings = as_table(ceilings, CEILINGS_COLUMNS)
    asked = {"images": Comparisons(list(declared), serial=["serial"])}
    comparison = add_verdicts(compare_methods(runs, ceilings), runs, SEEDS, asked)
    return forest_data(speedups_of_runs(runs, ceilings, SEEDS, asked), comparison)


def beside(axis):
    return [text.get_text() for text in axis.texts]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


SERIAL = [20.0, 21.0, 20.5]


def test_the_data_are_one_row_a_run_with_its_ratio_its_configurations_bounds_and_the_ceiling():
    data = data_of({("serial", 1): SERIAL, ("hogwild", 2): [10.0, 10.5, None]}, declared=[("hogwild", 2)])
    assert list(data.columns) == list(FOREST_COLUMNS)
    hogwild = data[data["configuration"] == "hogwild, 2 workers x 2 epochs"]
    assert hogwild["status"].tolist() == ["ok", "ok", "failed"]
    assert hogwild[["speedup_of_seed", "speedup_to_target"]].isna().all(axis=None)  # nothing of the lucky seeds
    assert set(hogwild["verdict"]) == {"not ok in every seed"}
    assert set(data["independent_copies_speedup"]) == {3.0}


def test_every_seed_is_a_point_and_only_a_declared_comparison_has_an_interval():
    cells = {("serial", 1): SERIAL, ("hogwild", 2): [10.0, 10.6, 10.2], ("ddp", 2): [16.0, 16.5, 16.2]}
    figure = forest(data_of(cells, declared=[("hogwild", 2)]))
    (axis,) = figure.axes
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    assert sorted(dots[0].get_xdata()) == pytest.approx(sorted([2.0, 21 / 10.6, 20.5 / 10.2]))
    intervals = [line for line in axis.lines if line.get_linestyle() == "-" and len(set(line.get_ydata())) == 1]
    assert [list(line.get_ydata()) for line in intervals if len(line.get_xdata()) == 2] == [[0, 0]]
    assert "declared: mean, 95 % interval" in legend(figure) and "no interval: mean" in legend(figure)


def test_declared_comparisons_stand_on_top_and_the_fastest_of_each_kind_first():
    cells = {("serial", 1): SERIAL, ("slow", 2): [40.0, 42.0, 41.0], ("fast", 2): [10.0, 10.5, 10.2]}
    cells |= {("undeclared", 2): [5.0, 5.2, 5.1]}
    axis = forest(data_of(cells, declared=[("slow", 2), ("fast", 2)])).axes[0]
    names = [label.get_text().split("\n")[0] for label in axis.get_yticklabels()]
    assert names == ["fast", "slow", "undeclared", "serial"]


def test_an_interval_that_goes_on_beyond_the_axis_ends_in_an_arrow():
    cells = {("serial", 1): SERIAL, ("hogwild", 2): [5.0, 21.0, 10.0]}
    axis = forest(data_of(cells, declared=[("hogwild", 2)])).axes[0]
    assert {line.get_marker() for line in axis.lines} >= {"<", ">"}
    low, high = axis.get_xlim()
    assert low > 0.2 and high < 15


def test_the_margin_the_best_serial_run_and_the_ceiling_are_drawn_and_named():
    figure = forest(data_of({("serial", 1): SERIAL, ("hogwild", 2): [10.0, 10.5, 10.2]}))
    assert {"best serial run", "ceiling", "within 5 %"} <= set(legend(figure))
    assert [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_label() == "ceiling"] == [3.0]
    without = forest(data_of({("serial", 1): SERIAL}, ceiling=None))
    assert "ceiling" not in legend(without)


def test_why_a_configuration_has_no_figure_is_said_beside_it_and_oversubscribed_ones_are_marked():
    cells = {("serial", 1): SERIAL, ("lucky", 2): [10.0, MISSED, 10.0], ("failed", 2): [None] * 3}
    cells |= {("ps", 2): SERIAL, ("greedy", 4): [10.0, 10.5, 10.2], ("shaky", 2): [10.0, None, 10.0]}
    figure = forest(data_of(cells, throughput_only=("ps",)))
    assert beside(figure.axes[0]) == [
        "2.00",
        "1.00",
        "fails\ntarget",
        "no ok run",
        "rate only",
        "1 of 3\nfailed",
    ]
    drawn = [line for line in figure.axes[0].lines if line.get_marker() in ("o", "D", "|")]
    places = {place for line in drawn for place in line.get_ydata()}
    assert places == {0, 1}  # what failed, missed the target or has a rate only has no point at all
    assert figure.axes[0].get_yticklabels()[0].get_text() == "greedy\n4 workers x 1 epoch *"
    assert "* oversubscribed" in legend(figure)


def test_without_a_baseline_no_configuration_has_a_ratio_and_without_a_run_the_chart_says_so():
    axis = forest(data_of({("serial", 1): [MISSED] * 3, ("hogwild", 2): [10.0] * 3})).axes[0]
    assert beside(axis) == ["fails\ntarget", "no ratio"]
    empty = forest(as_table([], FOREST_COLUMNS))
    assert empty.axes[0].get_title(loc="left") == "no run to draw yet"


def test_the_ticks_of_the_axis_are_round_hold_1_and_are_apart():
    assert spaced_ticks(0.7, 2.5) == [0.7, 1, 1.5, 2]
    assert 1 in spaced_ticks(0.02, 60)
    assert all(b / a > 1.3 for a, b in itertools.pairwise(spaced_ticks(0.02, 60)))


@pytest.mark.parametrize("n_methods", [1, 8])
def test_nothing_is_drawn_outside_the_figure_even_with_long_names(n_methods):
    names = [f"a_rather_long_method_name_{number}" for number in range(n_methods)]
    cells = {(name, workers): [9.0, 10.0, 9.5] for name in names for workers in (1, 4)}
    figure = forest(data_of({("serial", 1): SERIAL} | cells, declared=[(names[0], 4)]))
    figure.draw_without_rendering()
    for text in figure.findobj(Text):
        box = text.get_window_extent()
        if text.get_visible() and text.get_text().strip():
            assert box.x0 >= 0 and box.x1 <= figure.bbox.width and box.y0 >= 0 and box.y1 <= figure.bbox.height, text

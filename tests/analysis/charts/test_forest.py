"""The forest plot draws every seed, and an interval for the pre-specified comparisons and for nothing else."""

import pytest
from chart_cases import assert_inside
from matplotlib.text import Text

from casual_training.analysis.charts import forest
from casual_training.analysis.frames import as_table
from casual_training.analysis.tables import independent_copies
from casual_training.analysis.tables import runs as runs_table
from casual_training.analysis.tables.comparison import compare_methods
from casual_training.analysis.verdict.judge import add_verdicts
from casual_training.analysis.verdict.speedups import speedups_of_runs
from casual_training.plan.comparisons import Comparisons

SEEDS = [1, 2, 3]
MISSED = "missed"  # instead of seconds: the run is ok and never on target


def data_of(cells, specified=(), copies_speed=150.0, throughput_only=()):
    """Make the data of {(method, workers): seconds to the target of each seed, None where it failed}."""
    rows = []
    for (method, workers), of_seeds in cells.items():
        for seed, seconds in zip(SEEDS, of_seeds, strict=True):
            row = {"workload": "images", "method": method, "strategy": method, "workers": workers, "seed": seed}
            row |= {"epochs": 4 / workers, "oversubscribed": workers > 2, "tuned": False}
            row |= {"throughput_only": method in throughput_only}
            row |= {"status": "failed" if seconds is None else "ok", "samples_per_second": 50.0}
            row |= {"train_seconds": None if seconds is None else 30.0}
            if seconds not in (None, MISSED) and method not in throughput_only:
                row |= {"seconds_to_target": seconds, "samples_to_target": 1000}
            rows.append(row)
    runs = as_table(rows, runs_table.COLUMNS)
    copies = [{"workload": "images", "seed": seed, "samples_per_second": copies_speed} for seed in SEEDS]
    copies = as_table(copies, independent_copies.COLUMNS)
    asked = {"images": Comparisons(list(specified), serial=["serial"])}
    comparison = add_verdicts(compare_methods(runs, copies), runs, SEEDS, asked)
    return forest.judged(speedups_of_runs(runs, copies, SEEDS, asked), comparison)


def beside(axis):
    return [text.get_text() for text in axis.texts]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


SERIAL = [20.0, 21.0, 20.5]


def test_the_data_are_a_row_a_run_with_its_configurations_bounds():
    data = data_of({("serial", 1): SERIAL, ("hogwild", 2): [10.0, 10.5, None]}, specified=[("hogwild", 2)])
    assert list(data.columns) == list(forest.COLUMNS)
    hogwild = data[data["configuration"] == "hogwild, 2 workers x 2 epochs"]
    assert hogwild["status"].tolist() == ["ok", "ok", "failed"]
    assert hogwild[["speedup_of_seed", "speedup_to_target"]].isna().all(axis=None)  # nothing of the lucky seeds
    assert set(hogwild["verdict"]) == {"not ok in every seed"}
    assert set(data["independent_copies_speedup"]) == {3.0}


def test_only_a_pre_specified_comparison_has_an_interval():
    cells = {("serial", 1): SERIAL, ("hogwild", 2): [10.0, 10.6, 10.2], ("ddp", 2): [16.0, 16.5, 16.2]}
    figure = forest.draw(data_of(cells, specified=[("hogwild", 2)]), None)
    (axis,) = figure.axes
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    assert sorted(dots[0].get_xdata()) == pytest.approx(sorted([2.0, 21 / 10.6, 20.5 / 10.2]))
    intervals = [line for line in axis.lines if line.get_linestyle() == "-" and len(set(line.get_ydata())) == 1]
    assert [list(line.get_ydata()) for line in intervals if len(line.get_xdata()) == 2] == [[0, 0]]
    assert "declared: mean, 95 % interval" in legend(figure) and "no interval: mean" in legend(figure)


def test_pre_specified_comparisons_stand_on_top_the_fastest_first():
    cells = {("serial", 1): SERIAL, ("slow", 2): [40.0, 42.0, 41.0], ("fast", 2): [10.0, 10.5, 10.2]}
    cells |= {("unspecified", 2): [5.0, 5.2, 5.1]}
    axis = forest.draw(data_of(cells, specified=[("slow", 2), ("fast", 2)]), None).axes[0]
    names = [label.get_text().split("\n")[0] for label in axis.get_yticklabels()]
    assert names == ["fast", "slow", "unspecified", "serial"]


def test_an_interval_that_goes_on_beyond_the_axis_ends_in_an_arrow():
    cells = {("serial", 1): SERIAL, ("hogwild", 2): [5.0, 21.0, 10.0]}
    axis = forest.draw(data_of(cells, specified=[("hogwild", 2)]), None).axes[0]
    assert {line.get_marker() for line in axis.lines} >= {"<", ">"}
    low, high = axis.get_xlim()
    assert low > 0.2 and high < 15


def test_margin_best_serial_run_and_independent_copies_are_named():
    figure = forest.draw(data_of({("serial", 1): SERIAL, ("hogwild", 2): [10.0, 10.5, 10.2]}), None)
    assert {"best serial run", "ceiling", "within 5 %"} <= set(legend(figure))
    assert [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_label() == "ceiling"] == [3.0]
    without = forest.draw(data_of({("serial", 1): SERIAL}, copies_speed=None), None)
    assert "ceiling" not in legend(without)


def test_beside_a_configuration_without_a_figure_stands_why():
    cells = {("serial", 1): SERIAL, ("lucky", 2): [10.0, MISSED, 10.0], ("failed", 2): [None] * 3}
    cells |= {("ps", 2): SERIAL, ("greedy", 4): [10.0, 10.5, 10.2], ("shaky", 2): [10.0, None, 10.0]}
    figure = forest.draw(data_of(cells, throughput_only=("ps",)), None)
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


def test_without_a_baseline_there_is_no_ratio_and_without_runs_nothing():
    axis = forest.draw(data_of({("serial", 1): [MISSED] * 3, ("hogwild", 2): [10.0] * 3}), None).axes[0]
    assert beside(axis) == ["fails\ntarget", "no ratio"]
    empty = forest.draw(as_table([], forest.COLUMNS), None)
    assert empty.axes[0].get_title(loc="left") == "no run to draw yet"


@pytest.mark.parametrize("n_methods", [1, 8])
def test_nothing_is_drawn_outside_even_with_long_names(n_methods):
    names = [f"a_rather_long_method_name_{number}" for number in range(n_methods)]
    cells = {(name, workers): [9.0, 10.0, 9.5] for name in names for workers in (1, 4)}
    figure = forest.draw(data_of({("serial", 1): SERIAL} | cells, specified=[(names[0], 4)]), None)
    assert_inside(figure, [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()])

"""The chart of the validation metric: every seed in it, against seconds and against samples."""

import pandas as pd
import pytest
from chart_cases import assert_inside, words
from matplotlib.colors import to_hex

from casual_training.analysis.charts import accuracy
from casual_training.analysis.charts import curves as curves_of_charts


def curves(cells, seeds=(1, 2), workloads=("images",), points=4):
    """Measure (method, workers) cells: point p of seed s after 100 p samples and p / workers s, at p / 10 + s / 100."""
    rows = [
        {"workload": workload, "method": method, "workers": workers, "epochs": 4 / workers, "seed": seed}
        | {"samples": 100 * point, "seconds": point / workers, "validation_metric": point / 10 + seed / 100}
        | {"oversubscribed": workers > 2, "metric": "accuracy"}
        for workload in workloads
        for method, workers in cells
        for seed in seeds
        for point in range(1, points + 1)
    ]
    columns = ["workload", "method", "workers", "epochs", "seed", "samples", "seconds", "validation_metric"]
    return pd.DataFrame(rows, columns=[*columns, "oversubscribed", "metric"])


def test_the_data_are_every_point_of_every_seed():
    data = accuracy.named(curves([("serial", 1), ("hogwild", 4)]))
    assert list(data.columns) == list(accuracy.COLUMNS)
    assert data["configuration"].value_counts().to_dict() == {
        "serial, 1 worker x 4 epochs": 2 * 4,
        "hogwild, 4 workers x 1 epoch (oversubscribed)": 2 * 4,
    }
    assert data.iloc[-1, 2:].tolist() == [2, 400, 1.0, "accuracy", pytest.approx(0.42)]


def test_the_summary_has_the_highest_and_the_median_of_the_last():
    measured = curves([("serial", 1)], seeds=(1, 2, 5))
    measured.loc[1, "validation_metric"] = 0.9
    summary = accuracy.summarised(accuracy.named(measured), {"images": True})
    expected = ["images", "serial, 1 worker x 4 epochs", 3, 12, "accuracy", 0.9, pytest.approx(0.42)]
    assert summary.iloc[0].tolist() == expected


def test_the_best_of_an_error_is_the_lowest():
    measured = curves([("serial", 1)]).assign(metric="mean_squared_error")
    summary = accuracy.summarised(accuracy.named(measured), {"images": False})
    assert summary["best_metric"].iloc[0] == pytest.approx(0.11)


def test_the_chart_of_an_error_names_it_and_writes_no_percentages():
    measured = curves([("serial", 1)]).assign(metric="mean_squared_error")
    figure = accuracy.draw_with_targets(accuracy.named(measured), {"images": 0.31})
    texts = [text.get_text() for text in words(figure)]
    assert texts.count("validation mean squared error") == 2
    assert texts.count("target\n0.31") == 2
    assert not any("%" in text for text in texts)


def test_between_the_curves_of_seeds_are_a_gap_and_a_dot():
    figure = accuracy.draw_with_targets(accuracy.named(curves([("hogwild", 2)], points=2)), {})
    gap = float("nan")
    for axis, xs in zip(figure.axes, ([0.5, 1], [100, 200]), strict=True):
        line, dots = axis.lines
        assert list(line.get_xdata()) == [*xs, xs[-1]] * 2
        assert list(line.get_ydata()) == pytest.approx([0.11, 0.21, gap, 0.12, 0.22, gap], nan_ok=True)
        assert list(dots.get_xdata()) == [xs[-1]] * 2
        assert list(dots.get_ydata()) == pytest.approx([0.21, 0.22])


def test_curves_of_many_points_are_thinned_and_keep_ends_and_gaps(monkeypatch):
    data = accuracy.named(curves([("serial", 1), ("hogwild", 2)], points=100))
    monkeypatch.setattr(curves_of_charts, "MOST_OF_A_CHART", 20)
    for axis, last in zip(accuracy.draw_with_targets(data, {}).axes, (100, 10_000), strict=True):
        line, _ = axis.lines[:2]  # of serial, whose two seeds have five points each and a gap
        xs, ys = line.get_xdata(), line.get_ydata()
        assert len(xs) == 2 * (5 + 1)
        assert list(xs[[0, 4, 6, 10]]) == [last / 100, last] * 2
        assert list(pd.isna(ys)) == ([False] * 5 + [True]) * 2
    monkeypatch.setattr(accuracy, "MOST_CURVES", 3)
    (medians,) = [len(line.get_xdata()) for line in accuracy.draw_with_targets(data, {}).axes[0].lines[1:2]]
    assert medians == 10


def test_very_many_curves_are_medians_and_the_legend_says_so(monkeypatch):
    said = "line: median of the seeds; dot: end of a seed"
    data = accuracy.named(curves([("serial", 1), ("hogwild", 2)], seeds=(1, 2, 6), points=2))
    assert said not in [text.get_text() for text in words(accuracy.draw_with_targets(data, {}))]
    monkeypatch.setattr(accuracy, "MOST_CURVES", 5)
    figure = accuracy.draw_with_targets(data, {})
    assert said in [text.get_text() for text in words(figure)]
    for axis, xs in zip(figure.axes, ([0.5, 1], [100, 200]), strict=True):
        line, dots = [line for line in axis.lines if len(line.get_xdata())][2:]  # of hogwild
        assert list(line.get_xdata()) == xs
        assert list(line.get_ydata()) == pytest.approx([0.12, 0.22])
        assert list(dots.get_ydata()) == pytest.approx([0.21, 0.22, 0.26])


def test_the_target_is_a_named_line_in_its_own_panels_only():
    data = accuracy.named(curves([("serial", 1)], workloads=("images", "texts")))
    figure = accuracy.draw_with_targets(data, {"images": 0.335})
    assert [axis.get_title("left") for axis in figure.axes] == ["images", "", "texts", ""]
    targets = [[line.get_ydata()[0] for line in axis.lines if line.get_color() == "0.35"] for axis in figure.axes]
    assert targets == [[0.335], [0.335], [], []]
    assert [[text.get_text() for text in axis.texts] for axis in figure.axes] == [["target\n33.5 %"]] * 2 + [[]] * 2


def test_a_target_above_every_curve_is_inside_its_panel():
    figure = accuracy.draw_with_targets(accuracy.named(curves([("serial", 1)])), {"images": 0.9})
    for axis in figure.axes:
        low, high = axis.get_ylim()
        assert low < 0.11 < 0.9 < high


def test_a_curve_of_one_point_is_a_dot():
    figure = accuracy.draw_with_targets(accuracy.named(curves([("serial", 1)], seeds=[1], points=1)), {})
    for axis, x in zip(figure.axes, (1, 100), strict=True):
        dots = [line for line in axis.lines if line.get_marker() == "o"]
        assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in dots] == [(x, 0.11)]


def test_thirty_curves_all_differ_and_the_legend_names_each_once():
    cells = [(f"method{number}", workers) for number in range(10) for workers in (1, 2, 4)]
    figure = accuracy.draw_with_targets(accuracy.named(curves(cells)), {"images": 0.4})
    lines = [line for line in figure.axes[0].lines if not line.get_label().startswith("_")]
    looks = {(to_hex(line.get_color()), str(line._unscaled_dash_pattern)) for line in lines}
    assert len(lines) == len(looks) == len(figure.legends[0].get_texts()) == 30


def test_without_a_curve_the_chart_says_so():
    figure = accuracy.draw_with_targets(accuracy.named(curves([])), {})
    assert "no run to draw yet" in [text.get_text() for text in words(figure)]


@pytest.mark.parametrize("n_methods", [1, 8])
def test_nothing_is_drawn_outside_even_with_long_names(n_methods):
    names = [f"a_rather_long_method_name_{number}" for number in range(n_methods)]
    data = accuracy.named(curves([(name, workers) for name in names for workers in (1, 4)]))
    figure = accuracy.draw_with_targets(data, {"images": 0.835})
    assert_inside(figure, words(figure))

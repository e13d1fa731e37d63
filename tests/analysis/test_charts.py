"""The charts draw the data behind them, readably, and can stand together in one page."""

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from casual_training.analysis import charts
from casual_training.analysis.columns import (
    ACCURACY_COLUMNS,
    CEILINGS_COLUMNS,
    CODE_COST_COLUMNS,
    LOSSES_COLUMNS,
    RUNS_COLUMNS,
    SMOOTHED_COLUMNS,
    STALENESS_COLUMNS,
    as_table,
)
from casual_training.analysis.tables import compare_methods

SVG = "{http://www.w3.org/2000/svg}"


def test_a_long_name_is_broken_after_an_underscore_and_only_else_within_a_word():
    assert charts.row_label("sync_shared_global_batch, 2 workers x 2 epochs").startswith("sync_shared_\nglobal_batch\n")
    assert charts.row_label("hogwild, 2 workers x 2 epochs") == "hogwild\n2 workers x 2 epochs"
    assert charts.row_label(f"{'a' * 25}, 1 worker x 4 epochs").startswith(f"{'a' * 20}\naaaaa\n")


def logs(cells, n_steps=5, workloads=("images",), loss=lambda worker, step: 2.0 / step):
    """Log (method, workers) cells: worker w logs its step s at second s + w / 10."""
    rows = [
        {"workload": workload, "method": method, "workers": workers, "epochs": 4 / workers, "worker": worker}
        | {"step": step, "seconds": step + worker / 10, "samples": 32 * step, "loss": loss(worker, step)}
        | {"oversubscribed": workers > 2}
        for workload in workloads
        for method, workers in cells
        for worker in range(workers)
        for step in range(1, n_steps + 1)
    ]
    return pd.DataFrame(rows)


def runs(seconds):
    """Make runs of {(method, workers): seconds of each seed, None where it failed}; serial is the baseline."""
    rows = [
        {"workload": "images", "method": method, "strategy": method, "workers": workers, "epochs": 4 / workers}
        | {"seed": seed, "threads_per_worker": 1, "oversubscribed": workers > 2, "status": "ok" if value else "failed"}
        | {"train_seconds": value, "samples_per_second": value and 1000 / value}
        for (method, workers), values in seconds.items()
        for seed, value in enumerate(values, start=1)
    ]
    return as_table(rows, RUNS_COLUMNS)


def ceilings(*speeds):
    rows = [{"workload": "images", "seed": seed, "samples_per_second": speed} for seed, speed in enumerate(speeds, 1)]
    return as_table(rows, CEILINGS_COLUMNS)


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


def words(figure):
    """List the texts of a figure, without the tick labels beyond the ends of an axis, which are not drawn."""
    hidden = []
    for axis in itertools.chain.from_iterable((axes.xaxis, axes.yaxis) for axes in figure.axes):
        low, high = sorted(axis.get_view_interval())
        hidden += [tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
    texts = [text for text in figure.findobj(Text) if text not in hidden]
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


def test_the_batches_of_all_workers_are_merged_in_the_order_of_time():
    data = charts.losses_data(logs([("hogwild", 2)], n_steps=3))
    assert list(data["configuration"].unique()) == ["hogwild, 2 workers x 2 epochs"]
    assert list(data["worker"]) == [0, 1, 0, 1, 0, 1]
    assert list(data["logged_batch"]) == [1, 2, 3, 4, 5, 6]
    assert list(data["samples"]) == [32, 64, 96, 128, 160, 192]  # of both together
    assert data["seconds"].is_monotonic_increasing


def test_labels_say_one_worker_and_one_epoch_in_the_singular():
    data = charts.losses_data(logs([("serial", 1), ("hogwild", 4), ("hogwild", 8)], n_steps=1))
    expected = ["serial, 1 worker x 4 epochs", "hogwild, 4 workers x 1 epoch", "hogwild, 8 workers x 0.5 epochs"]
    data["configuration"] = data["configuration"].str.removesuffix(" (oversubscribed)")
    assert list(data["configuration"].unique()) == expected


def test_a_smoothed_curve_has_at_most_200_points_and_keeps_its_ends():
    data = charts.losses_data(logs([("serial", 1)], n_steps=777))
    smoothed = charts.smoothed_losses_data(data)
    assert len(smoothed) == 200
    assert smoothed["seconds"].iloc[[0, -1]].tolist() == [1, 777]
    assert smoothed["seconds"].is_unique


def test_smoothing_takes_noise_away_and_keeps_the_level():
    noisy = charts.losses_data(logs([("serial", 1)], n_steps=400, loss=lambda worker, step: 1 + 0.5 * (-1) ** step))
    second_half = charts.smoothed_losses_data(noisy)["loss_smoothed"].iloc[100:]
    assert second_half.mean() == pytest.approx(1, abs=0.05)
    assert second_half.std() < 0.1


def test_a_curve_too_short_to_smooth_is_left_as_it_is():
    data = charts.losses_data(logs([("serial", 1)], n_steps=3))
    assert list(charts.smoothed_losses_data(data)["loss_smoothed"]) == pytest.approx([2.0, 1.0, 2 / 3])


def test_the_summary_gives_the_ends_and_the_lowest_loss_of_a_curve():
    losses = [2.0, 0.5, 0.7]
    data = charts.losses_data(logs([("serial", 1)], n_steps=3, loss=lambda worker, step: losses[step - 1]))
    assert charts.losses_summary(data).iloc[0, 2:].tolist() == [3, 2.0, 0.5, 0.7]


def test_oversubscribed_configurations_are_marked_in_the_legends_of_both_loss_charts():
    data = charts.losses_data(logs([("serial", 1), ("hogwild", 4)]).astype({"oversubscribed": "boolean"}))
    for figure in (charts.losses(data), charts.smoothed_losses(charts.smoothed_losses_data(data))):
        labels = [" ".join(text.get_text().split()) for text in figure.legends[0].get_texts()]
        assert labels == ["serial, 1 worker x 4 epochs", "hogwild, 4 workers x 1 epoch (oversubscribed)"]


def test_the_data_behind_the_accuracies_are_every_point_of_every_seed():
    data = charts.accuracy_data(curves([("serial", 1), ("hogwild", 4)]))
    assert list(data.columns) == list(ACCURACY_COLUMNS)
    assert data["configuration"].value_counts().to_dict() == {
        "serial, 1 worker x 4 epochs": 2 * 4,
        "hogwild, 4 workers x 1 epoch (oversubscribed)": 2 * 4,
    }
    assert data.iloc[-1, 2:].tolist() == [2, 400, 1.0, "accuracy", pytest.approx(0.42)]


def test_the_summary_of_the_accuracies_has_the_highest_and_the_median_of_the_last_ones():
    measured = curves([("serial", 1)], seeds=(1, 2, 5))
    measured.loc[1, "validation_metric"] = 0.9
    summary = charts.accuracy_summary(charts.accuracy_data(measured), {"images": True})
    expected = ["images", "serial, 1 worker x 4 epochs", 3, 12, "accuracy", 0.9, pytest.approx(0.42)]
    assert summary.iloc[0].tolist() == expected


def test_the_best_of_an_error_is_the_lowest():
    measured = curves([("serial", 1)]).assign(metric="mean_squared_error")
    summary = charts.accuracy_summary(charts.accuracy_data(measured), {"images": False})
    assert summary["best_metric"].iloc[0] == pytest.approx(0.11)


def test_the_chart_of_an_error_names_it_and_writes_no_percentages():
    measured = curves([("serial", 1)]).assign(metric="mean_squared_error")
    figure = charts.accuracy(charts.accuracy_data(measured), {"images": 0.31})
    texts = [text.get_text() for text in words(figure)]
    assert texts.count("validation mean squared error") == 2
    assert texts.count("target\n0.31") == 2
    assert not any("%" in text for text in texts)


def test_every_seed_is_drawn_against_seconds_and_against_samples_with_a_gap_and_a_dot_between_them():
    figure = charts.accuracy(charts.accuracy_data(curves([("hogwild", 2)], points=2)), {})
    gap = float("nan")
    for axis, xs in zip(figure.axes, ([0.5, 1], [100, 200]), strict=True):
        line, dots = axis.lines
        assert list(line.get_xdata()) == [*xs, xs[-1]] * 2
        assert list(line.get_ydata()) == pytest.approx([0.11, 0.21, gap, 0.12, 0.22, gap], nan_ok=True)
        assert list(dots.get_xdata()) == [xs[-1]] * 2
        assert list(dots.get_ydata()) == pytest.approx([0.21, 0.22])


def test_very_many_losses_are_thinned_evenly_with_both_ends_and_the_chart_says_so(monkeypatch):
    data = charts.losses_data(logs([("serial", 1), ("hogwild", 2)], n_steps=100))
    assert "points" not in charts.losses(data).axes[0].get_xlabel()
    monkeypatch.setattr(charts, "MOST_OF_A_CHART", 20)
    (axis,) = charts.losses(data).axes
    assert [list(line.get_xdata()[[0, 1, -1]]) for line in axis.lines] == [[1, 12, 100], [1, 23, 200]]
    assert [len(line.get_xdata()) for line in axis.lines] == [10, 10]
    assert axis.get_xlabel().endswith("of each line at most 10 points are drawn")
    assert charts.smoothed_losses_data(data)["configuration"].value_counts().tolist() == [10, 10]


def test_accuracies_of_very_many_points_are_thinned_evenly_with_both_ends_and_the_gaps_between_seeds(monkeypatch):
    data = charts.accuracy_data(curves([("serial", 1), ("hogwild", 2)], points=100))
    monkeypatch.setattr(charts, "MOST_OF_A_CHART", 20)
    for axis, last in zip(charts.accuracy(data, {}).axes, (100, 10_000), strict=True):
        line, _ = axis.lines[:2]  # of serial, whose two seeds have five points each and a gap
        xs, ys = line.get_xdata(), line.get_ydata()
        assert len(xs) == 2 * (5 + 1)
        assert list(xs[[0, 4, 6, 10]]) == [last / 100, last] * 2
        assert list(pd.isna(ys)) == ([False] * 5 + [True]) * 2
    monkeypatch.setattr(charts, "MOST_CURVES", 3)
    (medians,) = [len(line.get_xdata()) for line in charts.accuracy(data, {}).axes[0].lines[1:2]]
    assert medians == 10


def test_very_many_accuracies_are_drawn_as_medians_with_a_dot_for_every_seed_and_the_legend_says_so(monkeypatch):
    said = "line: median of the seeds; dot: end of a seed"
    data = charts.accuracy_data(curves([("serial", 1), ("hogwild", 2)], seeds=(1, 2, 6), points=2))
    assert said not in [text.get_text() for text in words(charts.accuracy(data, {}))]
    monkeypatch.setattr(charts, "MOST_CURVES", 5)
    figure = charts.accuracy(data, {})
    assert said in [text.get_text() for text in words(figure)]
    for axis, xs in zip(figure.axes, ([0.5, 1], [100, 200]), strict=True):
        line, dots = [line for line in axis.lines if len(line.get_xdata())][2:]  # of hogwild
        assert list(line.get_xdata()) == xs
        assert list(line.get_ydata()) == pytest.approx([0.12, 0.22])
        assert list(dots.get_ydata()) == pytest.approx([0.21, 0.22, 0.26])


def test_the_target_is_a_line_with_its_name_beside_it_in_both_panels_of_its_workload_only():
    data = charts.accuracy_data(curves([("serial", 1)], workloads=("images", "texts")))
    figure = charts.accuracy(data, {"images": 0.335})
    assert [axis.get_title("left") for axis in figure.axes] == ["images", "", "texts", ""]
    targets = [[line.get_ydata()[0] for line in axis.lines if line.get_color() == "0.35"] for axis in figure.axes]
    assert targets == [[0.335], [0.335], [], []]
    assert [[text.get_text() for text in axis.texts] for axis in figure.axes] == [["target\n33.5 %"]] * 2 + [[]] * 2


def test_a_target_above_every_curve_is_inside_its_panel():
    figure = charts.accuracy(charts.accuracy_data(curves([("serial", 1)])), {"images": 0.9})
    for axis in figure.axes:
        low, high = axis.get_ylim()
        assert low < 0.11 < 0.9 < high


def test_a_curve_of_one_point_is_a_dot():
    figure = charts.accuracy(charts.accuracy_data(curves([("serial", 1)], seeds=[1], points=1)), {})
    for axis, x in zip(figure.axes, (1, 100), strict=True):
        dots = [line for line in axis.lines if line.get_marker() == "o"]
        assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in dots] == [(x, 0.11)]


def test_thirty_accuracy_curves_all_differ_and_the_legend_names_each_once():
    cells = [(f"method{number}", workers) for number in range(10) for workers in (1, 2, 4)]
    figure = charts.accuracy(charts.accuracy_data(curves(cells)), {"images": 0.4})
    lines = [line for line in figure.axes[0].lines if not line.get_label().startswith("_")]
    looks = {(to_hex(line.get_color()), str(line._unscaled_dash_pattern)) for line in lines}
    assert len(lines) == len(looks) == len(figure.legends[0].get_texts()) == 30


def test_thirty_lines_all_differ_in_colour_and_dash_together():
    cells = [(f"method{number}", workers) for number in range(10) for workers in (1, 2, 4)]
    figure = charts.losses(charts.losses_data(logs(cells)))
    lines = figure.axes[0].lines
    looks = {(to_hex(line.get_color()), str(line._unscaled_dash_pattern)) for line in lines}
    assert len(lines) == len(looks) == 30


def test_a_spike_does_not_flatten_the_curve_and_the_axis_starts_at_zero():
    spiky = logs([("serial", 1)], n_steps=300, loss=lambda worker, step: 90.0 if step == 150 else 2.3)
    low, high = charts.losses(charts.losses_data(spiky)).axes[0].get_ylim()
    assert low == 0
    assert 2.3 < high < 3


def test_each_workload_has_a_facet_and_one_legend_names_every_line_once():
    data = charts.losses_data(logs([("serial", 1), ("hogwild", 2)], workloads=("images", "texts")))
    figure = charts.smoothed_losses(charts.smoothed_losses_data(data))
    assert [axis.get_title("left") for axis in figure.axes] == ["images", "", "texts", ""]
    assert [axis.get_xlabel()[:7] for axis in figure.axes] == ["seconds", "samples"] * 2
    assert len(figure.legends[0].get_texts()) == 2


def stalenesses(cells):
    """Return {(workload, configuration): {updates missed: share}} as `diagnostics.staleness` does."""
    rows = [(*cell, missed, 100, share) for cell, shares in cells.items() for missed, share in shares.items()]
    return as_table(rows, STALENESS_COLUMNS)


def test_a_bar_of_the_staleness_is_divided_by_what_its_updates_missed():
    data = stalenesses({("images", "hogwild, 4 workers x 1 epoch"): {0: 0.25, 3: 0.25, 4: 0.125, 7: 0.125, 64: 0.25}})
    (axis,) = charts.staleness(data).axes
    bars = [(bars.get_label(), bar.get_x(), bar.get_width()) for bars in axis.containers for bar in bars]
    assert [bar for bar in bars if bar[2]] == [
        ("none", 0, 0.25),
        ("3", 0.25, 0.25),
        ("4 to 7", 0.5, 0.25),
        ("8 or more", 0.75, 0.25),
    ]


def test_the_bars_of_the_staleness_are_as_thick_in_a_workload_of_few_as_in_one_of_many():
    few = {("texts", "hogwild, 2 workers x 2 epochs"): {0: 1.0}}
    many = {("images", f"way {number}, 2 workers x 2 epochs"): {1: 1.0} for number in range(6)}
    figure = charts.staleness(stalenesses(few | many))
    figure.draw_without_rendering()
    texts, images = (axis.get_window_extent().height / rows for axis, rows in zip(figure.axes, (1, 6), strict=True))
    assert texts == pytest.approx(images, rel=0.5)


def test_no_data_still_give_charts_that_say_so():
    for figure in (
        charts.losses(as_table([], LOSSES_COLUMNS)),
        charts.smoothed_losses(as_table([], SMOOTHED_COLUMNS)),
        charts.accuracy(charts.accuracy_data(curves([])), {}),
        charts.staleness(stalenesses({})),
    ):
        assert "no run to draw yet" in [text.get_text() for text in words(figure)]


@pytest.mark.parametrize("n_methods", [1, 8])
def test_nothing_is_drawn_outside_the_figure_even_with_long_names(n_methods):
    names = [f"a_rather_long_method_name_{number}" for number in range(n_methods)]
    cells = list(itertools.product(names, (1, 4)))
    data = charts.losses_data(logs(cells))
    accuracies = charts.accuracy_data(curves(cells))
    for figure in (charts.losses(data), charts.accuracy(accuracies, {"images": 0.835})):
        figure.draw_without_rendering()
        width, height = figure.bbox.width, figure.bbox.height
        for text in words(figure):
            box = text.get_window_extent()
            assert box.x0 >= 0 and box.x1 <= width, text
            assert box.y0 >= 0 and box.y1 <= height, text


@pytest.fixture
def saved(tmp_path):
    data = charts.losses_data(logs([("<b>$x_1$ & co</b>", 1), ("hogwild", 2)]))
    figures = {"losses": charts.losses(data), "smoothed": charts.smoothed_losses(charts.smoothed_losses_data(data))}
    for name, figure in figures.items():
        charts.save(figure, tmp_path / "figures" / f"{name}.svg", title=f"The {name}")
    return tmp_path / "figures"


def test_saving_writes_a_file_and_leaves_nothing_else(saved):
    assert {file.name for file in saved.iterdir()} == {"losses.svg", "smoothed.svg"}


def test_text_in_an_svg_is_text_and_its_title_says_what_it_shows(saved):
    root = ElementTree.parse(saved / "losses.svg").getroot()
    said = [text.text for text in root.iter(f"{SVG}text")]
    assert "hogwild, 2 workers x 2 epochs" in said
    assert "<b>$x_1$ & co</b>, 1 worker x 4 epochs" in " ".join(said)  # whose legend has lines of its own
    assert root.find(f"{SVG}title").text == "The losses"


def test_ids_are_unique_across_charts_and_every_reference_finds_its_own(saved):
    all_ids = []
    for file in saved.glob("*.svg"):
        svg = file.read_text()
        ids = re.findall(r'\bid="([^"]+)"', svg)
        references = re.findall(r'href="#([^"]+)"', svg) + re.findall(r"url\(#([^)]+)\)", svg)
        assert references and set(references) <= set(ids)
        all_ids += ids
    assert len(all_ids) == len(set(all_ids))


def test_an_svg_loads_nothing_and_has_no_date(saved):
    for file in saved.glob("*.svg"):
        svg = file.read_text()
        assert set(re.findall(r'(?:src|href)="([^#][^"]*)"|url\(([^#][^)]*)\)', svg)) == set()
        assert "metadata" not in svg


def test_the_same_data_give_the_same_files(tmp_path):
    for name in ("first", "second"):
        figure = charts.losses(charts.losses_data(logs([("serial", 1), ("hogwild", 2)])))
        charts.save(figure, tmp_path / name / "losses.svg", title="The losses")
    assert (tmp_path / "first" / "losses.svg").read_bytes() == (tmp_path / "second" / "losses.svg").read_bytes()


def code_costs(*rows):
    """Make the data of the chart of (method, workers, lines changed, speed-up)."""
    columns = ["method", "workers", "lines_changed", "speedup_to_target"]
    table = pd.DataFrame(rows, columns=columns).assign(workload="images")
    return as_table(table.assign(oversubscribed=table["workers"] > 2), CODE_COST_COLUMNS)


def test_the_data_behind_the_costs_are_the_configurations_with_a_script_marked_where_oversubscribed():
    table = runs({("serial", 1): [20], ("hogwild", 4): [10], ("odd", 2): [30]})
    costs = {"lines_changed": [0, 18, pd.NA], "new_names": [0, 7, pd.NA], "speedup_to_target": [1.0, 2.0, 0.7]}
    comparison = compare_methods(table, ceilings()).assign(**costs)
    data = charts.code_cost_data(comparison, table)
    assert list(data.columns) == list(CODE_COST_COLUMNS)
    assert data["method"].tolist() == ["serial", "hogwild"]
    assert data["oversubscribed"].tolist() == [False, True]
    assert data["speedup_to_target"].tolist() == [1, 2]


def test_every_cost_is_a_point_at_its_lines_and_speedup_with_its_workers_beside_it():
    data = code_costs(("serial", 1, 0, 0.9), ("hogwild", 2, 18, 1.9), ("hogwild", 4, 18, 1.7), ("failed", 2, 5, None))
    figure = charts.code_cost(data)
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
    assert charts.code_cost(code_costs()).axes[0].get_title(loc="left") == "no run to draw yet"

"""The chart of every logged loss, and what the charts of curves share."""

import pytest
from chart_cases import assert_inside, logs, words
from matplotlib.colors import to_hex

from casual_training.analysis.charts import curves, losses, losses_smoothed
from casual_training.analysis.frames import as_table


def test_the_batches_of_all_workers_are_merged_in_the_order_of_time():
    data = losses.merged(logs([("hogwild", 2)], n_steps=3))
    assert list(data["configuration"].unique()) == ["hogwild, 2 workers x 2 epochs"]
    assert list(data["worker"]) == [0, 1, 0, 1, 0, 1]
    assert list(data["logged_batch"]) == [1, 2, 3, 4, 5, 6]
    assert list(data["samples"]) == [32, 64, 96, 128, 160, 192]  # of both together
    assert data["seconds"].is_monotonic_increasing


def test_labels_say_one_worker_and_one_epoch_in_the_singular():
    data = losses.merged(logs([("serial", 1), ("hogwild", 4), ("hogwild", 8)], n_steps=1))
    expected = ["serial, 1 worker x 4 epochs", "hogwild, 4 workers x 1 epoch", "hogwild, 8 workers x 0.5 epochs"]
    data["configuration"] = data["configuration"].str.removesuffix(" (oversubscribed)")
    assert list(data["configuration"].unique()) == expected


def test_the_summary_has_both_ends_and_the_lowest_loss():
    values = [2.0, 0.5, 0.7]
    data = losses.merged(logs([("serial", 1)], n_steps=3, loss=lambda worker, step: values[step - 1]))
    assert losses.summary(data, None).iloc[0, 2:].tolist() == [3, 2.0, 0.5, 0.7]


def test_very_many_losses_are_thinned_and_the_chart_says_so(monkeypatch):
    data = losses.merged(logs([("serial", 1), ("hogwild", 2)], n_steps=100))
    assert "points" not in losses.draw(data, None).axes[0].get_xlabel()
    monkeypatch.setattr(curves, "MOST_OF_A_CHART", 20)
    (axis,) = losses.draw(data, None).axes
    assert [list(line.get_xdata()[[0, 1, -1]]) for line in axis.lines] == [[1, 12, 100], [1, 23, 200]]
    assert [len(line.get_xdata()) for line in axis.lines] == [10, 10]
    assert axis.get_xlabel().endswith("of each line at most 10 points are drawn")
    assert losses_smoothed.smoothed(data)["configuration"].value_counts().tolist() == [10, 10]


def test_thirty_lines_all_differ_in_colour_and_dash_together():
    cells = [(f"method{number}", workers) for number in range(10) for workers in (1, 2, 4)]
    figure = losses.draw(losses.merged(logs(cells)), None)
    lines = figure.axes[0].lines
    looks = {(to_hex(line.get_color()), str(line._unscaled_dash_pattern)) for line in lines}
    assert len(lines) == len(looks) == 30


def test_a_spike_does_not_flatten_the_curve():
    spiky = logs([("serial", 1)], n_steps=300, loss=lambda worker, step: 90.0 if step == 150 else 2.3)
    low, high = losses.draw(losses.merged(spiky), None).axes[0].get_ylim()
    assert low == 0
    assert 2.3 < high < 3


def test_oversubscribed_configurations_are_marked_in_the_legend():
    data = losses.merged(logs([("serial", 1), ("hogwild", 4)]).astype({"oversubscribed": "boolean"}))
    for figure in (losses.draw(data, None), losses_smoothed.draw(losses_smoothed.smoothed(data), None)):
        labels = [" ".join(text.get_text().split()) for text in figure.legends[0].get_texts()]
        assert labels == ["serial, 1 worker x 4 epochs", "hogwild, 4 workers x 1 epoch (oversubscribed)"]


def test_without_losses_the_chart_says_so():
    figure = losses.draw(as_table([], losses.COLUMNS), None)
    assert "no run to draw yet" in [text.get_text() for text in words(figure)]


@pytest.mark.parametrize("n_methods", [1, 8])
def test_nothing_is_drawn_outside_even_with_long_names(n_methods):
    names = [f"a_rather_long_method_name_{number}" for number in range(n_methods)]
    figure = losses.draw(losses.merged(logs([(name, workers) for name in names for workers in (1, 4)])), None)
    assert_inside(figure, words(figure))

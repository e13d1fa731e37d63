"""The chart of the smoothed losses: little noise, few points, both ends."""

import pytest
from chart_cases import logs, words

from casual_training.analysis.charts import losses, losses_smoothed
from casual_training.analysis.frames import as_table


def test_a_smoothed_curve_has_at_most_200_points_and_its_ends():
    data = losses.merged(logs([("serial", 1)], n_steps=777))
    smoothed = losses_smoothed.smoothed(data)
    assert len(smoothed) == 200
    assert smoothed["seconds"].iloc[[0, -1]].tolist() == [1, 777]
    assert smoothed["seconds"].is_unique


def test_smoothing_takes_noise_away_and_keeps_the_level():
    noisy = losses.merged(logs([("serial", 1)], n_steps=400, loss=lambda worker, step: 1 + 0.5 * (-1) ** step))
    second_half = losses_smoothed.smoothed(noisy)["loss_smoothed"].iloc[100:]
    assert second_half.mean() == pytest.approx(1, abs=0.05)
    assert second_half.std() < 0.1


def test_a_curve_too_short_to_smooth_is_left_as_it_is():
    data = losses.merged(logs([("serial", 1)], n_steps=3))
    assert list(losses_smoothed.smoothed(data)["loss_smoothed"]) == pytest.approx([2.0, 1.0, 2 / 3])


def test_each_workload_has_a_facet_and_one_legend_names_every_line_once():
    data = losses.merged(logs([("serial", 1), ("hogwild", 2)], workloads=("images", "texts")))
    figure = losses_smoothed.draw(losses_smoothed.smoothed(data), None)
    assert [axis.get_title("left") for axis in figure.axes] == ["images", "", "texts", ""]
    assert [axis.get_xlabel()[:7] for axis in figure.axes] == ["seconds", "samples"] * 2
    assert len(figure.legends[0].get_texts()) == 2


def test_without_losses_the_smoothed_chart_says_so():
    figure = losses_smoothed.draw(as_table([], losses_smoothed.COLUMNS), None)
    assert "no run to draw yet" in [text.get_text() for text in words(figure)]

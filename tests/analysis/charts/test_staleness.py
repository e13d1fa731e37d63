"""The chart of staleness: a bar a configuration, divided by how many updates of others an update missed."""

import pytest
from chart_cases import words

import fake_study
from casual_training.analysis.charts import staleness
from casual_training.analysis.frames import as_table


def stalenesses(cells):
    """Return {(workload, configuration): {updates missed: share}} as `staleness.counted` does."""
    rows = [(*cell, missed, 100, share) for cell, shares in cells.items() for missed, share in shares.items()]
    return as_table(rows, staleness.COLUMNS)


def test_a_bar_is_divided_by_what_its_updates_missed():
    data = stalenesses({("images", "hogwild, 4 workers x 1 epoch"): {0: 0.25, 3: 0.25, 4: 0.125, 7: 0.125, 64: 0.25}})
    (axis,) = staleness.draw(data, None).axes
    bars = [(bars.get_label(), bar.get_x(), bar.get_width()) for bars in axis.containers for bar in bars]
    assert [bar for bar in bars if bar[2]] == [
        ("none", 0, 0.25),
        ("3", 0.25, 0.25),
        ("4 to 7", 0.5, 0.25),
        ("8 or more", 0.75, 0.25),
    ]


def test_bars_are_as_thick_in_a_small_workload_as_elsewhere():
    few = {("texts", "hogwild, 2 workers x 2 epochs"): {0: 1.0}}
    many = {("images", f"way {number}, 2 workers x 2 epochs"): {1: 1.0} for number in range(6)}
    figure = staleness.draw(stalenesses(few | many), None)
    figure.draw_without_rendering()
    texts, images = (axis.get_window_extent().height / rows for axis, rows in zip(figure.axes, (1, 6), strict=True))
    assert texts == pytest.approx(images, rel=0.5)


def test_without_an_update_the_chart_says_so():
    figure = staleness.draw(stalenesses({}), None)
    assert "no run to draw yet" in [text.get_text() for text in words(figure)]


def record_of(method, workers, seed, *histograms):
    """Make up a run of the default study whose workers have these histograms of staleness."""
    plan = fake_study.make_plan(workers=[1, 2], comparisons=[])
    which = (method, workers, seed)
    (run,) = [run for run in plan.runs if (run.method, run.workers, run.seed) == which]
    records = [fake_study.make_worker(run, rank, staleness=list(bins)) for rank, bins in enumerate(histograms)]
    return fake_study.make_record(run, worker_records=records)


def test_the_seeds_of_a_configuration_count_together():
    hogwild = [record_of("hogwild", 2, 1, [3, 0, 1]), record_of("hogwild", 2, 2, [4])]
    table = staleness.counted([*hogwild, record_of("serial", 1, 1, [9])])
    assert list(table.columns) == list(staleness.COLUMNS)
    assert [(row.updates_missed, row.updates, row.share) for row in table.itertuples()] == [
        (0, 7, 7 / 8),
        (2, 1, 1 / 8),
    ]
    assert set(table["configuration"]) == {"hogwild, 2 workers x 2 epochs"}
    assert list(staleness.counted([]).columns) == list(staleness.COLUMNS)

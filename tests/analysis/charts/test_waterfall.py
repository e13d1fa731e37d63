"""The waterfall shows the two factors of each pre-specified speed-up, one bar after the other."""

import pandas as pd
import pytest

from casual_training.analysis.charts import waterfall
from casual_training.analysis.frames import as_table
from casual_training.analysis.tables import comparison as comparison_table
from casual_training.analysis.tables import runs as runs_table


def comparison(*rows):
    """Make a comparison of (method, verdict, hardware efficiency, statistical efficiency)."""
    columns = ["method", "verdict", "hardware_efficiency", "statistical_efficiency"]
    table = pd.DataFrame(rows, columns=columns).assign(workload="images", workers=2, epochs=2.0)
    table["speedup_to_target"] = table["hardware_efficiency"] * table["statistical_efficiency"]
    return as_table(table.reindex(columns=list(comparison_table.COLUMNS)).assign(metric=""), comparison_table.COLUMNS)


def data_of(*rows, overs=()):
    table = comparison(*rows)
    runs = [row._asdict() | {"oversubscribed": row.method in overs} for row in table.itertuples()]
    return waterfall.factors(table, as_table(runs, runs_table.COLUMNS))


def test_only_pre_specified_comparisons_with_a_speed_up_are_in_it():
    data = data_of(("hogwild", "faster", 2.0, 0.8), ("ddp", "fails target", None, None), ("other", "", 1.5, 1.0))
    assert list(data.columns) == list(waterfall.COLUMNS)
    assert data["configuration"].tolist() == ["hogwild, 2 workers x 2 epochs"]


def test_a_bar_begins_where_the_other_ends():
    axis = waterfall.draw(data_of(("hogwild", "faster", 2.0, 0.8)), None).axes[0]
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bars in axis.containers for bar in bars]
    assert ends == [pytest.approx(end) for end in ((1.0, 2.0), (2.0, 1.6), (1.0, 1.6))]
    assert [text.get_text() for text in axis.texts] == ["2.00", "0.80", "1.60"]
    assert axis.get_xscale() == "log"


def test_each_step_is_named_once_in_the_legend():
    figure = waterfall.draw(data_of(("hogwild", "faster", 2.0, 0.8), ("ddp", "slower", 0.5, 1.0)), None)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(names) == sorted(["best serial run", "samples per second", "samples needed", "speed-up"])


def test_an_oversubscribed_comparison_is_marked():
    figure = waterfall.draw(data_of(("hogwild", "faster", 2.0, 0.8), overs=("hogwild",)), None)
    assert figure.axes[0].get_yticklabels()[0].get_text().endswith(" *")
    assert "* oversubscribed" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_without_a_speed_up_the_chart_says_so():
    figure = waterfall.draw(as_table([], waterfall.COLUMNS), None)
    assert figure.axes[0].get_title(loc="left") == "no run to draw yet"

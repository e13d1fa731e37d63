"""Tables and charts are found by being there, and each file keeps the contract of parts.py."""

import pytest

from casual_training.analysis import parts

TABLES, CHARTS = parts.literals("tables"), parts.literals("charts")


def test_what_tables_share_is_no_table():
    assert set(TABLES) == {
        "claims",
        "comparison",
        "cost",
        "diagnostics",
        "independent_copies",
        "provenance",
        "runs",
        "switching",
        "tuning",
    }


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_a_caption_columns_and_a_maker(name):
    table = parts.table(name)
    assert table.CAPTION.endswith(".")
    assert table.COLUMNS.keys() and callable(table.make)
    assert (TABLES[name]["CAPTION"], TABLES[name]["INPUTS"]) == (table.CAPTION, table.INPUTS)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_a_title_columns_data_and_a_drawing(name):
    chart = parts.chart(name)
    assert chart.TITLE and chart.CAPTION
    assert chart.COLUMNS.keys() and callable(chart.data) and callable(chart.draw)


def test_charts_come_in_the_order_of_the_page():
    places = [found["PLACE"] for found in CHARTS.values()]
    assert places == sorted(set(places))


def test_no_chart_has_the_name_of_a_table():
    """Their CSV files stand in one folder beside the page."""
    assert not TABLES.keys() & CHARTS.keys()


def test_a_new_table_needs_only_its_file(tmp_path, monkeypatch):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "mine.py").write_text('CAPTION = "Mine."\nINPUTS = ["runs"]\nraise SystemExit\n')
    (tmp_path / "tables" / "shared.py").write_text("x = 1\n")
    monkeypatch.setattr(parts, "FOLDER", tmp_path)
    parts.literals.cache_clear()
    try:
        assert parts.literals("tables") == {"mine": {"CAPTION": "Mine.", "INPUTS": ["runs"]}}
    finally:
        parts.literals.cache_clear()

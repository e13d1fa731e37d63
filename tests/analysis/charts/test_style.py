"""What all charts share: labels that fit, and SVG files that can stand together in one page."""

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pytest
from chart_cases import logs

from casual_training.analysis.charts import losses, losses_smoothed
from casual_training.analysis.charts.style import row_label, save, spaced_ticks

SVG = "{http://www.w3.org/2000/svg}"


def test_a_long_name_is_broken_after_an_underscore_if_possible():
    assert row_label("sync_shared_global_batch, 2 workers x 2 epochs").startswith("sync_shared_\nglobal_batch\n")
    assert row_label("hogwild, 2 workers x 2 epochs") == "hogwild\n2 workers x 2 epochs"
    assert row_label(f"{'a' * 25}, 1 worker x 4 epochs").startswith(f"{'a' * 20}\naaaaa\n")


def test_the_ticks_of_the_axis_are_round_hold_1_and_are_apart():
    assert spaced_ticks(0.7, 2.5) == [0.7, 1, 1.5, 2]
    assert 1 in spaced_ticks(0.02, 60)
    assert all(b / a > 1.3 for a, b in itertools.pairwise(spaced_ticks(0.02, 60)))


@pytest.fixture
def saved(tmp_path):
    data = losses.merged(logs([("<b>$x_1$ & co</b>", 1), ("hogwild", 2)]))
    figures = {
        "losses": losses.draw(data, None),
        "smoothed": losses_smoothed.draw(losses_smoothed.smoothed(data), None),
    }
    for name, figure in figures.items():
        save(figure, tmp_path / "figures" / f"{name}.svg", title=f"The {name}")
    return tmp_path / "figures"


def test_saving_writes_a_file_and_leaves_nothing_else(saved):
    assert {file.name for file in saved.iterdir()} == {"losses.svg", "smoothed.svg"}


def test_text_in_an_svg_is_text_and_has_a_title(saved):
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
        figure = losses.draw(losses.merged(logs([("serial", 1), ("hogwild", 2)])), None)
        save(figure, tmp_path / name / "losses.svg", title="The losses")
    assert (tmp_path / "first" / "losses.svg").read_bytes() == (tmp_path / "second" / "losses.svg").read_bytes()

"""README.md says of the reference study what its tables say, and nothing else; its page is small and loads nothing."""

import json
import re
import runpy

import pandas as pd
import pytest

from casual_training.study.load import PROJECT

SCRIPT = runpy.run_path(str(PROJECT / "docs" / "from_reference.py"))
REFERENCE = SCRIPT["REFERENCE"]
LARGEST = 2e6  # bytes of a page
needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the reference study is not made yet: make reference"
)
ROW = {
    "workload": "images",
    "method": "hogwild",
    "workers": 2,
    "throughput_only": False,
    "n_runs": 5,
    "n_ok": 5,
    "n_on_target": 5,
    "speedup_to_target": 1.4,
    "speedup_low": None,
    "speedup_high": None,
    "lines_changed": 18,
}


@needs_reference
def test_the_readme_is_what_the_tables_of_the_reference_study_make_it():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert SCRIPT["updated"](readme, REFERENCE / "tables") == readme


@needs_reference
def test_the_reference_page_has_at_most_2_mb_and_loads_nothing():
    page = (REFERENCE / "report.html").read_text(encoding="utf-8")
    assert len(page.encode()) <= LARGEST
    loaded = re.findall(r"""<[^>]*\s(?:src|srcset|href|xlink:href|data|action)\s*=\s*["']?([^"'\s>]+)""", page)
    assert loaded and all(target.startswith(("#", "data:,", "tables/")) for target in loaded)
    assert re.findall(r"url\((?!#)[^)]*\)|@import", page) == []
    assert "default-src 'none'" in page


@pytest.fixture
def tables(tmp_path):
    answers = [
        {"workload": "images", "headline": "Use hogwild."},
        {"workload": "texts", "headline": "No method is clearly better."},
    ]
    (tmp_path / "verdict.json").write_text(json.dumps({"answers": answers}))
    pd.DataFrame([ROW]).to_csv(tmp_path / "comparison.csv")
    machines = ["2 virtual cores (Made-up CPU); system: Linux"] * 2 + ["8 cores (another); system: Linux"]
    pd.DataFrame({"machine": machines}).to_csv(tmp_path / "provenance.csv")
    return tmp_path


def test_the_readme_has_one_place_for_it_and_it_is_replaced(tables):
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    once = SCRIPT["updated"](readme, tables)
    assert SCRIPT["updated"](once, tables) == once
    assert "- Use hogwild.\n- No method is clearly better.\n" in once
    assert "Measured on 2 virtual cores (Made-up CPU), not a laptop." in once
    assert "| `hogwild` x 2 | 1.40 |  | 18 |" in once
    with pytest.raises(ValueError, match="two marks"):
        SCRIPT["updated"]("# A README without them\n", tables)


def test_only_virtual_cores_are_said_to_be_no_laptops():
    assert SCRIPT["machine"](pd.DataFrame({"machine": ["8 cores (one); memory"]})) == "8 cores (one)"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "1.40"),
        ({"speedup_low": 1.2345, "speedup_high": 1.5612}, "**1.40** (1.23 to 1.57)"),
        ({"throughput_only": True}, "rate only"),
        ({"n_ok": 3}, "2 of 5 runs failed"),
        ({"n_runs": 4, "n_ok": 4, "n_on_target": 4}, "4 of 5 runs made"),
        ({"n_on_target": 4, "speedup_to_target": None}, "on target in 4 of 5"),
        ({"speedup_to_target": None}, ""),
    ],
)
def test_a_cell_has_a_speed_up_if_all_seeds_are_on_target(changes, expected):
    comparison = pd.DataFrame([ROW | changes])
    assert SCRIPT["table"](comparison, ["images"], 5)[2] == f"| `hogwild` x 2 | {expected} | 18 |"


def test_a_method_without_runs_of_a_workload_has_an_empty_cell():
    comparison = pd.DataFrame([ROW, ROW | {"workload": "texts", "method": "ddp", "lines_changed": None}])
    _, _, hogwild, ddp = SCRIPT["table"](comparison, ["images", "texts"], 5)
    assert (hogwild, ddp) == ("| `hogwild` x 2 | 1.40 |  | 18 |", "| `ddp` x 2 |  | 1.40 |  |")


def test_the_planned_seeds_are_those_of_the_study():
    assert SCRIPT["n_seeds"]() == 5

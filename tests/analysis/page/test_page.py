"""The page a person opens: the answer first, nothing loaded, nothing run, readable by a screen reader."""

import base64
import hashlib
import json
import re
import subprocess
import sys

import pandas as pd
import pytest
from pages import make_page, parsed, write_page

import fake_study
from casual_training.analysis import parts
from casual_training.study.load import load_plan
from payloads import PAYLOADS

CHARTS = parts.literals("charts")
TABLES = parts.literals("tables")


LARGEST = 2e6  # bytes of a page


def test_the_answer_comes_before_everything_but_the_title(plain):
    words = parsed(plain).words
    answer = words.index(
        "On this machine (2 cores), for fashion_mnist-simple_nn, use hogwild with 2 workers: at least 1."
    )
    assert answer < 200
    order = [
        "Other programs or virtual machines used at most 0.4 % of its cores",
        "The ways compared",
        "Speed-up to the target against",
        "Validation accuracy during training",
        "medians over the seeds that are ok",
        "The original study, re-examined",
        "Where the speed-up comes from",
        "Scaling against the ceiling",
        "Losses per step, second and sample",
        "Staleness and overlap",
        "Speed-up against lines of code",
        "The difference to copy",
        "What a run costs",
        "Where the figures come from",
        "Run it again",
        "How to read this",
    ]
    places = [words.index(part) for part in order]
    assert [answer, *places] == sorted([answer, *places])
    assert "15 of 15 planned runs have finished." in words


def test_the_page_says_what_verdict_json_says(plain):
    (found,) = json.loads((plain.parent / "tables" / "verdict.json").read_text())["answers"]
    page = parsed(plain)
    assert found["headline"] in page.words and found["evidence"] in page.words
    first, _ = found["contrasts"]
    assert (first["method"], first["workers"], first["verdict"]) == ("hogwild", 2, "faster")
    row = page.cells.index("times as few samples needed")
    factors = [f"{first[key]:.2f}" for key in ("hardware_efficiency", "statistical_efficiency", "speedup")]
    assert page.cells[row + 2 : row + 7] == [
        "fashion_mnist-simple_nn",
        "hogwild, 2 workers x 2 epochs",
        "no",
        *factors[:2],
    ]


def fails_where(*methods):
    return lambda run: fake_study.failed("failed", "a worker died") if run.method in methods else {}


def never_there(run):
    return {"curve": fake_study.make_curve(fake_study.SAMPLES, 20.0, 0.5, points=20)}


@pytest.mark.parametrize(
    ("study", "changes", "sentence"),
    [
        ({"seeds": [1]}, lambda run: {}, "One seed decides nothing: repeat it with more."),
        ({}, fails_where("serial", "threads", "hogwild"), "that has finished failed, so there is no answer"),
        ({}, fails_where("serial", "threads"), "Every serial run of fashion_mnist-simple_nn that has finished failed"),
        ({}, never_there, "serial training never reached 84 % validation accuracy, so there is nothing to compare"),
        ({"comparisons": []}, lambda run: {}, "declares no comparison for fashion_mnist-simple_nn (study.comparisons)"),
    ],
)
def test_without_an_answer_the_page_is_whole_and_says_why(tmp_path, study, changes, sentence):
    page = parsed(write_page(tmp_path, fake_study.make_config(workers=[2], **study), changes))
    assert sentence in page.words
    assert "recommended" not in " ".join(page.cells)
    assert "nan" not in [cell.strip() for cell in page.cells]


def test_each_workload_has_its_sentence_table_and_part_of_the_charts(tmp_path):
    (tmp_path / "of_somebody.py").write_text("def make():\n    pass\n")
    models = {"images": "simple_nn", "texts": "ps_net", "tables": f"{tmp_path}/of_somebody.py:make"}
    config = fake_study.make_config(workloads=list(models), workers=[2])
    config["workloads"] = {name: fake_study.WORKLOAD | {"model": model} for name, model in models.items()}
    page = parsed(write_page(tmp_path, config))
    for name in models:
        assert f"for {name}, use hogwild with 2 workers: at least" in page.words
        assert page.words.count(f"{name} : medians over the seeds that are ok") == 1
    forest = (tmp_path / "reports" / "default" / "figures" / "forest.svg").read_text()
    assert all(f">{name}<" in forest for name in models)
    assert "chart-step_time" in [attributes.get("id") for attributes in page.all("figure")]
    points = pd.read_csv(tmp_path / "reports" / "default" / "tables" / "step_time.csv")
    hogwild = points[points["method"] == "hogwild"].set_index("workload")
    assert hogwild["parameters"].dropna().to_dict() == {"images": 21_840, "texts": 1_199_882}
    step = 20_000 / (fake_study.SAMPLES // 32)  # ms, of threads, give or take noise
    assert hogwild["serial_step_ms"].tolist() == pytest.approx([step] * 3, rel=0.02)


def test_target_rate_only_and_every_status_are_explained(plain):
    words = parsed(plain).words
    explained = words[words.index("How to read this") :]
    for term in (
        "Target and time to target",
        "Rate only",
        "ok",
        "failed",
        "timeout",
        "killed",
        "diverged",
        "unavailable",
    ):
        assert term in explained


def test_every_method_and_the_words_used_are_explained_at_the_end(of_seed):
    words = parsed(of_seed).words
    explained = words[words.index("How to read this") :]
    for term in ("Worker", "Workload", "Configuration", "Seed", "Pass and epoch", "Staleness", "Lock"):
        assert f" {term} " in explained
    for method in load_plan(fake_study.seed_config()).methods:
        assert f" {method.replace('_', '_ ')} " in explained  # which may be broken there
    locked = "at the same time and, by default, without a lock. {update: locked}"
    assert f"hogwild_ locked Hogwild!: workers update one set of weights in shared memory, {locked}" in explained


def test_the_words_of_the_verdicts_are_explained(plain):
    words = parsed(plain).words
    explained = words[words.index("How to read this") :]
    for word in ("Confirmed, refuted, undecided", "Not testable here", "Not measured in this study"):
        assert word in explained


def test_nothing_hostile_becomes_a_tag_or_an_attribute(attacked):
    page = parsed(attacked)
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 30
    assert len(page.all("script")) == 1 and page.all("iframe") == []
    assert len(page.all("style")) == 1 + len(CHARTS) - 2  # the page's own and one a chart; no waterfall, no step_time
    attributes = {name for _, attributes in page.tags for name in attributes}
    assert not {name for name in attributes if name.startswith("on")}
    values = [str(value) for _, attributes in page.tags for name, value in attributes.items() if name != "aria-label"]
    assert "hacked" not in " ".join(values)


def test_hostile_names_labels_and_causes_stand_in_the_page_as_text(attacked):
    page = parsed(attacked)
    cells, text = [" ".join(cell.split()) for cell in page.cells], "".join(page.text)
    for payload in PAYLOADS:
        assert [cell for cell in cells if cell.startswith(f"{payload} 2 workers")], payload
    for payload in PAYLOADS[:15]:
        assert f"cause: {payload}" in cells
    assert " ".join(PAYLOADS) in text and f"Study “{PAYLOADS[2]}”" in text


def test_a_browser_runs_the_script_that_sorts_and_would_run_no_other(plain):
    text = plain.read_text(encoding="utf-8")
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = [one["content"] for one in parsed(plain).all("meta") if "http-equiv" in one]
    assert policy.startswith("default-src 'none';") and f"script-src 'sha256-{digest}';" in policy
    assert script.count("\n") < 60


@pytest.mark.parametrize("name", ["plain", "in_trouble", "of_all_kinds", "of_seed", "attacked", "empty", "of_three"])
def test_no_page_loads_anything(request, name):
    page = parsed(request.getfixturevalue(name))
    loaded = [
        value
        for _, attributes in page.tags
        for key, value in attributes.items()
        if key in ("src", "href", "xlink:href", "action", "data", "srcset") and not value.startswith(("#", "data:,"))
    ]
    folder = request.getfixturevalue(name).parent
    links = [attributes["href"] for attributes in page.all("a") if not attributes["href"].startswith("#")]
    assert loaded == links  # which load nothing until they are clicked
    assert all((folder / link).is_file() and link.startswith("tables/") for link in links)
    text = request.getfixturevalue(name).read_text(encoding="utf-8")
    assert len(text.encode()) <= LARGEST or name == "attacked"  # with 32 methods
    assert re.findall(r"url\((?!#)[^)]*\)|@import", text) == []


@pytest.mark.parametrize("name", ["plain", "in_trouble", "of_all_kinds", "of_seed", "attacked", "empty", "of_three"])
def test_a_screen_reader_finds_language_landmarks_captions_and_scopes(request, name):
    page = parsed(request.getfixturevalue(name))
    assert page.all("html")[0]["lang"] == "en"
    assert all(len(page.all(tag)) == 1 for tag in ("header", "main", "footer", "h1"))
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(attributes["scope"] in ("col", "row") for attributes in page.all("th"))
    assert all(attributes.get("role") == "img" for attributes in page.all("svg"))
    assert len(page.all("title")) == 1 + len(page.all("svg"))
    labelled = [attributes for tag, attributes in page.tags if "aria-label" in attributes and tag != "nav"]
    assert all("role" in attributes for attributes in labelled)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["plain", "in_trouble", "tuned", "empty", "of_three"])
def test_the_contents_lead_to_every_section(request, name):
    page = parsed(request.getfixturevalue(name))
    links = [attributes["href"] for attributes in page.all("a") if attributes["href"].startswith("#")]
    ids = [f"#{attributes['id']}" for _, attributes in page.tags if "id" in attributes]
    assert links[0] == "#table" and set(links) <= set(ids)
    sections = {f"#{attributes['aria-labelledby']}" for attributes in page.all("section")}
    parts = {"#table", "#failures", "#tuning"} & set(ids)
    assert sections | parts == set(links)
    assert [link for link in ids if link in links] == list(dict.fromkeys(links[1:]))  # in the order of the page


def test_every_file_is_written_and_no_temporary_one_is_left(plain):
    root = plain.parents[2]
    made = {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file() and "/runs/" not in str(file)}
    figures = [f"figures/{name}.svg" for name in CHARTS]
    tables = [f"tables/{name}.csv" for name in (*TABLES, *CHARTS)]
    expected = {f"reports/default/{file}" for file in ["report.html", *figures, *tables]}
    expected |= {f"results/default/{name}.csv" for name in TABLES}
    expected |= {"results/default/verdict.json", "reports/default/tables/verdict.json"}
    assert {file for file in made if "/independent_copies/" not in file} == expected


def test_making_the_page_again_from_the_same_runs_changes_nothing(tmp_path):
    config = fake_study.make_config(seeds=[1], workers=[2])
    first = write_page(tmp_path, config).read_bytes()
    make_page(tmp_path, load_plan(config))
    assert (tmp_path / "reports" / "default" / "report.html").read_bytes() == first


def test_the_analysis_never_imports_torch():
    code = """
import sys
from casual_training.analysis import make, parts
from casual_training.analysis.page import page
from casual_training.analysis.verdict import answer
for kind, load in (("tables", parts.table), ("charts", parts.chart)):
    for name in parts.literals(kind):
        load(name)
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0

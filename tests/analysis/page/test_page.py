"""The page a person opens: the answer first, failures in sight, nothing loaded, nothing run, readable on a phone."""

import base64
import hashlib
import json
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser

import pandas as pd
import pytest
from casual_training.plan.study import PROJECT, methods

import fake_study
from casual_training.analysis import steps
from casual_training.analysis.code_cost import FOLDER, difference
from casual_training.analysis.wording import CHARTS, rounded_down, rounded_up
from contrast import contrast
from payloads import PAYLOADS

pytest_plugins = ["browser"]

RESULTS = ("runs", "ceilings", "comparison", "claims", "cost", "diagnostics", "switching", "tuning")
COMMAND = "snakemake --cores 4 --configfile mine.yaml"
OF_ONE_WORKLOAD = [name for name in CHARTS if name != "step_time"]
LARGEST = 2e6  # bytes of a page


class Parsed(HTMLParser):
    """What a browser makes of a page: its tags with their attributes, its text, and the text of each cell."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text, self.cells, self.in_cell = [], [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag in ("td", "th"):
            self.cells.append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] in ("style", "script"):
            return
        self.text.append(data)
        if self.in_cell:
            self.cells[-1] += data

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def write_page(root, config, changes=lambda run: {}):
    fake_study.write_study(root, config, changes)
    steps.everything(config, root, COMMAND)
    return root / "reports" / config["study"]["name"] / "report.html"


def troubled(run):
    """A seed that timed out, one that is missing, a ceiling that failed, and two commits."""
    if run.strategy == "independent" and run.seed == 2:
        return fake_study.failed("failed", "copy 1 ended with exit code 1")
    if run.method == "hogwild" and (run.workers, run.seed) == (4, 1):
        return fake_study.failed("timeout", "worker 3 trained for more than 600 s")
    if run.method == "hogwild" and (run.workers, run.seed) == (4, 3):
        return None
    return {"commit_dirty": True} if run.seed == 3 else {}


def mixed(run):
    """A method that fails as expected, and a seed that misses the target."""
    if run.method == "unlocked" and run.workers == 2:
        return fake_study.failed("failed", "worker 1 raised RuntimeError: modified by an inplace operation")
    if run.method == "hogwild" and (run.workers, run.seed) == (4, 2):
        return {"curve": fake_study.make_curve(fake_study.SAMPLES, 13.5, 0.80, points=20), "validation_metric": 0.80}
    return {}


def mixed_config():
    config = fake_study.make_config(methods=["serial", "threads", "hogwild", "sampled", "unlocked"], workers=[2, 4])
    config["methods"]["sampled"] = config["methods"]["hogwild"] | {"max_steps": 200}
    config["methods"]["unlocked"] = config["methods"]["hogwild"] | {"expected_failure": True}
    return config


def hostile(run):
    payload = run.method if run.method in PAYLOADS else PAYLOADS[0]
    fails = run.seed == 2 and run.method in [*PAYLOADS[:15], "hogwild"]
    return fake_study.failed("failed", f"cause: {payload}") if fails else {}


def hostile_config():
    """Payloads are the name of the study and of its workload, methods, and labels."""
    config = fake_study.make_config(methods=["serial", "hogwild", *PAYLOADS], workers=[2], seeds=[1, 2])
    config["study"] |= {"name": PAYLOADS[2], "workloads": [PAYLOADS[1]], "headline": []}
    config["workloads"] = {PAYLOADS[1]: fake_study.WORKLOAD | {"target": 0.8}}
    config["cost"]["cloud"] |= {"machine": " ".join(PAYLOADS), "as_of": PAYLOADS[0]}
    config["methods"] |= {payload: config["methods"]["hogwild"] for payload in PAYLOADS}
    config["machine"]["data_dir"] = PAYLOADS[5]
    return config


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("plain"), fake_study.make_config())


@pytest.fixture(scope="module")
def in_trouble(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("troubled"), fake_study.make_config(), troubled)


@pytest.fixture(scope="module")
def of_all_kinds(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("mixed"), mixed_config(), mixed)


@pytest.fixture(scope="module")
def of_seed(tmp_path_factory):
    """The page of the original study, re-examined, with its true config and a diagnosis of each configuration."""
    root, config = tmp_path_factory.mktemp("seed"), fake_study.seed_config()
    config["study"]["diagnose"] = True
    fake_study.write_study(root, config, fake_study.as_the_original)
    steps.everything(config, root, COMMAND)
    return root / "reports" / "seed" / "report.html"


@pytest.fixture(scope="module")
def of_three(tmp_path_factory):
    """The page of a study of the reference study's three networks."""
    models = ("simple_nn", "wide_mlp", "ps_net")
    config = fake_study.make_config(workloads=[f"fashion_mnist-{model}" for model in models], workers=[2], seeds=[1, 2])
    config["workloads"] = {f"fashion_mnist-{model}": fake_study.WORKLOAD | {"model": model} for model in models}
    return write_page(tmp_path_factory.mktemp("three"), config)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("hostile"), hostile_config(), hostile)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    root = tmp_path_factory.mktemp("empty")
    steps.everything(fake_study.make_config(), root, COMMAND)
    return root / "reports" / "default" / "report.html"


def parsed(file):
    return Parsed(file.read_text(encoding="utf-8"))


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


def test_every_figure_of_the_comparison_is_in_the_page_as_the_table_has_it(plain):
    comparison = pd.read_csv(plain.parent / "tables" / "comparison.csv")
    cells = parsed(plain).cells
    for row in comparison.itertuples():
        start = next(
            index
            for index, cell in enumerate(cells)
            if cell.split()[:3] == [row.method, str(row.workers), "worker" if row.workers == 1 else "workers"]
        )
        bounds = "" if pd.isna(row.verdict) else f" {rounded_down(row.speedup_low)} to {rounded_up(row.speedup_high)}"
        expected = [
            f"{row.speedup_to_target:.2f}{bounds}",
            f"{row.seconds_to_target_median:.1f}",
            f"{row.samples_per_second_median:,.0f}",
            f"{row.parallel_efficiency_percent:.0f} %",
            f"{100 * row.test_metric_median:.1f} %",
            f"{row.lines_changed}",
            f"{row.n_ok} of 3",
        ]
        assert [cell.strip() for cell in cells[start + 1 : start + 8]] == expected


def test_winner_baseline_and_oversubscribed_rows_are_marked_in_words(plain):
    cells = parsed(plain).cells
    assert [cell for cell in cells if "recommended" in cell] == ["hogwild 2 workers x 2 epochs recommended faster"]
    assert [cell for cell in cells if cell.endswith("epochs best serial")] == [
        "threads 1 worker x 4 epochs best serial"
    ]
    marked = [cell for cell in cells if "oversubscribed: 4 workers of 1 thread on 2 cores" in cell]
    assert len(marked) == 1 and marked[0].startswith("hogwild 4 workers")


def test_the_page_says_what_verdict_json_says_and_shows_where_the_speed_up_comes_from(plain):
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


def test_a_way_that_misses_the_target_in_a_seed_has_that_as_its_verdict_and_no_speed_up(of_all_kinds):
    row = row_of(parsed(of_all_kinds), "hogwild 4 workers")
    assert "fails target" in row["configuration"]
    assert row["speed-up to the target"] == "-"


def test_costs_are_labelled_modelled_with_their_prices_and_tiny_sums_are_said_to_be(plain):
    page = parsed(plain)
    section = page.words[page.words.index("What a run costs") : page.words.index("How to read this")]
    for part in ("10 W", "0.2872 EUR", "as of 2026-06", "energy (Wh), modelled", "The sums are tiny"):
        assert part in section
    table = pd.read_csv(plain.parent / "tables" / "cost.csv")
    assert list(table["method"]) == ["serial", "threads", *["hogwild"] * 3]  # as the study has them: no ranking


def test_where_the_noise_cannot_be_read_the_page_says_so_and_what_was_repeated_it_counts(tmp_path):
    config = fake_study.make_config(methods=["serial"], seeds=[1, 2])
    unread = dict.fromkeys(["foreign_cpu_share", "steal_share", "interference_detected"])
    words = parsed(write_page(tmp_path / "unread", config, lambda run: unread)).words
    assert "How quiet it was cannot be read on this system." in words
    again = {"attempt": 2, "interference_detected": True, "foreign_cpu_share": 0.061}
    words = parsed(write_page(tmp_path / "again", config, lambda run: again if run.seed == 2 else {})).words
    assert "used at most 6.1 % of its cores during a run; 1 of 2 runs was disturbed and repeated, 1 of them" in words


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
        ({"headline": []}, lambda run: {}, "declares no comparison for fashion_mnist-simple_nn (study.headline)"),
    ],
)
def test_where_there_is_no_answer_the_page_is_whole_and_says_why(tmp_path, study, changes, sentence):
    page = parsed(write_page(tmp_path, fake_study.make_config(workers=[2], **study), changes))
    assert sentence in page.words
    assert "recommended" not in " ".join(page.cells)
    assert "nan" not in [cell.strip() for cell in page.cells]


def test_each_of_several_workloads_has_its_sentence_its_table_and_its_part_of_the_charts(tmp_path):
    models = {"images": "simple_nn", "texts": "ps_net", "tables": "of_somebody"}
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


def test_the_networks_of_one_workload_are_not_compared(plain):
    assert "chart-step_time" not in [attributes.get("id") for attributes in parsed(plain).all("figure")]


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    config = fake_study.make_config(workers=[2], seeds=[1, 2], tune=[0.5, 1, 4])
    config["workloads"]["fashion_mnist-simple_nn"] = fake_study.WORKLOAD | {"target": 0.83}

    def changes(run):
        if run.method.startswith("threads"):
            return {"curve": []}  # never on target, so that the best serial method is another
        if run.method == "hogwild" and not run.lr_factor:
            return {"curve": fake_study.make_curve(fake_study.SAMPLES, 30.0, 0.845, points=20)}  # slow
        return fake_study.failed("diverged", "a loss is no finite number") if run.lr_factor == 4 else {}

    return write_page(tmp_path_factory.mktemp("tuned"), config, changes)


def test_a_tuned_study_shows_what_each_learning_rate_came_to_and_which_was_chosen(tuned, plain):
    page = parsed(tuned)
    cells = [" ".join(cell.split()) for cell in page.cells]
    start = cells.index("x 0.5")
    assert cells[start : start + 4] == ["x 0.5", "x 1", "x 4", "serial 1 worker x 4 epochs"]
    of_serial, of_threads = cells[start + 4 : start + 7], cells[start + 8 : start + 11]
    assert of_serial[2] == "diverged" and sum(" s chosen" in cell for cell in of_serial) == 1
    assert of_threads[0].startswith("not there: 84.")
    assert "The tuned arm" not in parsed(plain).words


def test_a_learning_rate_at_the_edge_of_those_tried_is_marked_and_one_between_others_is_not(tmp_path):
    config = fake_study.make_config(workers=[2], seeds=[1], methods=["serial", "hogwild"], tune=[1, 2, 4])
    config["workloads"]["fashion_mnist-simple_nn"] = fake_study.WORKLOAD | {"target": 0.83}

    def page_of(folder, best):
        def changes(run):
            return {} if run.lr_factor in (None, best.get(run.method)) else {"curve": []}  # never on target

        return parsed(write_page(folder, config, changes))

    page = page_of(tmp_path / "edge", {"serial": 4, "hogwild": 2})
    cells = [" ".join(cell.split()) for cell in page.cells]
    start = cells.index("x 4")
    of_serial = cells[cells.index("serial 1 worker x 4 epochs", start) :][:4]
    of_hogwild = cells[cells.index("hogwild 2 workers x 2 epochs", start) :][:4]
    assert of_serial[3].endswith(" s chosen, at the edge")
    assert of_hogwild[2].endswith(" s chosen")
    assert "List more in study.tune" in page.words
    assert "at the edge" not in page_of(tmp_path / "between", {"serial": 2, "hogwild": 2}).words


def test_a_tuned_way_has_no_verdict_and_is_marked_by_its_own_baseline_and_leads_no_code(tuned):
    page = parsed(tuned)
    comparison = pd.read_csv(tuned.parent / "tables" / "comparison.csv").set_index("method")
    assert comparison["speedup_to_target"].idxmax() == "hogwild_tuned"
    assert pd.isna(comparison.loc["hogwild_tuned", "verdict"])
    assert row_of(page, "serial_tuned 1 worker")["configuration"].endswith("best tuned serial")
    assert "no way is recommended; the closest is hogwild ," in page.words


def figures_of(column):
    """Read a sorted column: its figures, and where words and dashes stand."""
    cells = [cell.split() for cell in column]
    is_figure = [len(cell) == 1 and cell[0] != "-" for cell in cells]
    return [float(cell[0]) for cell, yes in zip(cells, is_figure, strict=True) if yes], is_figure, cells


def test_in_a_browser_a_heading_sorts_the_table_by_keyboard_and_says_which_way(browser, of_all_kinds):
    browser.open(of_all_kinds, 1280)
    head = "const table = document.querySelector('table.sortable:has(.badge)');"
    head += "const heading = [...table.tHead.rows[0].cells].find(cell => cell.textContent.startsWith('time to'));"
    read = head + (
        "return [heading.getAttribute('aria-sort'),"
        "  [...table.tBodies[0].rows].map(row => row.cells[heading.cellIndex].textContent.trim())]"
    )
    _, before = browser.run(read)
    browser.run(head + "heading.querySelector('button').focus()")
    for way, is_down in (("ascending", False), ("descending", True)):
        browser.press_enter()
        said, column = browser.run(read)
        figures, is_figure, cells = figures_of(column)
        assert said == way
        assert figures == sorted(figures, reverse=is_down) and len(figures) > 2
        assert is_figure == sorted(is_figure, reverse=True)  # all figures stand above all words
        assert ["2", "of", "3", "seeds"] in cells and cells[-1] == ["-"]
        assert sorted(column) == sorted(before)


def test_in_print_no_table_of_the_first_screens_is_cut_off_and_what_is_closed_takes_no_place(browser, of_all_kinds):
    browser.open(of_all_kinds, 720, scheme="dark", medium="print")  # the width of a page of A4
    assert browser.run("return document.documentElement.scrollWidth") <= 720
    wide = "return [...document.querySelectorAll('.compared table')].filter(table => table.offsetWidth > 720).length"
    assert browser.run(wide) == 0
    assert browser.run("return document.querySelector('details:not([open])').offsetHeight") == 0
    assert browser.run("return getComputedStyle(document.body).color") == "rgb(28, 33, 40)"


def test_in_the_dark_a_chart_is_dark_too(browser, plain):
    for scheme, expected in (("light", "none"), ("dark", "invert(0.9) hue-rotate(180deg)")):
        browser.open(plain, 1280, scheme=scheme)
        assert browser.run("return getComputedStyle(document.querySelector('.card')).filter") == expected


def test_failed_and_missing_runs_are_in_sight_with_their_cause(in_trouble):
    words = parsed(in_trouble).words
    assert "14 of 15 planned runs have finished; 1 of them failed." in words
    assert "1 of 2 runs failed" in words
    assert "worker 3 trained for more than 600 s" in words
    assert "copy 1 ended with exit code 1" in words
    assert "fashion_mnist-simple_nn: hogwild, 4x1, seed 3" in words
    assert "1 of 3" in words


def row_of(page, start):
    """Return the cells of the comparison's row that begins with these words, and those of its headings."""
    index = next(index for index, cell in enumerate(page.cells) if cell.startswith(start))
    start = max(place for place, cell in enumerate(page.cells[:index]) if cell == "configuration")
    return dict(zip(page.cells[start : start + 8], page.cells[index : index + 8], strict=True))


def test_the_time_to_the_target_is_a_column_that_names_the_target_and_says_which_seeds_missed_it(of_all_kinds):
    page = parsed(of_all_kinds)
    assert row_of(page, "hogwild 4 workers")["time to 84 % validation accuracy (s)"] == "2 of 3 seeds"
    assert float(row_of(page, "hogwild 2 workers")["time to 84 % validation accuracy (s)"]) > 5
    runs = pd.read_csv(of_all_kinds.parent / "tables" / "runs.csv")
    reached = runs["samples_to_target"].dropna()
    assert len(reached) == 14  # all but rate only, failed, and the one below the target
    assert {f"{samples:,.0f}" for samples in reached} <= {cell.strip() for cell in page.cells}


def test_without_a_target_the_column_is_there_and_empty(tmp_path):
    config = fake_study.make_config(methods=["hogwild"], workers=[2], seeds=[1])
    page = parsed(write_page(tmp_path, config))
    assert row_of(page, "hogwild 2 workers")["time to target (s)"] == "-"


def test_a_rate_only_row_has_a_badge_its_speed_and_no_other_figure(of_all_kinds):
    cells = row_of(parsed(of_all_kinds), "sampled 2 workers")
    assert cells.pop("configuration") == "sampled 2 workers x 2 epochs rate only"
    given = {heading: cell for heading, cell in cells.items() if cell != "-"}
    assert given.pop("lines of code changed") == "18"
    assert given == {"share of the ceiling": "29 %", "samples per second": "5,120", "seeds that are ok": "3 of 3"}
    assert "rate only" not in row_of(parsed(of_all_kinds), "hogwild 2 workers")["configuration"]


def test_what_failed_as_expected_is_listed_but_raises_no_alarm_and_asks_for_nothing(of_all_kinds):
    page = parsed(of_all_kinds)
    assert "24 of 24 planned runs have finished; 3 failed as expected." in page.words
    assert "24 of 27 runs are ok, 3 failed as expected, ceilings included: there is nothing to repeat." in page.words
    assert "worker 1 raised RuntimeError: modified by an inplace operation" in page.words
    assert row_of(page, "unlocked 2 workers")["configuration"].endswith("3 of 3 runs failed as expected")
    assert "--forcerun" not in page.words
    assert "badge bad" not in [attributes.get("class") for attributes in page.all("span")]


def test_the_winners_difference_stands_open_and_can_be_copied_as_it_is(plain):
    page = parsed(plain)
    text = "".join(page.text)
    scripts = {file.stem: file.read_text() for file in (PROJECT / FOLDER).glob("*.py")}
    for name in ("hogwild", "threads"):
        assert difference(name, scripts) in text
    section = page.words[page.words.index("The difference to copy") :]
    assert "fashion_mnist-simple_nn: the recommended way is hogwild , whose script is hogwild.py ." in section
    assert section.index("hogwild.py 18 lines of code changed") < section.index("threads.py, for threads: 1 line")


def test_without_a_winner_the_closest_ways_difference_is_shown_and_without_a_parallel_way_that_is_said(tmp_path):
    slow = fake_study.make_config(methods=["serial", "hogwild"], workers=[2], seeds=[1])
    level = write_page(tmp_path / "level", slow, lambda run: {"clocks": {"train_seconds": 20.0, "wall_seconds": 30.0}})
    assert "no way is recommended; the closest is hogwild ," in parsed(level).words
    alone = write_page(tmp_path / "alone", fake_study.make_config(methods=["serial", "threads"], seeds=[1]))
    assert "no parallel way has a speed-up yet, so there is no difference to show first." in parsed(alone).words


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


def test_every_method_and_the_words_of_the_trade_are_explained_at_the_end(of_seed):
    words = parsed(of_seed).words
    explained = words[words.index("How to read this") :]
    for term in ("Worker", "Workload", "Configuration", "Seed", "Pass and epoch", "Staleness", "Lock"):
        assert f" {term} " in explained
    for method in methods(fake_study.seed_config()):
        assert f" {method.replace('_', '_ ')} " in explained  # which may be broken there
    locked = "at the same time and, by default, without a lock. {update: locked}"
    assert f"hogwild_ locked Hogwild!: workers update one set of weights in shared memory, {locked}" in explained


def claim_of(page, start):
    """Return the cells of a claim, with their white space made single: the original, what it hid, what was measured."""
    index = next(index for index, cell in enumerate(page.cells) if cell.startswith(start))
    return [" ".join(cell.split()) for cell in page.cells[index : index + 3]]


def test_the_original_is_re_examined_after_the_ways_compared_in_its_own_order_with_its_source(of_seed):
    words = parsed(of_seed).words
    order = [
        "The ways compared",
        "Runs that failed",
        "The original study, re-examined",
        "its README and its code",
        "Approach 1: unified memory",
        "Approach 2: parameter server",
        "Approach 3: Hogwild!",
        "What made its Hogwild! slow",
        "Its conclusions",
        "Where the speed-up comes from",
    ]
    places = [words.index(words_of_it) for words_of_it in order]
    assert places == sorted(places)
    assert "nobody here has seen its slides" in words


def test_before_the_claims_the_page_says_that_they_are_judged_less_strictly_than_the_answer(of_seed):
    words = parsed(of_seed).words
    warning = words.index("that is weaker than the tested answer above, so the two can differ.")
    assert words.index("The original study, re-examined") < warning < words.index("Approach 1: unified memory")


def test_a_claim_stands_with_its_figure_what_that_hid_and_what_was_measured_with_its_range(of_seed):
    table = pd.read_csv(of_seed.parent / "tables" / "claims.csv").set_index("id").loc["2b"]
    original, hid, measured = claim_of(parsed(of_seed), "The parameter server is not successful")
    assert original.endswith("None: no serial run stands beside it.")
    assert hid.startswith("What that hid: The server does all the computing.")
    figures = [f"{table[column]:.3f}" for column in ("measured", "low", "high")]
    assert measured.startswith("confirmed {} times as fast ({} to {}, 2 seeds) ps_tutorial_whole".format(*figures))
    assert measured.endswith("against threads 1x4, fashion_mnist-ps_net")


def test_a_claim_about_splits_stands_once_with_a_verdict_a_split(of_seed):
    _, _, measured = claim_of(parsed(of_seed), "As the original ran it")
    assert re.findall(r"(\w+) 0\.\d+ times as fast .*? hogwild_original (\dx\d) against", measured) == [
        ("refuted", "2x2"),
        ("refuted", "4x1"),
    ]


def test_what_made_the_originals_hogwild_slow_is_a_row_a_change_and_a_column_a_split(of_seed):
    cells = [" ".join(cell.split()) for cell in parsed(of_seed).cells]
    start = cells.index("one thing changed")
    assert cells[start + 1 : start + 4] == ["1x4", "2x2", "4x1"]
    change, *effects = cells[start + 4 : start + 8]
    assert change == "nothing: as it ran, against the best serial run"
    change, *effects = cells[start + 8 : start + 12]
    assert change == "oversubscription: threads limited to a worker's share of the cores"
    assert [effect.split()[-1] for effect in effects] == ["difference", "faster", "faster"]
    assert re.fullmatch(r"4\.\d\d 3\.\d\d to 4\.\d\d faster", effects[1])


def test_what_this_machine_cannot_do_is_said_with_its_reason(of_seed):
    _, _, measured = claim_of(parsed(of_seed), "Moving the network")
    assert measured.startswith("not testable here device_switching 1x4 against device_regular 1x4")
    assert measured.endswith("torch finds no accelerator (cuda or mps) on this machine.")


def of_the_two_arms(page):
    """Return the rows of the table of seconds against epochs, in words."""
    cells = [" ".join(cell.split()) for cell in page.cells]
    start = cells.index("GB/s") + 1
    end = next(number for number, cell in enumerate(cells) if cell.startswith("the original, about"))
    return [cells[number : number + 7] for number in range(start, end + 7, 7)]


def test_without_an_accelerator_the_originals_seconds_against_epochs_stand_alone(of_seed):
    (original,) = of_the_two_arms(parsed(of_seed))
    assert original[1:] == ["10", "380", "1,420", "3.7", "-", "-"]
    assert "Not measured here, so the original" in parsed(of_seed).words


def test_with_an_accelerator_both_arms_stand_beside_the_originals_epoch_by_epoch(tmp_path):
    config = fake_study.seed_config()
    fake_study.write_study(tmp_path, config, fake_study.with_an_accelerator)
    steps.everything(config, tmp_path, COMMAND)
    rows = of_the_two_arms(parsed(tmp_path / "reports" / "seed" / "report.html"))
    assert [row[1] for row in rows] == ["1", "2", "3", "4", "10"]
    assert rows[3][0] == "fashion_mnist-resnet34, accelerator"
    # 139.2 GB in the 10.8 s between 14.8 and 4 are 12.9 a second.
    assert [cell.split(" (")[0] for cell in rows[3][2:]] == ["4.00", "14.8", "3.70", "139", "12.9"]


def test_what_the_study_does_not_have_stands_with_the_originals_figure_and_the_command_that_measures_it(plain):
    page = parsed(plain)
    original, _, measured = claim_of(page, "As the original timed it")
    assert "197.35 s" in original
    command = "snakemake --cores 4 --configfile workflow/studies/seed.yaml"
    assert measured == f"not measured in this study This measures it: {command}"
    assert f"What made its Hogwild! slow is not measured in this study. This measures it: {command}" in page.words


def test_what_workers_waited_for_and_where_a_step_goes_stand_in_tables_without_what_nobody_measured(of_seed):
    page = parsed(of_seed)
    words = page.words
    section = words[words.index("What the workers waited for") : words.index("How to read this")]
    assert "waiting for the lock, a step (ms)" in section
    assert "one round trip (ms)" not in section  # of no run here
    for heading in ("data", "forward", "backward and loss", "update", "updates lost (proxy)", "speed while diagnosed"):
        assert heading in page.cells
    start = page.cells.index("updates lost (proxy)")
    end = page.cells.index("lines of code changed", start)
    rows = [index for index, cell in enumerate(page.cells) if cell == "hogwild_locked" and start < index < end]
    shares = ["ok", "5.0 %", "30.0 %", "50.0 %", "10.0 %", "5.0 %"]  # nobody communicates here
    for row, lost in zip(rows, ("0.0 %", "2.0 %", "2.0 %"), strict=True):  # with 1, 2 and 4 workers
        assert page.cells[row + 3 : row + 10] == [*shares, lost]
    assert "tables/diagnostics.csv" in {attributes.get("href") for attributes in page.all("a")}


def test_why_a_diagnosis_failed_stands_in_its_row(tmp_path):
    def fail(run):
        return fake_study.failed("failed", "worker 1 died") if run.diagnose and run.workers == 2 else {}

    config = fake_study.make_config(methods=["serial", "hogwild"], workers=[2], seeds=[1], diagnose=True)
    cells = parsed(write_page(tmp_path, config, fail)).cells
    row = cells.index("hogwild", cells.index("speed while diagnosed"))
    assert cells[row : row + 4] == ["hogwild", "2", "failed: worker 1 died", "-"]


def test_a_study_whose_runs_recorded_nothing_of_the_kind_has_no_such_section(empty):
    assert "What the workers waited for" not in parsed(empty).words


def test_the_words_of_the_verdicts_are_explained(plain):
    words = parsed(plain).words
    explained = words[words.index("How to read this") :]
    for word in ("Confirmed, refuted, undecided", "Not testable here", "Not measured in this study"):
        assert word in explained


def test_failed_runs_are_listed_with_their_folders_and_one_command_makes_just_them_again(in_trouble):
    page = parsed(in_trouble)
    folders = {
        "results/default/runs/fashion_mnist-simple_nn/hogwild/4x1/seed-1",
        "results/default/ceilings/fashion_mnist-simple_nn/seed-2",
    }
    assert {cell for cell in page.cells if cell.startswith("results/")} == folders
    assert all((in_trouble.parents[2] / folder / "run.json").is_file() for folder in folders)
    assert "2 of 18 runs failed, 1 not made yet, ceilings included. To make just the failed ones again:" in page.words
    (start,) = [match.start() for match in re.finditer(re.escape(f"{COMMAND} --forcerun"), page.words)]
    command = page.words[start : page.words.index("Their times count nowhere")]
    assert set(shlex.split(command)) - set(shlex.split(COMMAND)) == {"--forcerun"} | {
        f"{folder}/run.json" for folder in folders
    }


def test_the_data_behind_the_chart_of_all_losses_are_a_file_with_every_logged_batch(plain):
    links = [attributes["href"] for attributes in parsed(plain).all("a")]
    assert "tables/losses.csv" in links
    data = pd.read_csv(plain.parent / "tables" / "losses.csv")
    (of_serial,) = (plain.parents[2] / "results").rglob("serial/1x4/seed-1/losses.csv")
    logged = pd.read_csv(of_serial)
    drawn = data[data["configuration"] == "serial, 1 worker x 4 epochs"]
    assert drawn["loss"].tolist() == logged["loss"].tolist()
    assert data["configuration"].nunique() == 5


def test_oversubscribed_runs_are_marked_in_the_tables_behind_the_charts_and_of_every_run(plain):
    cells = [cell.strip() for cell in parsed(plain).cells]
    assert cells.count("rate only") == 3  # a heading of every run, of the speed-ups and of the rates
    assert cells.count("oversubscribed") == 5  # of these, of the waterfall and of the cost in code
    assert cells.count("yes") == 2 * 3 + 3  # three seeds of hogwild with 4 workers in both, and their configuration
    assert "hogwild, 4 workers x 1 epoch (oversubscribed)" in "".join(parsed(plain).text)


def test_runs_of_several_commits_are_said_to_be_and_listed(in_trouble, plain):
    note = "These runs come from 2 commits (listed at the end)"
    assert note in parsed(in_trouble).words
    assert "0123456789ab with uncommitted changes" in parsed(in_trouble).words
    assert "These runs come from" not in parsed(plain).words


def test_runs_of_another_config_are_left_out_and_counted(tmp_path):
    config = fake_study.make_config()
    fake_study.write_study(tmp_path, config)
    config["workloads"]["fashion_mnist-simple_nn"]["batch_size"] = 64
    steps.everything(config, tmp_path, COMMAND)
    words = parsed(tmp_path / "reports" / "default" / "report.html").words
    assert "0 of 15 planned runs have finished" in words
    assert "Left out, because another config made them: 18 run folders" in words  # 15 runs and 3 ceilings


def test_runs_above_their_ceiling_are_said_to_be_disturbed(tmp_path):
    def slow_ceiling(run):
        return {"worker_records": [{"samples": 100, "train_seconds": 1.0}]} if run.strategy == "independent" else {}

    config = fake_study.make_config(methods=["serial", "hogwild"], seeds=[1])
    assert "clearly faster than their ceiling" in parsed(write_page(tmp_path, config, slow_ceiling)).words


def test_a_run_that_is_not_ok_has_no_curve(tmp_path):
    config = fake_study.make_config(methods=["serial"], seeds=[1])
    page = write_page(tmp_path, config, lambda run: {"status": "diverged"})
    assert pd.read_csv(page.parent / "tables" / "losses_smoothed.csv").empty
    assert "no run to draw yet" in parsed(page).words


def test_a_study_without_runs_has_a_page_that_says_so(empty):
    words = parsed(empty).words
    assert "No run of fashion_mnist-simple_nn has finished yet" in words
    assert "0 of 15 planned runs have finished" in words


def test_machine_versions_commit_config_and_command_are_in_the_page(plain):
    words = parsed(plain).words
    assert "The machine: 2 virtual cores (Made-up CPU); system: Linux 6.1, " in words and "memory (GB): 15.6" in words
    assert "torch 2.14.1" in words
    assert "0123456789ab" in words
    assert COMMAND in words
    assert "seeds: [1, 2, 3]" in words


def test_how_to_run_it_again_begins_with_the_commit_and_the_environment(plain, in_trouble, empty):
    steps_of_all = f"make setup . .venv/bin/activate {COMMAND}"
    said = "Runs were made with changes that are not in this commit"
    assert f"git checkout 0123456789ab {steps_of_all}" in parsed(plain).words and said not in parsed(plain).words
    assert f"git checkout 0123456789ab {steps_of_all}" in parsed(in_trouble).words and said in parsed(in_trouble).words
    assert steps_of_all in parsed(empty).words and "git checkout" not in parsed(empty).words


def test_nothing_hostile_becomes_a_tag_or_an_attribute(attacked):
    page = parsed(attacked)
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 30
    assert len(page.all("script")) == 1 and page.all("iframe") == []
    assert len(page.all("style")) == 1 + len(OF_ONE_WORKLOAD) - 1  # the page's own and one a chart; no waterfall
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


def test_a_hostile_cause_stands_beside_the_claim_it_leaves_undecided_as_text(attacked):
    _, _, measured = claim_of(parsed(attacked), "Hogwild! takes less training time")
    assert measured.startswith("undecided")
    assert measured.endswith(f"Only 1 of 2 seeds can be compared. hogwild 2x2 failed: cause: {PAYLOADS[0]}.")


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
def test_the_contents_lead_to_every_section_and_the_first_link_to_the_table(request, name):
    page = parsed(request.getfixturevalue(name))
    links = [attributes["href"] for attributes in page.all("a") if attributes["href"].startswith("#")]
    ids = [f"#{attributes['id']}" for _, attributes in page.tags if "id" in attributes]
    assert links[0] == "#table" and set(links) <= set(ids)
    sections = {f"#{attributes['aria-labelledby']}" for attributes in page.all("section")}
    parts = {"#table", "#failures", "#tuning"} & set(ids)
    assert sections | parts == set(links)
    assert [link for link in ids if link in links] == list(dict.fromkeys(links[1:]))  # in the order of the page


@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser_the_charts_of_many_ways_do_not_push_the_table_far(browser, of_seed, width):
    browser.open(of_seed, width)
    at = "return document.querySelector('%s').getBoundingClientRect().top"
    charts = 2 if width == 390 else 1  # below each other, or beside each other
    assert browser.run(at % "#table") - browser.run(at % "#comparison") < charts * 1220 + 300


def test_in_a_browser_the_charts_of_ten_ways_are_whole_with_their_axis_and_legend(browser, tmp_path):
    config = fake_study.make_config(workers=list(range(2, 10)))  # and two serial ways: as many as the default study has
    browser.open(write_page(tmp_path, config), 1280)
    hidden = "return [...document.querySelectorAll('.first .card')].map(card => card.scrollHeight - card.clientHeight)"
    assert max(browser.run(hidden)) <= 1


def test_every_file_of_the_study_is_written_and_no_temporary_one_is_left(plain):
    root = plain.parents[2]
    made = {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file() and "/runs/" not in str(file)}
    figures = [f"figures/{name}.svg" for name in CHARTS]
    tables = [f"tables/{name}.csv" for name in (*RESULTS, *CHARTS)]
    expected = {f"reports/default/{file}" for file in ["report.html", *figures, *tables, "tables/provenance.csv"]}
    expected |= {f"results/default/{name}.csv" for name in RESULTS}
    expected |= {"results/default/verdict.json", "reports/default/tables/verdict.json"}
    assert {file for file in made if "/ceilings/" not in file} == expected


def test_making_the_page_again_from_the_same_runs_changes_nothing(tmp_path):
    config = fake_study.make_config(seeds=[1], workers=[2])
    first = write_page(tmp_path, config).read_bytes()
    steps.everything(config, tmp_path, COMMAND)
    assert (tmp_path / "reports" / "default" / "report.html").read_bytes() == first


def test_the_analysis_never_imports_torch():
    code = "import sys; from casual_training.analysis import steps; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["plain", "in_trouble", "of_all_kinds", "of_seed", "attacked", "empty", "of_three"])
def test_in_a_browser_nothing_runs_or_fails_and_the_body_does_not_scroll_sideways(request, browser, name, width):
    browser.open(request.getfixturevalue(name), width)
    browser.run("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.run("return window.hacked") is None
    assert browser.run("return getComputedStyle(document.body).display") == "block"
    assert browser.console_errors() == []


# Each chart of the page: its box, whether that is on the page, the texts that stick out of it, and of each panel how
# many marks (lines, points, bars) of a size are within it. Its first patch is the panel, its last four are its frame.
CHARTS_DRAWN = """
return [...document.querySelectorAll('figure svg')].map(svg => {
  const box = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')];
  const sticksOut = text => {
    const at = text.getBoundingClientRect();
    return at.left < box.left - 1 || at.right > box.right + 1 || at.top < box.top - 1 || at.bottom > box.bottom + 1;
  };
  const panels = [...svg.querySelectorAll('g[id*="-axes_"]')].map(panel => {
    const kinds = name => [...panel.children].filter(child => child.id.includes(`-${name}_`));
    const [frame] = kinds('patch').map(patch => patch.getBoundingClientRect());
    const isInside = mark => {
      const at = mark.getBoundingClientRect();
      const isOn = at.left < frame.right && at.right > frame.left && at.top < frame.bottom && at.bottom > frame.top;
      return isOn && at.width + at.height > 2;
    };
    return [...kinds('line2d'), ...kinds('patch').slice(1, -4)].filter(isInside).length;
  });
  return {
    name: svg.closest('figure').id.replace('chart-', ''), width: box.width, height: box.height,
    isOnPage: box.left >= 0 && box.right <= innerWidth, nTexts: texts.length,
    outside: texts.filter(sticksOut).map(text => text.textContent), panels,
  };
})
"""
# The fewest marks of a panel, where a study has five configurations: a line or bar each, in the accuracies a dot too.
MARKS = {"forest": 5, "waterfall": 6, "accuracy": 10, "scaling": 3, "losses": 5, "losses_smoothed": 5, "staleness": 3}


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["plain", "in_trouble", "of_all_kinds", "attacked", "of_three"])
def test_in_a_browser_every_chart_has_a_visible_box_with_its_text_inside_and_marks_in_every_panel(
    request, browser, name, width
):
    browser.open(request.getfixturevalue(name), width)
    drawn = browser.run(CHARTS_DRAWN)
    shown = set(CHARTS if name == "of_three" else OF_ONE_WORKLOAD)
    assert {chart["name"] for chart in drawn} == shown - ({"waterfall"} if name == "attacked" else set())
    for chart in drawn:  # what is attacked declares nothing, so it has no waterfall
        assert chart["width"] > 300 and chart["height"] > 150
        assert chart["isOnPage"]
        assert chart["nTexts"] > 5 and chart["outside"] == []
        assert min(chart["panels"]) >= (MARKS.get(chart["name"], 3) if name == "plain" else 2), chart


@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser_the_whole_command_that_repeats_what_failed_can_be_read(browser, in_trouble, width):
    browser.open(in_trouble, width)
    scrolled, shown = browser.run(
        "const box = document.querySelector('pre.command'); return [box.scrollWidth, box.clientWidth]"
    )
    assert scrolled <= shown


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["of_all_kinds", "of_seed"])
def test_in_a_browser_no_word_of_the_big_tables_is_wider_than_its_cell(request, browser, name, width):
    browser.open(request.getfixturevalue(name), width)
    clipped = browser.run(
        "return [...document.querySelectorAll('.compared th, .compared td, .claims th, .claims td, .badge')]"
        "  .filter(box => box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0).map(box => box.textContent)"
    )
    assert clipped == []


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_in_a_browser_the_claims_are_read_without_scrolling_sideways(browser, of_seed, width):
    browser.open(of_seed, width)
    boxes = browser.run(
        "return [...document.querySelectorAll('.claims')].map(box => [box.scrollWidth, box.clientWidth])"
    )
    assert len(boxes) == 4
    assert all(scrolled <= shown for scrolled, shown in boxes)
    narrowest = browser.run(
        "return Math.min(...[...document.querySelectorAll('.claims td')].map(cell => cell.clientWidth))"
    )
    assert narrowest >= 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_every_verdict_can_be_told_from_what_it_stands_on(browser, of_seed, scheme):
    browser.open(of_seed, 1280, scheme=scheme)
    colours = browser.run(
        "const background = getComputedStyle(document.body).backgroundColor;"
        "return [...document.querySelectorAll('.claims .badge')].map(one => [getComputedStyle(one).color, background])"
    )
    assert len(colours) > 10
    assert all(contrast(*map(shares, pair)) >= 4.5 for pair in colours)


def shares(colour):
    """Read "rgb(28, 33, 40)" as three shares of 1."""
    return [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]

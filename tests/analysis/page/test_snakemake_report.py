"""In Snakemake's own report, which holds the page and the tables, no name and no label runs as a script."""

import base64

import pytest
from project import REPOSITORY, Project

import fake_study
from casual_training.analysis import make
from casual_training.analysis.study_folder import StudyFolder
from casual_training.config.read import read_config
from casual_training.study.load import load_plan
from payloads import PAYLOADS

# What the schema lets through as any words at all.
LABELS = {"machine": " ".join(PAYLOADS), "as_of": PAYLOADS[0], "price_per_hour": 0.08, "currency": "USD"}

# Clicks what opens a category, once Snakemake's app has drawn it; the text of its scripts is not in the navigation.
CLICK = """
const found = [...document.querySelectorAll("nav a, nav button")].find(one => one.innerText.trim() === "%s");
found?.click();
return found !== undefined;
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    root = tmp_path_factory.mktemp("attacked")
    overlay = {"study": {"methods": ["serial", "hogwild"], "workers": [2], "seeds": [1, 2], "snapshots": 20}}
    overlay |= {"machine": {"cores": 2, "data_dir": "data"}, "cost": {"cloud": LABELS}}
    project = Project.of_repository(root / "project", overlay)
    fails = dict(zip((1, 2), PAYLOADS, strict=False))

    def changes(run):
        return fake_study.failed("failed", fails[run.seed]) if run.method == "hogwild" else {}

    fake_study.write_study(project.root, project.plan, changes)
    make.make_everything(StudyFolder(project.plan, project.root), f"snakemake {PAYLOADS[0]}")
    done = project.snakemake("--report", str(root / "report.html"))
    assert done.returncode == 0, done.stdout
    return root / "report.html", project.reports / "report.html"


def test_no_label_of_thirty_runs_a_script_in_snakemakes_report(report, browser):
    snakemakes, page = report
    browser.open(snakemakes, 1280)
    for category, results in (("Charts", ["forest.svg", "losses.svg"]), ("The page", ["report.html"])):
        browser.wait(CLICK % category)
        for result in results:
            browser.wait(f"return document.querySelector('nav').innerText.includes('{result}')")
        browser.run("app.setView({navbarMode: 'menu', category: undefined, subcategory: undefined})")
    assert browser.run("return window.hacked") is None
    browser.console_errors()  # of Snakemake's report, which are none of ours
    held = browser.run("return Object.values(results).find(one => one.name === 'report.html').data_uri")
    assert base64.b64decode(held.partition("base64,")[2]) == page.read_bytes()


def test_no_label_of_thirty_runs_a_script_in_the_page(report, browser):
    _, page = report
    browser.open(page, 1280)
    assert browser.run("return window.hacked") is None
    assert browser.console_errors() == []
    words = " ".join(browser.run("return document.body.innerText").split())
    assert all(" ".join(payload.split()) in words for payload in PAYLOADS)


@pytest.mark.parametrize("part", ["study", "workload", "method"])
def test_no_name_of_thirty_gets_past_the_schema(part):
    for payload in PAYLOADS:
        config = read_config([REPOSITORY / "config.yaml"])
        if part == "study":
            config["study"]["name"] = payload
        else:
            names = config[f"{part}s"]
            names[payload] = next(iter(names.values()))
        with pytest.raises(ValueError):
            load_plan(config)

"""Synthetic studies and their pages, and what a browser makes of a page."""

from html.parser import HTMLParser

import fake_study
from casual_training.analysis import make
from casual_training.analysis.study_folder import StudyFolder
from casual_training.plan.plan import Plan, make_plan
from casual_training.study.load import catalogue, load_plan
from payloads import PAYLOADS

COMMAND = "snakemake --cores 4 --configfile mine.yaml"


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


def parsed(file):
    return Parsed(file.read_text(encoding="utf-8"))


def make_page(root, plan):
    """Make all of the analysis from the runs below `root`, and return the page."""
    study = StudyFolder(plan, root)
    make.make_everything(study, COMMAND)
    return study.reports / "report.html"


def write_page(root, config, changes=lambda run: {}):
    """Make up the runs of a study, and its page."""
    plan = config if isinstance(config, Plan) else load_plan(config)
    root.mkdir(exist_ok=True)
    fake_study.write_study(root, plan, changes)
    return make_page(root, plan)


def troubled(run):
    """A seed that timed out, one that is missing, independent copies that failed, and two commits."""
    if run.kind == "copies" and run.seed == 2:
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


def hostile_plan():
    """Plan a study with payloads as its name and those of its workload, methods and labels, past all checks."""
    config = fake_study.make_config(methods=["serial", "hogwild"], workers=[2], seeds=[1, 2], comparisons=[])
    config["workloads"]["fashion_mnist-simple_nn"] |= {"target": 0.8}
    config["cost"]["cloud"] |= {"machine": " ".join(PAYLOADS), "as_of": PAYLOADS[0]}
    config["machine"]["data_dir"] = PAYLOADS[5]
    config = load_plan(config).config
    names = {"name": PAYLOADS[2], "workloads": [PAYLOADS[1]], "methods": ["serial", "hogwild", *PAYLOADS]}
    changes = {
        "study": config.study.model_copy(update=names),
        "workloads": {PAYLOADS[1]: config.workloads["fashion_mnist-simple_nn"]},
        "methods": config.methods | {payload: config.methods["hogwild"] for payload in PAYLOADS},
    }
    return make_plan(config.model_copy(update=changes), catalogue(), 2)


def row_of(page, start):
    """Return the cells of the comparison's row that begins with these words, and those of its headings."""
    index = next(index for index, cell in enumerate(page.cells) if cell.startswith(start))
    start = max(place for place, cell in enumerate(page.cells[:index]) if cell == "configuration")
    return dict(zip(page.cells[start : start + 8], page.cells[index : index + 8], strict=True))

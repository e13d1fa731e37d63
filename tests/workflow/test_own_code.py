"""A study of the user's own network and data: the examples, what reruns them, and what is wrong in them."""

import csv
import json

import pytest
import yaml
from project import REPOSITORY, TINY, Project, names

from casual_training.config.read import read_config
from casual_training.study.load import load_plan

SHORTER = {"seeds": [1], "methods": ["serial", "hogwild"], "snapshots": 4, "workers": [2], "diagnose": False}
NET = """
import torch

def make_network(width=4):
    return torch.nn.Linear(3, width)

def make_data():
    inputs = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
    return (inputs, (inputs[:, 0] > 0).long()), (inputs, (inputs[:, 0] > 0).long())
"""
OWN = TINY["workloads"]["sample"] | {
    "dataset": "mine.py:make_data",
    "model": {"factory": "mine.py:make_network", "arguments": {"width": 2}},
    "batch_size": 8,
}


def example(name, root, **study) -> Project:
    overlay = yaml.safe_load((REPOSITORY / "examples" / f"{name}.yaml").read_text())
    overlay["study"] |= study
    return Project.of_repository(root, overlay | {"machine": {"cores": 2}})


@pytest.fixture
def own_project(tmp_path):
    """The tiny study, not run yet, of the user's own network and data in mine.py."""
    overlay = TINY | {"workloads": {"own": OWN}, "study": TINY["study"] | {"workloads": ["own"]}}
    project = Project.of_repository(tmp_path / "project", overlay)
    (project.root / "mine.py").write_text(NET)
    return project


@pytest.fixture
def config_of(own_project, monkeypatch):
    monkeypatch.chdir(own_project.root)

    def change(**workload):
        config = read_config([own_project.root / "config.yaml", own_project.overlay])
        config["workloads"]["own"] |= workload
        return load_plan(config)

    return change


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["table", "characters"])
def test_an_example_compares_serial_threads_and_hogwild(name, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    plan = load_plan(read_config([REPOSITORY / "config.yaml", REPOSITORY / f"examples/{name}.yaml"]))
    assert {run.method for run in plan.runs} == {"serial", "threads", "hogwild"}


@pytest.mark.parametrize(
    ("name", "metric", "least", "most"),
    [("table", "mean_squared_error", 0.3, 0.9), ("characters", "accuracy", 0.4, 0.9)],
)
def test_an_example_learns_and_its_page_speaks_of_its_metric(name, metric, least, most, tmp_path):
    project = example(name, tmp_path / "project", **SHORTER)
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    assert "3 of 3 runs are ok" in done.stdout
    runs = rows_of(project.results / "runs.csv")
    assert {row["metric"] for row in runs} == {metric}
    assert {row["higher_is_better"] for row in runs} == {str(metric == "accuracy")}
    assert all(least < float(row["test_metric"]) < most for row in runs)
    page = (project.reports / "report.html").read_text()
    words = metric.replace("_", " ")
    for part in (
        f'<th scope="col">test {words}</th>',
        f"Validation {words} during training",
        f"validation {words} (s)",
    ):
        assert part in page
    assert ("accuracy</th>" in page) == (metric == "accuracy")


def test_a_study_of_own_data_fetches_nothing(own_project):
    assert "fetch_dataset" not in names(own_project.dry_run())


def test_an_edit_of_the_users_file_reruns_its_runs_and_no_others(own_project):
    own_project.set("workloads.sample", TINY["workloads"]["sample"])
    own_project.set("study.workloads", ["own", "sample"])
    own_project.set("study.methods", ["serial"])
    first = own_project.run("--cores", "2")
    assert len([job for job in first if job.rule == "train"]) == 2
    (own_project.root / "mine.py").write_text(NET + "# edited\n")
    again = [job.wildcards["workload"] for job in own_project.dry_run() if job.rule == "train"]
    assert again == ["own"]


def test_wrong_user_code_is_a_row_and_other_workloads_go_on(own_project, monkeypatch):
    monkeypatch.chdir(own_project.root)  # from where its paths are seen
    own_project.set("workloads.sample", TINY["workloads"]["sample"])
    own_project.set("study.workloads", ["own", "sample"])
    own_project.set("study.methods", ["serial"])
    own_project.set("workloads.own.model.arguments", {"width": 2, "depth": 3})
    done = own_project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    sentence = (
        "mine.py, line 4: make_network raised TypeError: make_network() got an unexpected keyword argument 'depth'"
    )
    assert f"workload own will fail: {sentence}" in done.stdout
    rows = {row["workload"]: row for row in rows_of(own_project.results / "runs.csv")}
    assert (rows["own"]["status"], rows["own"]["cause"]) == ("failed", sentence)
    assert rows["sample"]["status"] == "ok"
    assert sentence.replace("'", "&#39;") in (own_project.reports / "report.html").read_text()


def test_a_study_of_nothing_but_wrong_code_is_not_started(own_project):
    own_project.set("workloads.own.model.arguments", {"depth": 3})
    done = own_project.snakemake("--cores", "2")
    assert done.returncode != 0
    assert "casual-training: mine.py, line 4: make_network raised TypeError" in done.stdout
    assert not list(own_project.root.glob("results/**/run.json"))


def test_one_run_of_wrong_code_is_one_sentence_and_exit_code_2(own_project):
    own_project.set("workloads.own.loss", "mean_squared_error")
    command = ["train", "--config", "config.yaml", "--config", "study.yaml", "--method", "serial", "--out", "one"]
    done = own_project.python("casual_training", *command)
    assert done.returncode == 2
    last = done.stdout.strip().split("\n")[-1]
    assert last.startswith(
        "casual-training: mine.py, line 4: the network gives a tensor of shape (8, 2), float32, but mean"
    )
    assert json.loads((own_project.root / "one" / "run.json").read_text())["status"] == "failed"


def test_more_workers_than_batches_of_own_data_is_one_sentence(own_project):
    own_project.set("workloads.own.batch_size", 30)
    command = ["train", "--config", "config.yaml", "--config", "study.yaml", "--method", "hogwild", "--workers", "2"]
    done = own_project.python("casual_training", *command, "--out", "one")
    assert done.returncode == 2
    assert (
        "mine.py, line 7: workers (2) outnumber the whole batches (1) of 30 in the 50 training samples" in done.stdout
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "mine.py:nothing"}, "mine.py defines no 'nothing'"),
        ({"dataset": "yours.py:make_data"}, "there is no file yours.py"),
        ({"loss": "mine.py:nothing"}, "workloads.own.loss names 'mine.py:nothing'"),
        ({"metric": "mine.py:nothing"}, "workloads.own.metric names 'mine.py:nothing'"),
        ({"metric": "f1"}, "unknown name 'f1' in workloads.own.metric"),
        ({"metric": {"function": "f1"}}, "unknown name 'f1' in workloads.own.metric"),
        ({"metric": {"higher_is_better": True}}, "the key 'function' is missing in workloads.own.metric"),
        ({"model": {"factory": "simple_nn"}}, "workloads.own.model"),
        (
            {"model": {"factory": "mine.py:make_network", "argument": {}}},
            "unknown key 'argument' in workloads.own.model",
        ),
        ({"target": 1.5}, "workloads.own.target is 1.5, but must be below 1"),
    ],
)
def test_a_config_that_names_what_is_not_there_is_refused(config_of, changes, said):
    with pytest.raises(ValueError) as error:
        config_of(**changes)
    assert str(error.value).startswith("config: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_target_of_an_error_may_be_any_positive_number(config_of):
    assert config_of(loss="mean_squared_error", target=1200.0).targets["own"] == 1200

"""How a study ended is said in a few lines, with the one command that makes again what failed."""

import json
import shlex
import subprocess
import sys

import pytest

import fake_study
from casual_training.study.load import load_plan
from casual_training.study.outcome import closing_lines, outcome, repeat_command

COMMAND = "snakemake --cores 4 --configfile mine.yaml"
HOGWILD = "results/default/runs/fashion_mnist-simple_nn/hogwild/2x2/seed-{}/run.json"


def ended(root, changes=lambda run: {}, **study):
    """Write a study of serial and Hogwild! with 2 workers and 2 seeds, 4 runs and 2 of copies; returns its runs."""
    config = fake_study.make_config(**({"methods": ["serial", "hogwild"], "workers": [2], "seeds": [1, 2]} | study))
    config["methods"]["hogwild"]["expected_failure"] = study.get("name") == "expected"
    plan = load_plan(config)
    fake_study.write_study(root, plan, changes)
    return plan.schedule


def failing(*seeds, status="failed", cause="worker 0 died"):
    return lambda run: fake_study.failed(status, cause) if run.method == "hogwild" and run.seed in seeds else {}


def test_a_study_that_went_well_says_so_and_where_its_page_is(tmp_path):
    runs = ended(tmp_path)
    page = tmp_path / "reports" / "default" / "report.html"
    page.parent.mkdir(parents=True)
    page.touch()
    said = closing_lines(runs, tmp_path, COMMAND)
    assert said == "study default: 6 of 6 runs are ok; the page: reports/default/report.html"


def test_a_page_that_is_not_there_is_not_promised(tmp_path):
    assert closing_lines(ended(tmp_path), tmp_path, COMMAND) == "study default: 6 of 6 runs are ok"


def test_failed_runs_are_counted_with_cause_and_command(tmp_path):
    said = closing_lines(ended(tmp_path, failing(2)), tmp_path, COMMAND).splitlines()
    assert said == [
        "study default: 1 of 6 runs failed",
        "  failed: worker 0 died",
        "to make just those again:",
        f"  {COMMAND} --forcerun {HOGWILD.format(2)}",
    ]


def test_the_same_cause_is_said_once_with_its_number_of_runs(tmp_path):
    said = closing_lines(ended(tmp_path, failing(1, 2)), tmp_path, COMMAND).splitlines()
    assert said[:2] == ["study default: 2 of 6 runs failed", "  failed: worker 0 died (2 runs)"]


def test_a_long_cause_is_cut_and_its_lines_are_joined(tmp_path):
    runs = ended(tmp_path, failing(1, cause="line\n  another " + 300 * "x"))
    (_, cause, *_) = closing_lines(runs, tmp_path, COMMAND).splitlines()
    assert cause.startswith("  failed: line another xxx") and cause.endswith("xxx ...")
    assert len(cause.strip()) == 200


def test_independent_copies_that_failed_are_repeated_too(tmp_path):
    runs = ended(
        tmp_path, lambda run: fake_study.failed("timeout", "x") if run.strategy == "independent" else {}, seeds=[1]
    )
    (copies,) = [run for run in runs if run.strategy == "independent"]
    assert outcome(runs, tmp_path).repeat(COMMAND) == f"{COMMAND} --forcerun {copies.folder}/run.json"


def test_what_failed_as_expected_is_said_and_not_repeated(tmp_path):
    found = outcome(ended(tmp_path, failing(1, 2), name="expected"), tmp_path)
    assert found.sentence == "4 of 6 runs are ok, 2 failed as expected"
    assert found.unexpected == [] and found.repeat(COMMAND) == ""
    assert [failure.cause for failure in found.failures] == ["worker 0 died"] * 2


def test_expected_and_unexpected_failures_are_counted_apart(tmp_path):
    def changes(run):
        return fake_study.failed("killed", "x") if run.strategy == "serial" and run.seed == 1 else failing(1)(run)

    found = outcome(ended(tmp_path, changes, name="expected"), tmp_path)
    assert found.sentence == "1 of 6 runs failed, 1 failed as expected"
    assert found.repeat(COMMAND).endswith(
        "--forcerun results/expected/runs/fashion_mnist-simple_nn/serial/1x4/seed-1/run.json"
    )


def test_runs_without_a_result_of_this_config_are_not_forced(tmp_path):
    runs = ended(tmp_path, lambda run: {} if run.seed == 1 or run.strategy == "serial" else None)
    (other,) = [tmp_path / run.folder / "run.json" for run in runs if run.strategy == "serial" and run.seed == 2]
    record = json.loads(other.read_text())
    other.write_text(json.dumps(record | {"run": record["run"] | {"batch_size": 64}}))
    found = outcome(runs, tmp_path)
    assert found.sentence == "3 of 6 runs are ok, 3 not made yet"
    assert found.repeat(COMMAND) == ""


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"status": "ok"}', "\xff"])
def test_a_result_that_cannot_be_read_is_a_failure_to_be_repeated(tmp_path, content):
    runs = ended(tmp_path)
    (tmp_path / HOGWILD.format(1)).write_bytes(content.encode("latin-1"))
    found = outcome(runs, tmp_path)
    assert [(failure.status, failure.cause) for failure in found.unexpected] == [
        ("unreadable", "its run.json cannot be read")
    ]
    assert found.repeat(COMMAND).endswith(HOGWILD.format(1))


def test_an_interrupted_run_without_a_clock_is_a_failure_like_any_other(tmp_path):
    runs = ended(tmp_path)
    record = json.loads((tmp_path / HOGWILD.format(1)).read_text())
    killed = {"status": "killed", "cause": "the run was ended by SIGTERM"}
    kept = {key: value for key, value in record.items() if key not in ("clocks", "curve", "worker_records")}
    (tmp_path / HOGWILD.format(1)).write_text(json.dumps(kept | killed))
    assert [failure.status for failure in outcome(runs, tmp_path).unexpected] == ["killed"]


def test_the_command_survives_a_shell_whatever_the_names_hold():
    folders = ["results/a study/runs/$HOME", "results/it's; rm -r ~", "results/plain"]
    command = repeat_command("snakemake --config 'a=\"b c\"'", folders)
    files = [f"{folder}/run.json" for folder in folders]
    assert shlex.split(command) == ["snakemake", "--config", 'a="b c"', "--forcerun", *files]


def test_it_needs_neither_pandas_nor_torch():
    code = "import sys, casual_training.study.outcome; sys.exit(bool({'pandas', 'torch'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_what_cannot_be_made_here_is_no_failure(tmp_path):
    runs = ended(tmp_path, failing(1, 2, status="unavailable", cause="torch finds no accelerator"))
    assert closing_lines(runs, tmp_path, COMMAND) == "study default: 4 of 6 runs are ok, 2 cannot be made here"

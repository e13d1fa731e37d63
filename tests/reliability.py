"""What the project promises of its reliability, the tests that hold it, and the page that a run of these writes.

`pytest --reliability=docs/reliability.md` (or `make reliability`) runs these tests alone and writes the page.
"""

import os
import platform
from collections import Counter
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest

# A promise, and what holds it: files or single tests below tests/.
PROMISES = {
    "A worker that dies, raises or leaves early is a failed run with its cause, within seconds.": [
        "faults/test_killed_workers.py",
        "faults/test_workers.py",
    ],
    "A worker that hangs is ended at the deadline, and the run is a timeout.": [
        "faults/test_killed_workers.py::test_a_stopped_process_is_ended_at_the_deadline",
        "faults/test_killed_workers.py::test_a_peer_that_never_joins_is_a_timeout",
        "faults/test_workers.py::test_workers_that_hang_are_ended_at_the_deadline",
    ],
    "A loss or a weight that is no number is a diverged run, and never a time.": ["faults/test_divergence.py"],
    "A run that is killed or interrupted leaves no process and no file, and an earlier result as it was.": [
        "faults/test_interrupted_runs.py",
    ],
    "A study that is killed or interrupted leaves nothing, and the same command goes on where it was.": [
        "faults/test_interruption.py",
        "study/test_snakemake_lock.py",
    ],
    "No process, port, shared memory, temporary or open file outlives a run.": [
        "faults/test_interrupted_runs.py::test_runs_leave_nothing_in_shared_memory_in_the_temporary_folder_or_open",
        "faults/test_workers.py::test_no_worker_outlives_its_supervisor",
        "strategies/test_contract.py::test_whole_and_failed_runs_leave_nothing_and_listen_on_loopback_only",
        "study/test_snakemake_parent.py",
    ],
    "A file is whole or not there, however a write ends.": ["faults/test_whole_files.py", "test_files.py"],
    "A full disk or a folder that cannot be written is one sentence.": [
        "faults/test_whole_files.py::test_no_room_is_one_sentence_and_leaves_the_old_file_whole",
        "faults/test_whole_files.py::test_a_full_disk_ends_a_study_with_one_sentence",
        "test_files.py::test_a_place_that_cannot_be_written_is_named_in_one_sentence",
        "workload/test_fetch.py::test_a_data_folder_that_cannot_be_made_is_named",
    ],
    "The timed runs of two studies wait for each other.": ["runs/test_machine_lock.py"],
    "A run that others disturbed is repeated once, and says so.": ["faults/test_interference_detected.py"],
    "A run listens on the loopback interface only.": ["faults/test_loopback.py"],
    "Where the data are there, nothing needs or tries a network.": ["faults/test_no_network.py"],
    "No file is unpickled by code of this project, and no text of one is executed.": ["test_nothing_unpickled.py"],
    "Data that are cut, altered, of other counts or with a label out of range are refused in one sentence.": [
        "workload/test_idx_files.py",
        "workload/test_datasets.py",
        "workload/test_fetch.py",
    ],
    "A wrong config is refused in one sentence before anything starts.": [
        "config/test_bad_config.py",
        "test_fuzzed_readers.py::test_a_config_wrong_in_any_place_is_refused_in_one_sentence",
        "test_fuzzed_readers.py::test_bytes_that_are_no_config_are_refused_by_name",
    ],
    "A result or a data file of whatever bytes is read, or refused in one sentence that names it.": [
        "test_fuzzed_readers.py",
        "records/test_record.py",
        "analysis/test_frames.py",
        "analysis/test_logged_losses.py",
        "study/test_outcome.py::test_a_result_that_cannot_be_read_is_a_failure_to_be_repeated",
        "workflow/test_rules.py::test_report_fails_with_one_sentence_where_a_run_cannot_be_read",
    ],
    "Nothing in a name or a cause can run on the page, and the page loads nothing.": [
        "analysis/page/test_page.py::test_hostile_names_labels_and_causes_stand_in_the_page_as_text",
        "analysis/page/test_page.py::test_no_page_loads_anything",
        "analysis/page/test_page_in_browser.py::test_nothing_runs_or_fails_and_the_body_does_not_scroll_sideways",
        "analysis/page/test_browser.py",
        "analysis/page/test_snakemake_report.py",
    ],
}
TESTS = Path(__file__).parent


def belongs(nodeid: str, names: list[str]) -> bool:
    """Whether a test, by its id below tests/, is one of these or in one of these files."""
    return any(nodeid == name or nodeid.startswith((f"{name}::", f"{name}[")) for name in names)


def page(results: dict[str, str]) -> str:
    """Write the page from the result of each test that was run: "passed", "failed" or "skipped", by its id."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "snakemake"))
    lines = [
        "# What it promises, and whether that held",
        "",
        "Written by `make reliability`: the tests behind each promise were run, and this is what became of them. "
        "`make test-faults`",
        "repeats many of them some hundred times.",
        "",
        f"The run: {date.today()}, {platform.system()} on {os.cpu_count()} logical processors, Python "
        f"{platform.python_version()}, {versions}.",
        "",
        "| promise | proved by | tests | result |",
        "| --- | --- | --- | --- |",
    ]
    for promise, names in PROMISES.items():
        own = {nodeid: result for nodeid, result in results.items() if belongs(nodeid, names)}
        files = dict.fromkeys(name.partition("::")[0] for name in names)
        links = ", ".join(f"[{Path(file).stem}](../tests/{file})" for file in files)
        lines.append(f"| {promise} | {links} | {len(own)} | {verdict(names, own)} |")
    return "\n".join(lines) + "\n"


def verdict(names: list[str], results: dict[str, str]) -> str:
    """Return whether the promise that these names hold was kept, by the result of each of their tests."""
    outcomes = Counter(results.values())
    tried = [name for name in names if any(belongs(nodeid, [name]) for nodeid in results)]
    if outcomes["failed"]:
        return f"**broken**: {outcomes['failed']} failed"
    if not outcomes["passed"]:
        return "not tried"
    return ("held" if tried == names else "partly tried") + (
        f", {outcomes['skipped']} skipped" if outcomes["skipped"] else ""
    )


class Reliability:
    """Runs the tests of the promises alone, and writes the page of what became of them."""

    def __init__(self, path: Path):
        self.path, self.results = path, {}

    def pytest_collection_modifyitems(self, config, items) -> None:
        names = [name for of_promise in PROMISES.values() for name in of_promise]
        kept = [item for item in items if belongs(below_tests(item.nodeid), names)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept

    def pytest_runtest_logreport(self, report) -> None:
        test = below_tests(report.nodeid)
        is_news = report.when == "call" or not report.passed  # a fixture may fail or skip before and after
        if is_news and self.results.get(test) != "failed":
            self.results[test] = report.outcome

    def pytest_sessionfinish(self) -> None:
        self.path.write_text(page(self.results), encoding="utf-8")


def below_tests(nodeid: str) -> str:
    return nodeid.removeprefix(f"{TESTS.name}/")


def pytest_addoption(parser) -> None:
    parser.addoption("--reliability", type=Path, help="run the tests of the promises, and write the page here")


@pytest.hookimpl(trylast=True)
def pytest_configure(config) -> None:
    path = config.getoption("--reliability")
    if path:
        config.pluginmanager.register(Reliability(path))

import json
import os
import subprocess
import sys

import pytest

from casual_training.measure import machine


def test_cores_are_the_ones_this_process_is_allowed():
    assert 1 <= machine.cores() <= os.cpu_count()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_a_process_bound_to_one_cpu_has_one_core():
    code = (
        "import os; os.sched_setaffinity(0, {0}); from casual_training.measure import machine; print(machine.cores())"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "1\n"


@pytest.mark.parametrize(("limit", "cores"), [("max 100000", 4), ("250000 100000", 2), ("50000 100000", 1)])
def test_the_limit_of_a_container_counts(monkeypatch, tmp_path, limit, cores):
    (tmp_path / "cpu.max").write_text(limit + "\n")
    monkeypatch.setattr(machine, "CGROUP_LIMIT", tmp_path / "cpu.max")
    monkeypatch.setattr(machine, "CPU_FOLDER", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3}, raising=False)
    assert machine.cores() == cores


def test_hardware_threads_of_one_core_count_once(monkeypatch, tmp_path):
    for cpu, siblings in enumerate(["0,2", "1,3", "0,2", "1,3"]):
        (tmp_path / f"cpu{cpu}/topology").mkdir(parents=True)
        (tmp_path / f"cpu{cpu}/topology/thread_siblings_list").write_text(siblings)
    monkeypatch.setattr(machine, "CGROUP_LIMIT", tmp_path / "missing")
    monkeypatch.setattr(machine, "CPU_FOLDER", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3}, raising=False)
    assert machine.cores() == 2


@pytest.mark.parametrize(
    ("about", "hypervisor", "virtual"),
    [
        ("flags\t\t: fpu vme hypervisor\n", None, True),
        ("model name\t: a hypervisor's\nflags\t\t: fpu vme\n", None, False),
        ("flags\t\t: fpu vme\n", "xen", True),
        ("Features\t: fp asimd\n", None, None),
        (None, None, None),
    ],
)
def test_a_virtual_machine_is_known_by_processor_flags_or_hypervisor(monkeypatch, tmp_path, about, hypervisor, virtual):
    for name, text in (("CPU_INFO", about), ("HYPERVISOR", hypervisor)):
        monkeypatch.setattr(machine, name, tmp_path / name)
        if text is not None:
            (tmp_path / name).write_text(text)
    assert machine.is_virtual() is virtual


def test_the_description_is_plain_values():
    description = json.loads(json.dumps(machine.describe() | machine.versions()))
    assert description["system"]
    assert description["torch"]


def test_outside_git_there_is_no_commit(monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    assert machine.commit() == (None, None)

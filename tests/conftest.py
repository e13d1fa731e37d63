import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time and no record of them, so that a test that passes does so on every machine.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None, max_examples=100)
settings.load_profile("repeatable")

TESTS = Path(__file__).parent
sys.path[:0] = [str(TESTS), str(TESTS / "workflow")]  # for what tests import: training, fake_study, project

from reliability import pytest_addoption, pytest_configure  # noqa: E402, F401 - pytest finds its hooks here


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    from training import sample_data_dir

    return sample_data_dir(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def fork_server():
    """The fork server that workers start from; the first use of it in a session imports torch."""
    from casual_training.parallel import workers

    workers.prepare()


# Training is what takes time here: one tiny study is trained once, and tests that change something get a copy.


@pytest.fixture(scope="session")
def untouched(tmp_path_factory):
    """The tiny study before its first run, a Project; not to be changed."""
    from project import TINY, Project

    return Project.of_repository(tmp_path_factory.mktemp("untouched") / "project", TINY)


@pytest.fixture(scope="session")
def finished(untouched, tmp_path_factory):
    """The tiny study from nothing to the page; not to be changed. What Snakemake printed stands in output.txt."""
    project = untouched.copy(tmp_path_factory.mktemp("finished") / "project")
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    (project.root / "output.txt").write_text(done.stdout)
    return project


@pytest.fixture
def project(untouched, tmp_path):
    """A copy of the tiny study before its first run."""
    return untouched.copy(tmp_path / "project")


@pytest.fixture
def study(finished, tmp_path):
    """A copy of the finished tiny study."""
    return finished.copy(tmp_path / "project")

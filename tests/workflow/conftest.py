"""Training is what takes time here: one tiny study is trained once, and tests that change something get a copy."""

import pytest
from project import TINY, Project


@pytest.fixture(scope="session")
def untouched(tmp_path_factory) -> Project:
    """The tiny study before its first run; not to be changed."""
    return Project.of_repository(tmp_path_factory.mktemp("untouched") / "project", TINY)


@pytest.fixture(scope="session")
def finished(untouched, tmp_path_factory) -> Project:
    """The tiny study from nothing to the page; not to be changed. What Snakemake printed stands in output.txt."""
    project = untouched.copy(tmp_path_factory.mktemp("finished") / "project")
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    (project.root / "output.txt").write_text(done.stdout)
    return project


@pytest.fixture
def project(untouched, tmp_path) -> Project:
    """A copy of the tiny study before its first run."""
    return untouched.copy(tmp_path / "project")


@pytest.fixture
def study(finished, tmp_path) -> Project:
    """A copy of the finished tiny study."""
    return finished.copy(tmp_path / "project")

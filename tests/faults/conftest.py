import pytest
from started import StartedStudy


@pytest.fixture
def start(tmp_path):
    """Start Snakemake on a project; whatever becomes of the test, it is ended."""
    started = []

    def start(project, cores=2):
        started.append(StartedStudy(project, tmp_path / f"output-{len(started)}.txt", cores))
        return started[-1]

    yield start
    for study in started:
        study.end()

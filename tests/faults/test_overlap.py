"""However many studies run on a machine at once, whatever cores they are given, only one timed run does."""

import itertools

import pytest

from casual_training.records.record import read_record


@pytest.mark.slow
def test_timed_runs_of_two_studies_on_eight_cores_each_never_overlap(untouched, start, tmp_path):
    projects = [untouched.copy(tmp_path / name) for name in ("one", "other")]
    studies = [start(project, cores=8) for project in projects]
    for study in studies:
        assert study.has_ended_within(300), study.output.read_text()
        assert study.snakemake.returncode == 0, study.output.read_text()
    windows = sorted((*window, project.root.name) for project in projects for window in windows_of(project))
    for (_, end, _), (begin, _, _) in itertools.pairwise(windows):
        assert end <= begin, windows
    # Or nothing was shown: they competed for the machine.
    changes = sum(before[2] != after[2] for before, after in itertools.pairwise(windows))
    assert changes > 1, windows


def windows_of(project):
    """From when until when, in seconds since 1970, each run had the machine, but for the last second or two of it.

    A part of the import, nobody knows which, is over when the first moment is noted, so that all of it is left out.
    """
    for run in project.plan.schedule:
        record = read_record(project.root / run.folder)
        yield record.started, record.started + record.clocks["wall_seconds"] - record.clocks["import_seconds"]

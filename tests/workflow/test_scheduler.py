"""Snakemake's own process leaves the cores to the runs that are being timed."""

COUNT_TIMERS = """
onsuccess:
    import threading

    print("timers left:", sum(isinstance(thread, threading.Timer) for thread in threading.enumerate()))
"""


def test_no_timer_is_left_for_each_job_that_ended(finished, tmp_path):
    project = finished.copy(tmp_path / "watched")
    snakefile = project.root / "Snakefile"
    snakefile.write_text(snakefile.read_text() + COUNT_TIMERS)
    for file in (project.results / "comparison.csv", project.results / "claims.csv", project.reports / "report.html"):
        file.unlink()
    done = project.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout
    assert "timers left: 0" in done.stdout, done.stdout

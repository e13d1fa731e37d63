"""Makes the tables, the verdict, the charts and the page of a study, one at a time or all of them.

Imports what a part needs only when it is made: a job for a table loads no matplotlib.
"""

import gc
import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from graphlib import TopologicalSorter
from pathlib import Path

from casual_training.analysis import parts
from casual_training.analysis.study_folder import StudyFolder
from casual_training.files import write_whole

LONG_AGO = 1_000_000_000  # seconds since 1970: the year 2001; Snakemake takes 0 for no time at all
Job = tuple[Callable[[StudyFolder, str], None], str]  # what to do, and the name of the table or chart


def make_table(study: StudyFolder, name: str) -> None:
    """Make results/STUDY/NAME.csv."""
    study.write_table(name, parts.table(name).make(study))


def write_verdict(study: StudyFolder) -> None:
    """Write results/STUDY/verdict.json, the answer for each workload, from the tables."""
    from casual_training.analysis.verdict.answer import answers

    write_whole(study.verdict, json.dumps(answers(study), indent=1, allow_nan=False) + "\n")


def draw_chart(study: StudyFolder, name: str) -> None:
    """Draw reports/STUDY/figures/NAME.svg, and write the table behind it."""
    from casual_training.analysis.charts.style import save
    from casual_training.analysis.wording import titled

    chart = parts.chart(name)
    data = chart.data(study)
    study.write_chart_table(name, data)
    save(chart.draw(data, study), study.figure(name), titled(chart.TITLE, data))


def write_page(study: StudyFolder, command: str) -> None:
    """Write reports/STUDY/report.html from the tables and the charts, and copy the tables to stand beside it.

    Args:
        study: the study.
        command: what a person types to run the study again.
    """
    from casual_training.analysis.page.page import render_page

    for file in (*(f"{name}.csv" for name in parts.literals("tables")), study.verdict.name):
        write_whole(study.reports / "tables" / file, (study.results / file).read_text(encoding="utf-8"))
    write_whole(study.reports / "report.html", render_page(study, command))


def make_everything(study: StudyFolder, command: str) -> None:
    """Make all parts of a study from the run folders that exist; what needs no other beside each other."""
    tables, charts = parts.literals("tables"), parts.literals("charts")
    inputs = {name: set(found["INPUTS"]) for name, found in (tables | charts).items()}
    needed = tables.keys() & set().union(*inputs.values())
    for name in TopologicalSorter({name: inputs[name] & needed for name in needed}).static_order():
        _make_table(study, name)
    write_verdict(study)
    alone = [(_make_table, name) for name in tables.keys() - needed] + [(_draw_chart, name) for name in charts]
    alone.sort(key=lambda job: ("losses" not in inputs[job[1]], "records" not in inputs[job[1]]))  # the longest first
    if sys.platform == "linux":
        for name in charts:
            parts.chart(name)
        _make_in_processes(study, alone)
    else:  # a fork is not safe, and a process that is started anew would import and read everything again
        for make, name in alone:
            make(study, name)
    write_page(study, command)


def _make_in_processes(study: StudyFolder, jobs: list[Job]) -> None:
    """Make parts beside each other.

    The processes are forked, so that nothing is imported and no run folder read again. Objects are frozen, because a
    garbage collection writes to all of them, so that each process would get its own copy.
    """
    context, n_processes = multiprocessing.get_context("fork"), min(len(jobs), study.plan.cores)
    gc.freeze()
    try:
        with ProcessPoolExecutor(n_processes, context, initializer=_adopt, initargs=(study,)) as pool:
            for done in [pool.submit(_make_of_adopted, make, name) for make, name in jobs]:
                done.result()
    finally:
        gc.unfreeze()


def _make_table(study: StudyFolder, name: str) -> None:
    make_table(study, name)
    _date_back(study.results / f"{name}.csv")


def _draw_chart(study: StudyFolder, name: str) -> None:
    draw_chart(study, name)
    _date_back(study.figure(name))


def _date_back(file: Path) -> None:
    """Make a file older than every run.

    Snakemake does not know of which config it is. Where its own rules never made it, it would take it for that of the
    next config; a file that is older than its runs is made again.
    """
    os.utime(file, (LONG_AGO, LONG_AGO))


_study_of_process: StudyFolder | None = None


def _adopt(study: StudyFolder) -> None:
    """Keep a study in a process of a pool: it is forked with the process, because a plan cannot be sent to it."""
    global _study_of_process
    _study_of_process = study


def _make_of_adopted(make: Callable[[StudyFolder, str], None], name: str) -> None:
    make(_study_of_process, name)

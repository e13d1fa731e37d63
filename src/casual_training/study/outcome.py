"""How a study ended: which of its runs are not ok and why, and the one command that makes just those again.

Shown on the page and at the end of a study alike. It needs neither pandas nor torch, so that a workflow can call it.
"""

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from casual_training.plan.run import Run
from casual_training.records.record import FILE, read_record

LONGEST_CAUSE = 200  # characters, of a line at the end of a study


@dataclass(frozen=True)
class Failure:
    """A run that is not ok; `expected` if its method is in the study to show how it fails."""

    folder: str
    status: str
    cause: str
    expected: bool


@dataclass(frozen=True)
class Outcome:
    """How the planned runs of a study, its independent copies among them, have ended."""

    n_planned: int
    n_missing: int
    failures: list[Failure]

    @property
    def unexpected(self) -> list[Failure]:
        """The failures that nobody planned and that another attempt may put right."""
        return [failure for failure in self.failures if not failure.expected and failure.status != "unavailable"]

    @property
    def sentence(self) -> str:
        """How many runs failed, or that none did: "2 of 16 runs failed, 1 failed as expected"."""
        n_failed, n_ok = len(self.unexpected), self.n_planned - self.n_missing - len(self.failures)
        words = f"{n_failed} of {self.n_planned} runs failed" if n_failed else f"{n_ok} of {self.n_planned} runs are ok"
        n_unavailable = sum(failure.status == "unavailable" for failure in self.failures)
        n_expected = sum(failure.expected and failure.status != "unavailable" for failure in self.failures)
        words += f", {n_expected} failed as expected" if n_expected else ""
        words += f", {n_unavailable} cannot be made here" if n_unavailable else ""
        return words + (f", {self.n_missing} not made yet" if self.n_missing else "")

    def repeat(self, command: str) -> str:
        """Return the command that makes the runs again that failed unexpectedly; empty if there are none."""
        folders = [failure.folder for failure in self.unexpected]
        return repeat_command(command, folders) if folders else ""


def outcome(runs: Sequence[Run], root: Path) -> Outcome:
    """Read how planned runs have ended, below the project folder `root`.

    A run that has no result, or one of another config, is missing; a result that cannot be read is a failure.
    """
    failures, n_missing = [], 0
    for run in runs:
        if not (root / run.folder / FILE).is_file():
            n_missing += 1
            continue
        try:
            record = read_record(root / run.folder)
        except ValueError:
            failures.append(Failure(run.folder, "unreadable", f"its {FILE} cannot be read", expected=False))
            continue
        if record.run != run:
            n_missing += 1
        elif not record.ok:
            failures.append(Failure(run.folder, record.status, record.cause, run.expected_failure))
    return Outcome(len(runs), n_missing, failures)


def repeat_command(command: str, failed: list[str]) -> str:
    """Return the one command that makes runs again.

    Args:
        command: the study's own command.
        failed: folders of runs, relative to the project; one or more.
    """
    return f"{command} --forcerun {shlex.join(f'{folder}/{FILE}' for folder in failed)}"


def closing_lines(runs: Sequence[Run], root: Path, command: str) -> str:
    """Describe how a study ended: how many runs are ok and where the page is, or what failed and how to repeat it.

    Args:
        runs: all planned runs of one study, independent copies included.
        root: the project folder.
        command: the study's own command, such as "snakemake --cores 4".
    """
    ended, study = outcome(runs, root), runs[0].study
    page = f"reports/{study}/report.html"
    lines = [f"study {study}: {ended.sentence}" + (f"; the page: {page}" if (root / page).is_file() else "")]
    causes = Counter(_line(failure) for failure in ended.unexpected)
    lines += [f"  {cause}" + (f" ({number} runs)" if number > 1 else "") for cause, number in causes.items()]
    if ended.unexpected:
        lines += ["to make just those again:", f"  {ended.repeat(command)}"]
    return "\n".join(lines)


def _line(failure: Failure) -> str:
    words = " ".join(f"{failure.status}: {failure.cause}".split())
    return words if len(words) <= LONGEST_CAUSE else f"{words[: LONGEST_CAUSE - 4]} ..."

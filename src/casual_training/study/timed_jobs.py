"""What the rules of train.smk ask of a timed job, which they know by the wildcards in its folder."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from casual_training.config.references import is_user_code
from casual_training.plan.lr_trials import trials_of
from casual_training.plan.plan import Plan
from casual_training.plan.run import FOLDERS, Kind, Run
from casual_training.records.record import FILE
from casual_training.study.code_digest import code_digest


def as_json(value: Any) -> str:
    """Return JSON that Snakemake may put into the script of its report as it is: nothing in it ends that."""
    return json.dumps(value).replace("<", r"\u003c")


class TimedJobs:
    """The timed jobs of one kind in a plan; its methods take the wildcards of a job.

    Args:
        plan: of the study.
        kind: "run", "trial", "copies" or "diagnosis".
    """

    def __init__(self, plan: Plan, kind: Kind):
        self.folder = FOLDERS[kind]  # with wildcards
        self._runs, self._study = plan.by_folder, plan.name
        # Snakemake starts the ready job of the highest priority, so these make it follow the schedule of the study.
        self._priorities = {run.folder: -place for place, run in enumerate(plan.timed)}

    def run(self, wildcards: Mapping[str, str]) -> Run:
        """Return the run of a job; WorkflowError, one sentence, if the study does not plan it."""
        from snakemake.exceptions import WorkflowError

        folder = self.folder.format_map(wildcards)
        if folder not in self._runs:
            raise WorkflowError(f"{folder} is not planned in the study {self._study}; add it in the config")
        return self._runs[folder]

    def data(self, wildcards: Mapping[str, str]) -> str | list[str]:
        """Return the input that says the job's data are there; the user's own factory needs none."""
        run = self.run(wildcards)
        return [] if is_user_code(run.dataset) else f"results/datasets/{run.dataset}.sha256"

    def trials(self, wildcards: Mapping[str, str]) -> list[str]:
        """Return the results of the trials that choose a run's learning rate; none unless it is tuned."""
        return [f"{trial.folder}/{FILE}" for trial in trials_of(self.run(wildcards))]

    def priority(self, wildcards: Mapping[str, str]) -> int:
        """Return the priority of the job."""
        return self._priorities[self.run(wildcards).folder]

    @property
    def params(self) -> dict[str, Callable[[Mapping[str, str]], str]]:
        """The parameters of the job: a change of its run or of the code that it goes through makes it run again.

        `code` is a digest. As inputs, the same files would be 50,000 in a grid of 1,000 runs.
        """
        return {
            "run": lambda wildcards: as_json(self.run(wildcards).spec),
            "code": lambda wildcards: code_digest(self.run(wildcards)),
            "folder": lambda wildcards: self.run(wildcards).folder,
        }

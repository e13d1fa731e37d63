# What the other files share: the plan of the study, and the inputs that a result depends on.

import os
import shlex
import subprocess
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from casual_training.files import require_writable
from casual_training.study import interruption, live_line, outcome, snakemake_parent, snakemake_lock
from casual_training.study.load import load_plan
from casual_training.study.timed_jobs import TimedJobs, as_json

try:
    PLAN = load_plan(config)
except ValueError as error:
    sys.exit(str(error))  # one sentence, no traceback


STUDY = PLAN.name
CONFIG_JSON = as_json(PLAN.config.model_dump(mode="json"))
DATA_DIR = PLAN.config.machine.data_dir
DEADLINE = PLAN.config.machine.deadline_seconds
# Relative, because the page shows them: it must not tell where the project stands, nor change when that moves.
OVERLAYS = [os.path.relpath(file) for file in workflow.overwrite_configfiles]
SETTINGS = [f"{key}={as_json(value)}" for key, value in workflow.config_settings.config.items()]
AGAIN = shlex.join(
    ["snakemake", "--cores", "4"]
    + (["--configfile", *OVERLAYS] if OVERLAYS else [])
    + (["--config", *SETTINGS] if SETTINGS else [])
)

snakemake_lock.unlock_if_alone(Path(".snakemake"))
os.environ[snakemake_parent.VARIABLE] = str(os.getpid())  # jobs end with this process

# Jobs use the Python that runs Snakemake, whether or not its environment is activated. A prefix of our own takes the
# place of Snakemake's, without which a job that fails before a pipe would count as done.
shell.prefix(f"set -euo pipefail; export PATH={shlex.quote(os.path.dirname(sys.executable))}:$PATH; ")

# More threads than any machine has: Snakemake cuts them down to --cores, so that a timed job always gets all of
# them and never runs beside another. What a run does with the machine is the config's business alone.
ALL_CORES = 100_000


wildcard_constraints:
    study=STUDY,
    workload="|".join(PLAN.workloads),
    method="|".join(PLAN.methods),
    workers=r"\d+",
    epochs=r"[0-9.e+-]+",
    seed=r"\d+",
    factor=r"[0-9.e+-]+",


# As functions, because Snakemake looks for wildcards in what stands in braces in a parameter that is a string, such as
# `cost.cloud.machine`.
def config_as_json(wildcards):
    return CONFIG_JSON


def command_again(wildcards):
    return AGAIN


LINE = live_line.LiveLine()


onstart:
    for folder in (f"results/{STUDY}", f"reports/{STUDY}"):
        try:
            require_writable(Path(folder))
        except ValueError as error:
            raise WorkflowError(str(error)) from None
    interruption.end_jobs_when_interrupted()
    # Limiting how many jobs start in a second, Snakemake wakes up every second once more for each job that has ended.
    # An hour into a study that took 7 % of two cores from the runs that it was timing.
    workflow.scheduler.job_rate_limiter = None
    timed = [job.params.folder for job in workflow.dag.needrun_jobs() if hasattr(job.params, "folder")]
    if timed:
        announcement = subprocess.run(
            [sys.executable, "-m", "casual_training", "announce", "--study", CONFIG_JSON],
            input="\n".join(timed),
            text=True,
        )
        if announcement.returncode:
            raise WorkflowError("the study was not started, because its announcement was interrupted or failed")
        if not workflow.output_settings.quiet:
            LINE.start(PLAN.timed, set(timed), logger)


onerror:
    LINE.stop()
    print(f"What is done stays done. To go on, type:\n  {AGAIN}", file=sys.stderr)


onsuccess:
    LINE.stop()
    print(outcome.closing_lines(PLAN.timed, Path(), AGAIN), file=sys.stderr)

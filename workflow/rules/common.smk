# What the other files share: the checked config, its runs, and the inputs that a result depends on.

import functools
import hashlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from casual_training.study import interruption, live_line, outcome, snakemake_parent, stale_lock
from casual_training.workload import user_code
from casual_training.plan import study, lr_trials
from casual_training.files import require_writable

try:
    CONFIG = study.validate(config)
except ValueError as error:
    sys.exit(str(error))  # one sentence, no traceback


def as_json(value):
    """Write JSON that Snakemake may put into the script of its report as it is: nothing in it ends that."""
    return json.dumps(value).replace("<", r"\u003c")


STUDY = CONFIG["study"]["name"]
CONFIG_JSON = as_json(CONFIG)
DATA_DIR = CONFIG["machine"]["data_dir"]
DEADLINE = CONFIG["machine"]["deadline_seconds"]
# Relative, because the page shows them: it must not tell where the project stands, nor change when that moves.
OVERLAYS = [os.path.relpath(file) for file in workflow.overwrite_configfiles]
SETTINGS = [f"{key}={as_json(value)}" for key, value in workflow.config_settings.config.items()]
AGAIN = shlex.join(
    ["snakemake", "--cores", "4"]
    + (["--configfile", *OVERLAYS] if OVERLAYS else [])
    + (["--config", *SETTINGS] if SETTINGS else [])
)

stale_lock.unlock_if_alone(Path(".snakemake"))
os.environ[snakemake_parent.VARIABLE] = str(os.getpid())  # jobs end with this process

# Jobs use the Python that runs Snakemake, whether or not its environment is activated. A prefix of our own takes the
# place of Snakemake's, without which a job that fails before a pipe would count as done.
shell.prefix(f"set -euo pipefail; export PATH={shlex.quote(os.path.dirname(sys.executable))}:$PATH; ")

# More threads than any machine has: Snakemake cuts them down to --cores, so that a timed job always gets all of
# them and never runs beside another. What a run does with the machine is the config's business alone.
ALL_CORES = 100_000

# What every run goes through, whatever its strategy and model: modules of src/casual_training.
CORE = """
batch_norm clocks datasets diagnosis evaluation experiment flat idx machine metrics noise optimization own parameter_server
pictures pipelines preload processes record recorder rendezvous repetition run samples seeding server_connection
shared_barrier shared_gradients shared_memory shared_weights snapshots trial
""".split()

RUNS = {run.folder: run for run in study.plan(CONFIG)}
CEILINGS = {run.folder: run for run in study.plan_ceilings(CONFIG)}
TRIALS = {run.folder: run for run in study.plan_trials(CONFIG)}
DIAGNOSES = {run.folder: run for run in study.plan_diagnoses(CONFIG)}
TIMED = [*study.schedule(CONFIG), *DIAGNOSES.values()]
# Snakemake starts the ready job of the highest priority, so this makes it follow the schedule of the study.
PRIORITIES = {run.folder: -place for place, run in enumerate(TIMED)}


wildcard_constraints:
    study=STUDY,
    workload="|".join(CONFIG["study"]["workloads"]),
    method="|".join(study.methods(CONFIG)),
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


def planned_run(wildcards):
    folder = "results/{study}/runs/{workload}/{method}/{workers}x{epochs}/seed-{seed}".format_map(wildcards)
    if folder not in RUNS:
        raise WorkflowError(f"{folder} is not a run of the study {STUDY}; add it in the config, or ask for another")
    return RUNS[folder]


def planned_ceiling(wildcards):
    folder = "results/{study}/ceilings/{workload}/seed-{seed}".format_map(wildcards)
    if folder not in CEILINGS:
        raise WorkflowError(f"{folder} is not a ceiling of the study {STUDY}; add its seed in the config")
    return CEILINGS[folder]


def planned_trial(wildcards):
    folder = "results/{study}/trials/{workload}/{method}/{workers}x{epochs}/rate-{factor}".format_map(wildcards)
    if folder not in TRIALS:
        raise WorkflowError(f"{folder} is not a trial of the study {STUDY}; add its factor to study.tune")
    return TRIALS[folder]


def planned_diagnosis(wildcards):
    folder = "results/{study}/diagnoses/{workload}/{method}/{workers}x{epochs}/seed-{seed}".format_map(wildcards)
    if folder not in DIAGNOSES:
        raise WorkflowError(f"{folder} is not a diagnosis of the study {STUDY}; set study.diagnose in the config")
    return DIAGNOSES[folder]


def spec_of(run):
    """A run as JSON: a parameter of its job, so that a change in the config reruns what it concerns."""
    return as_json(run.spec)


def code_of(run):
    """The sha256 of the code a run depends on: its strategy, its model, what every run goes through, the user's own.

    A parameter of the job, so that an edit reruns what it concerns. As inputs, the same files would be 15,000 in a
    grid of 1,000 runs and double the time of a dry run.
    """
    ours = [*CORE, f"strategies/{run.strategy}"] + ([] if user_code.is_own(run.model) else [f"models/{run.model}"])
    ours += ["target", "tuning"] if run.tune else []
    files = [Path(workflow.basedir, f"src/casual_training/{name}.py") for name in ours]
    return _sha256_of(*files, *map(user_code.source_file, run.user_code))


@functools.cache
def _sha256_of(*files):
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def data_of(run):
    """The input of a run that says its data are there; the user's own factory needs none."""
    return [] if user_code.is_own(run.dataset) else f"results/datasets/{run.dataset}.sha256"


def sources_of_analysis(*modules):
    """The source files a table, a chart or the page depends on: the named ones and what all of them go through."""
    return [
        f"src/casual_training/analysis/{module}" for module in ("columns.py", "run_folders.py", "steps.py", *modules)
    ]


# What the verdict goes through.
OF_THE_VERDICT = ["caveats.py", "contrasts.py", "findings.py", "speedups.py", "tables.py", "verdict.py", "wording.py"]
# The scripts that show what a method costs in code.
SCRIPTS = sorted(str(file) for file in Path("examples/standalone").glob("*.py"))


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
    rules_of_runs = ("try_rate", "train", "measure_independent_copies", "diagnose")
    timed = [job for job in workflow.dag.needrun_jobs() if job.rule.name in rules_of_runs]
    if timed:
        announcement = subprocess.run(
            [sys.executable, "-m", "casual_training", "announce", "--study", CONFIG_JSON],
            input="\n".join(job.params.folder for job in timed),
            text=True,
        )
        if announcement.returncode:
            raise WorkflowError("the study was not started, because its announcement was interrupted or failed")
        if not workflow.output_settings.quiet:
            LINE.start(TIMED, {job.params.folder for job in timed}, logger)


onerror:
    LINE.stop()
    print(f"What is done stays done. To go on, type:\n  {AGAIN}", file=sys.stderr)

# Timed jobs: one job, one run, one folder. They claim every core, so no two of them ever run at the same time.
# Where the data are and how long a run may take are resources, not parameters: changing them reruns nothing.

RUNS = TimedJobs(PLAN, "run")
TRIALS = TimedJobs(PLAN, "trial")
COPIES = TimedJobs(PLAN, "copies")
DIAGNOSES = TimedJobs(PLAN, "diagnosis")


rule train:
    input:
        dataset=RUNS.data,
        trials=RUNS.trials,
    output:
        run=f"{RUNS.folder}/run.json",
        losses=f"{RUNS.folder}/losses.csv",
    log:
        f"{RUNS.folder}/train.log",
    priority: RUNS.priority
    threads: ALL_CORES
    resources:
        data_dir=DATA_DIR,
        deadline_seconds=DEADLINE,
    params:
        **RUNS.params,
    shell:
        "python -m casual_training train --run {params.run:q} --out {params.folder:q}"
        " --data-dir {resources.data_dir:q} --deadline {resources.deadline_seconds}"


use rule train as try_rate with:
    input:
        dataset=TRIALS.data,
    output:
        run=f"{TRIALS.folder}/run.json",
        losses=f"{TRIALS.folder}/losses.csv",
    log:
        f"{TRIALS.folder}/train.log",
    priority: TRIALS.priority
    params:
        **TRIALS.params,


use rule train as measure_independent_copies with:
    input:
        dataset=COPIES.data,
    output:
        run=f"{COPIES.folder}/run.json",
        losses=f"{COPIES.folder}/losses.csv",
    log:
        f"{COPIES.folder}/train.log",
    priority: COPIES.priority
    params:
        **COPIES.params,


use rule train as diagnose with:
    input:
        dataset=DIAGNOSES.data,
    output:
        run=f"{DIAGNOSES.folder}/run.json",
        losses=f"{DIAGNOSES.folder}/losses.csv",
    log:
        f"{DIAGNOSES.folder}/train.log",
    priority: DIAGNOSES.priority
    params:
        **DIAGNOSES.params,

# Timed jobs: one job, one run, one folder. They claim every core, so no two of them ever run at the same time.
# Where the data are and how long a run may take are resources, not parameters: changing them reruns nothing.

RUN = "results/{study}/runs/{workload}/{method}/{workers}x{epochs}/seed-{seed}"
TRIAL = "results/{study}/trials/{workload}/{method}/{workers}x{epochs}/rate-{factor}"
COPIES = "results/{study}/independent_copies/{workload}/seed-{seed}"
DIAGNOSIS = "results/{study}/diagnoses/{workload}/{method}/{workers}x{epochs}/seed-{seed}"


def planned(folder):
    """Make the function from the wildcards in a folder of a timed job to its run."""

    def find(wildcards):
        name = folder.format_map(wildcards)
        if name not in PLAN.by_folder:
            raise WorkflowError(f"{name} is not of the study {STUDY}; add it in the config, or ask for another")
        return PLAN.by_folder[name]

    return find


def data_in(folder):
    """Make the input of a timed job that says its data are there; the user's own factory needs none."""

    def file(wildcards):
        run = planned(folder)(wildcards)
        return [] if is_user_code(run.dataset) else f"results/datasets/{run.dataset}.sha256"

    return file


def priority_in(folder):
    return lambda wildcards: PRIORITIES[planned(folder)(wildcards).folder]


def job_in(folder):
    """Make the parameters of a timed job: a change of any of them makes it run again.

    `code` is a digest. As inputs, the same files would be 50,000 in a grid of 1,000 runs.
    """
    find = planned(folder)
    return {
        "run": lambda wildcards: as_json(find(wildcards).spec),
        "code": lambda wildcards: code_digest(find(wildcards)),
        "folder": lambda wildcards: find(wildcards).folder,
    }


rule train:
    input:
        dataset=data_in(RUN),
        trials=lambda wildcards: [f"{trial.folder}/run.json" for trial in trials_of(planned(RUN)(wildcards))],
    output:
        run=f"{RUN}/run.json",
        losses=f"{RUN}/losses.csv",
    log:
        f"{RUN}/train.log",
    priority: priority_in(RUN)
    threads: ALL_CORES
    resources:
        data_dir=DATA_DIR,
        deadline_seconds=DEADLINE,
    params:
        **job_in(RUN),
    shell:
        "python -m casual_training train --run {params.run:q} --out {params.folder:q}"
        " --data-dir {resources.data_dir:q} --deadline {resources.deadline_seconds}"


use rule train as try_rate with:
    input:
        dataset=data_in(TRIAL),
    output:
        run=f"{TRIAL}/run.json",
        losses=f"{TRIAL}/losses.csv",
    log:
        f"{TRIAL}/train.log",
    priority: priority_in(TRIAL)
    params:
        **job_in(TRIAL),


use rule train as measure_independent_copies with:
    input:
        dataset=data_in(COPIES),
    output:
        run=f"{COPIES}/run.json",
        losses=f"{COPIES}/losses.csv",
    log:
        f"{COPIES}/train.log",
    priority: priority_in(COPIES)
    params:
        **job_in(COPIES),


use rule train as diagnose with:
    input:
        dataset=data_in(DIAGNOSIS),
    output:
        run=f"{DIAGNOSIS}/run.json",
        losses=f"{DIAGNOSIS}/losses.csv",
    log:
        f"{DIAGNOSIS}/train.log",
    priority: priority_in(DIAGNOSIS)
    params:
        **job_in(DIAGNOSIS),

# Timed jobs: one job, one run, one folder. They claim every core, so no two of them ever run at the same time.
# Where the data are and how long a run may take are resources, not parameters: changing them reruns nothing.


rule try_rate:
    input:
        dataset=lambda wildcards: data_of(planned_trial(wildcards)),
    output:
        run="results/{study}/trials/{workload}/{method}/{workers}x{epochs}/rate-{factor}/run.json",
        losses="results/{study}/trials/{workload}/{method}/{workers}x{epochs}/rate-{factor}/losses.csv",
    log:
        "results/{study}/trials/{workload}/{method}/{workers}x{epochs}/rate-{factor}/train.log",
    priority: lambda wildcards: PRIORITIES[planned_trial(wildcards).folder]
    threads: ALL_CORES
    resources:
        data_dir=DATA_DIR,
        deadline_seconds=DEADLINE,
    params:
        run=lambda wildcards: spec_of(planned_trial(wildcards)),
        code=lambda wildcards: code_of(planned_trial(wildcards)),
        folder=lambda wildcards: planned_trial(wildcards).folder,
    shell:
        "python -m casual_training train --run {params.run:q} --out {params.folder:q}"
        " --data-dir {resources.data_dir:q} --deadline {resources.deadline_seconds}"


rule train:
    input:
        dataset=lambda wildcards: data_of(planned_run(wildcards)),
        trials=lambda wildcards: [f"{run.folder}/run.json" for run in tuning.trials_of(planned_run(wildcards))],
    output:
        run="results/{study}/runs/{workload}/{method}/{workers}x{epochs}/seed-{seed}/run.json",
        losses="results/{study}/runs/{workload}/{method}/{workers}x{epochs}/seed-{seed}/losses.csv",
    log:
        "results/{study}/runs/{workload}/{method}/{workers}x{epochs}/seed-{seed}/train.log",
    priority: lambda wildcards: PRIORITIES[planned_run(wildcards).folder]
    threads: ALL_CORES
    resources:
        data_dir=DATA_DIR,
        deadline_seconds=DEADLINE,
    params:
        run=lambda wildcards: spec_of(planned_run(wildcards)),
        code=lambda wildcards: code_of(planned_run(wildcards)),
        folder=lambda wildcards: planned_run(wildcards).folder,
    shell:
        "python -m casual_training train --run {params.run:q} --out {params.folder:q}"
        " --trials {input.trials:q} --data-dir {resources.data_dir:q} --deadline {resources.deadline_seconds}"


rule measure_independent_copies:
    input:
        dataset=lambda wildcards: data_of(planned_ceiling(wildcards)),
    output:
        run="results/{study}/ceilings/{workload}/seed-{seed}/run.json",
        losses="results/{study}/ceilings/{workload}/seed-{seed}/losses.csv",
    log:
        "results/{study}/ceilings/{workload}/seed-{seed}/train.log",
    priority: lambda wildcards: PRIORITIES[planned_ceiling(wildcards).folder]
    threads: ALL_CORES
    resources:
        data_dir=DATA_DIR,
        deadline_seconds=DEADLINE,
    params:
        run=lambda wildcards: spec_of(planned_ceiling(wildcards)),
        code=lambda wildcards: code_of(planned_ceiling(wildcards)),
        folder=lambda wildcards: planned_ceiling(wildcards).folder,
    shell:
        "python -m casual_training train --run {params.run:q} --out {params.folder:q}"
        " --data-dir {resources.data_dir:q} --deadline {resources.deadline_seconds}"


rule diagnose:
    input:
        dataset=lambda wildcards: data_of(planned_diagnosis(wildcards)),
    output:
        run="results/{study}/diagnoses/{workload}/{method}/{workers}x{epochs}/seed-{seed}/run.json",
        losses="results/{study}/diagnoses/{workload}/{method}/{workers}x{epochs}/seed-{seed}/losses.csv",
    log:
        "results/{study}/diagnoses/{workload}/{method}/{workers}x{epochs}/seed-{seed}/train.log",
    priority: lambda wildcards: PRIORITIES[planned_diagnosis(wildcards).folder]
    threads: ALL_CORES
    resources:
        data_dir=DATA_DIR,
        deadline_seconds=DEADLINE,
    params:
        run=lambda wildcards: spec_of(planned_diagnosis(wildcards)),
        code=lambda wildcards: code_of(planned_diagnosis(wildcards)),
        folder=lambda wildcards: planned_diagnosis(wildcards).folder,
    shell:
        "python -m casual_training train --run {params.run:q} --out {params.folder:q}"
        " --data-dir {resources.data_dir:q} --deadline {resources.deadline_seconds}"

# Data sets: fetched once, checked, shared by all studies.
# Where they are put is a resource, not a parameter: while this rule has a reason to run, Snakemake does not look at
# the reasons of the jobs behind its `ancient` output, and a study that needs them would end without them.


rule fetch_dataset:
    output:
        "results/datasets/{dataset}.sha256",
    log:
        "results/datasets/{dataset}.log",
    resources:
        data_dir=DATA_DIR,
    shell:
        "python -m casual_training fetch {wildcards.dataset} --data-dir {resources.data_dir:q} --checksums {output:q}"
        " 2>&1 | tee {log:q}"

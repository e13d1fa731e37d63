# Data sets: fetched once, checked, shared by all studies.
# Where they are put is a resource, not a parameter: the same bytes in another folder rerun nothing.


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

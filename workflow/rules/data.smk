# Data sets: fetched once, checked, shared by all studies.


rule fetch_dataset:
    output:
        "results/datasets/{dataset}.sha256",
    log:
        "results/datasets/{dataset}.log",
    params:
        data_dir=DATA_DIR,
    shell:
        "python -m casual_training fetch {wildcards.dataset} --data-dir {params.data_dir:q} --checksums {output:q}"
        " 2>&1 | tee {log:q}"

# From run folders to tables, and from tables to the verdict. A table is a file of src/casual_training/analysis/tables.

from casual_training.analysis import inputs, parts

TABLES = parts.literals("tables")


rule make_table:
    input:
        data=lambda wildcards: inputs.input_files("tables", wildcards.table, PLAN),
        sources=inputs.source_files(),
    output:
        report("results/{study}/{table}.csv", caption="../report/caption.rst", category="Tables"),
    log:
        "results/{study}/logs/make_table_{table}.log",
    wildcard_constraints:
        table="|".join(TABLES),
    params:
        study=config_as_json,
        caption=lambda wildcards: TABLES[wildcards.table]["CAPTION"],
    shell:
        "python -m casual_training make-table {wildcards.table} --study {params.study:q} 2>&1 | tee {log:q}"


rule make_verdict:
    input:
        runs="results/{study}/runs.csv",
        comparison="results/{study}/comparison.csv",
        sources=inputs.source_files(),
    output:
        report("results/{study}/verdict.json", caption="../report/verdict.rst", category="Tables"),
    log:
        "results/{study}/logs/make_verdict.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training make-verdict --study {params.study:q} 2>&1 | tee {log:q}"

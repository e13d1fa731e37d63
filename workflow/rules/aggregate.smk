# From run folders to tables.


rule collect_runs:
    input:
        runs=expand("{folder}/run.json", folder=RUNS),
        ceilings=expand("{folder}/run.json", folder=CEILINGS),
        trials=expand("{folder}/run.json", folder=TRIALS),
        sources=sources_of_analysis("switching.py", "tables.py", "tuning.py"),
        choice=["src/casual_training/target.py", "src/casual_training/tuning.py"],
    output:
        runs=report("results/{study}/runs.csv", caption="../report/runs.rst", category="Tables"),
        ceilings=report("results/{study}/ceilings.csv", caption="../report/ceilings.rst", category="Tables"),
        switching=report("results/{study}/switching.csv", caption="../report/switching.rst", category="Tables"),
        tuning=report("results/{study}/tuning.csv", caption="../report/tuning.rst", category="Tables"),
    log:
        "results/{study}/logs/collect_runs.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training collect --study {params.study:q} 2>&1 | tee {log:q}"


rule compare_methods:
    input:
        runs="results/{study}/runs.csv",
        ceilings="results/{study}/ceilings.csv",
        scripts=SCRIPTS,
        sources=sources_of_analysis("code_cost.py", *OF_THE_VERDICT),
    output:
        comparison=report("results/{study}/comparison.csv", caption="../report/comparison.rst", category="Tables"),
        verdict=report("results/{study}/verdict.json", caption="../report/verdict.rst", category="Tables"),
    log:
        "results/{study}/logs/compare_methods.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training compare --study {params.study:q} 2>&1 | tee {log:q}"


rule model_costs:
    input:
        runs="results/{study}/runs.csv",
        sources=sources_of_analysis("cost.py", "tables.py"),
    output:
        report("results/{study}/cost.csv", caption="../report/cost.rst", category="Tables"),
    log:
        "results/{study}/logs/model_costs.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training model-costs --study {params.study:q} 2>&1 | tee {log:q}"


rule examine_claims:
    input:
        runs="results/{study}/runs.csv",
        sources=sources_of_analysis("claims.py", "original.py", "tables.py", "wording.py"),
    output:
        report("results/{study}/claims.csv", caption="../report/claims.rst", category="Tables"),
    log:
        "results/{study}/logs/examine_claims.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training examine --study {params.study:q} 2>&1 | tee {log:q}"


rule collect_diagnostics:
    input:
        runs="results/{study}/runs.csv",
        records=expand("{folder}/run.json", folder=RUNS),
        diagnoses=expand("{folder}/run.json", folder=DIAGNOSES),
        sources=sources_of_analysis("diagnostics.py", "tables.py", "wording.py"),
    output:
        report("results/{study}/diagnostics.csv", caption="../report/diagnostics.rst", category="Tables"),
    log:
        "results/{study}/logs/collect_diagnostics.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training collect-diagnostics --study {params.study:q} 2>&1 | tee {log:q}"

# From tables to charts and the page.

CHARTS = [
    "forest",
    "waterfall",
    "accuracy",
    "scaling",
    "step_time",
    "losses",
    "losses_smoothed",
    "staleness",
    "code_cost",
]


rule plot_losses:
    input:
        runs="results/{study}/runs.csv",
        losses=expand("{folder}/losses.csv", folder=RUNS),
        sources=sources_of_analysis("charts.py", "tables.py", "wording.py"),
    output:
        report(
            "reports/{study}/figures/losses.svg",
            caption="../report/losses.rst",
            category="Charts",
        ),
        report(
            "reports/{study}/figures/losses_smoothed.svg",
            caption="../report/losses_smoothed.rst",
            category="Charts",
        ),
        expand("reports/{{study}}/tables/{table}.csv", table=["losses", "losses_smoothed"]),
    log:
        "results/{study}/logs/plot_losses.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training draw-losses --study {params.study:q} 2>&1 | tee {log:q}"


rule plot_forest:
    input:
        runs="results/{study}/runs.csv",
        ceilings="results/{study}/ceilings.csv",
        comparison="results/{study}/comparison.csv",
        sources=sources_of_analysis("charts.py", "contrasts.py", "forest.py", "speedups.py", "tables.py", "wording.py"),
    output:
        report(
            "reports/{study}/figures/forest.svg",
            caption="../report/forest.rst",
            category="Charts",
        ),
        "reports/{study}/tables/forest.csv",
    log:
        "results/{study}/logs/plot_forest.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training draw-forest --study {params.study:q} 2>&1 | tee {log:q}"


rule plot_waterfall:
    input:
        comparison="results/{study}/comparison.csv",
        runs="results/{study}/runs.csv",
        sources=sources_of_analysis("charts.py", "contrasts.py", "forest.py", "waterfall.py", "wording.py"),
    output:
        report(
            "reports/{study}/figures/waterfall.svg",
            caption="../report/waterfall.rst",
            category="Charts",
        ),
        "reports/{study}/tables/waterfall.csv",
    log:
        "results/{study}/logs/plot_waterfall.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training draw-waterfall --study {params.study:q} 2>&1 | tee {log:q}"


rule plot_accuracy:
    input:
        runs="results/{study}/runs.csv",
        curves=expand("{folder}/run.json", folder=RUNS),
        sources=sources_of_analysis("charts.py", "tables.py", "wording.py"),
    output:
        report(
            "reports/{study}/figures/accuracy.svg",
            caption="../report/accuracy.rst",
            category="Charts",
        ),
        "reports/{study}/tables/accuracy.csv",
    log:
        "results/{study}/logs/plot_accuracy.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training draw-accuracy --study {params.study:q} 2>&1 | tee {log:q}"


rule plot_scaling:
    input:
        comparison="results/{study}/comparison.csv",
        runs="results/{study}/runs.csv",
        ceilings="results/{study}/ceilings.csv",
        sources=sources_of_analysis("charts.py", "scaling.py", "tables.py", "wording.py"),
    output:
        report(
            "reports/{study}/figures/scaling.svg",
            caption="../report/scaling.rst",
            category="Charts",
        ),
        "reports/{study}/tables/scaling.csv",
    log:
        "results/{study}/logs/plot_scaling.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training draw-scaling --study {params.study:q} 2>&1 | tee {log:q}"


rule plot_step_time:
    input:
        comparison="results/{study}/comparison.csv",
        runs="results/{study}/runs.csv",
        sources=sources_of_analysis("charts.py", "contrasts.py", "forest.py", "step_time.py", "tables.py", "wording.py"),
    output:
        report(
            "reports/{study}/figures/step_time.svg",
            caption="../report/step_time.rst",
            category="Charts",
        ),
        "reports/{study}/tables/step_time.csv",
    log:
        "results/{study}/logs/plot_step_time.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training draw-step-time --study {params.study:q} 2>&1 | tee {log:q}"


rule plot_code_cost:
    input:
        comparison="results/{study}/comparison.csv",
        runs="results/{study}/runs.csv",
        sources=sources_of_analysis("charts.py", "tables.py", "wording.py"),
    output:
        report(
            "reports/{study}/figures/code_cost.svg",
            caption="../report/code_cost.rst",
            category="Charts",
        ),
        "reports/{study}/tables/code_cost.csv",
    log:
        "results/{study}/logs/plot_code_cost.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training draw-code-cost --study {params.study:q} 2>&1 | tee {log:q}"


rule plot_staleness:
    input:
        runs="results/{study}/runs.csv",
        records=expand("{folder}/run.json", folder=RUNS),
        sources=sources_of_analysis("charts.py", "diagnostics.py", "tables.py", "wording.py"),
    output:
        report(
            "reports/{study}/figures/staleness.svg",
            caption="../report/staleness.rst",
            category="Charts",
        ),
        "reports/{study}/tables/staleness.csv",
    log:
        "results/{study}/logs/plot_staleness.log",
    params:
        study=config_as_json,
    shell:
        "python -m casual_training draw-staleness --study {params.study:q} 2>&1 | tee {log:q}"


rule render_report:
    input:
        runs="results/{study}/runs.csv",
        ceilings="results/{study}/ceilings.csv",
        comparison="results/{study}/comparison.csv",
        verdict="results/{study}/verdict.json",
        claims="results/{study}/claims.csv",
        cost="results/{study}/cost.csv",
        diagnostics="results/{study}/diagnostics.csv",
        switching="results/{study}/switching.csv",
        tuning="results/{study}/tuning.csv",
        charts=expand("reports/{{study}}/figures/{chart}.svg", chart=CHARTS),
        tables=expand("reports/{{study}}/tables/{chart}.csv", chart=CHARTS),
        scripts=SCRIPTS,
        strategies=sorted({f"src/casual_training/strategies/{run.strategy}.py" for run in RUNS.values()}),
        sources=sources_of_analysis(
            "code_cost.py",
            "methods.py",
            "original.py",
            "quietness.py",
            "report.py",
            "report.html.jinja2",
            "sort.js",
            *OF_THE_VERDICT,
        ),
        outcome="src/casual_training/outcome.py",
    output:
        report("reports/{study}/report.html", caption="../report/page.rst", category="The page"),
        expand(
            "reports/{{study}}/tables/{table}.csv",
            table=[
                "runs",
                "comparison",
                "ceilings",
                "claims",
                "cost",
                "diagnostics",
                "switching",
                "tuning",
                "provenance",
            ],
        ),
        "reports/{study}/tables/verdict.json",
    log:
        "results/{study}/logs/render_report.log",
    params:
        study=config_as_json,
        again=command_again,
    shell:
        "python -m casual_training write-report --study {params.study:q} --again {params.again:q} 2>&1 | tee {log:q}"


rule report:
    # No inputs: it works on the run folders that exist, also those of an interrupted study, and trains nothing.
    log:
        f"results/{STUDY}/logs/report.log",
    params:
        study=config_as_json,
        again=command_again,
    shell:
        "python -m casual_training report --study {params.study:q} --again {params.again:q} 2>&1 | tee {log:q}"


onsuccess:
    LINE.stop()
    print(outcome.closing_lines(TIMED, Path(), AGAIN), file=sys.stderr)

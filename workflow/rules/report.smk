# From tables to charts and the page. A chart is a file of src/casual_training/analysis/charts.

CHARTS = parts.literals("charts")


rule draw_chart:
    input:
        data=lambda wildcards: inputs.input_files("charts", wildcards.chart, PLAN),
        sources=inputs.source_files("charts"),
    output:
        report("reports/{study}/figures/{chart}.svg", caption="../report/caption.rst", category="Charts"),
        "reports/{study}/tables/{chart}.csv",
    log:
        "results/{study}/logs/draw_chart_{chart}.log",
    wildcard_constraints:
        chart="|".join(CHARTS),
    params:
        study=config_as_json,
        caption=lambda wildcards: parts.caption_of_chart(wildcards.chart),
    shell:
        "python -m casual_training draw-chart {wildcards.chart} --study {params.study:q} 2>&1 | tee {log:q}"


rule render_report:
    input:
        tables=expand("results/{{study}}/{table}.csv", table=TABLES),
        verdict="results/{study}/verdict.json",
        figures=expand("reports/{{study}}/figures/{chart}.svg", chart=CHARTS),
        behind_figures=expand("reports/{{study}}/tables/{chart}.csv", chart=CHARTS),
        scripts=map(str, inputs.standalone_scripts()),
        strategies=inputs.strategy_files(PLAN),
        sources=inputs.source_files("charts", "page"),
    output:
        report("reports/{study}/report.html", caption="../report/page.rst", category="The page"),
        expand("reports/{{study}}/tables/{table}.csv", table=TABLES),
        "reports/{study}/tables/verdict.json",
    log:
        "results/{study}/logs/render_report.log",
    params:
        study=config_as_json,
        again=command_again,
    shell:
        "python -m casual_training write-page --study {params.study:q} --again {params.again:q} 2>&1 | tee {log:q}"


rule report:
    # No inputs: it works on the run folders that exist, also those of an interrupted study, and trains nothing.
    log:
        f"results/{STUDY}/logs/report.log",
    params:
        study=config_as_json,
        again=command_again,
    shell:
        "python -m casual_training report --study {params.study:q} --again {params.again:q} 2>&1 | tee {log:q}"

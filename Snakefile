# The study: which way of training a small network is fastest on this machine?
#
#   snakemake --cores 4                                              the default study, config.yaml
#   snakemake --cores 4 --configfile workflow/studies/quick.yaml     another one
#   snakemake --cores 1 report                                       tables, charts and page again, training nothing
#   snakemake --report reports/snakemake.html                        Snakemake's own report
#
# One file a stage, in the order of the work; rules are verbs.

from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


report: "workflow/report/study.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/aggregate.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        f"reports/{STUDY}/report.html",

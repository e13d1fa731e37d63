"""The parallel efficiency of each method of the study bench, with the range over its seeds, and its memory.

    python benchmarks/parallel_efficiency.py

Reads results/bench, which `snakemake --cores 4 --configfile workflow/studies/bench.yaml` makes.
"""

import pandas as pd

from casual_training.study.load import PROJECT


def main() -> None:
    runs = pd.read_csv(PROJECT / "results/bench/runs.csv").query("status == 'ok'")
    copies = pd.read_csv(PROJECT / "results/bench/independent_copies.csv").set_index("seed")["samples_per_second"]
    runs["share"] = 100 * runs["samples_per_second"] / runs["seed"].map(copies)
    two_workers = runs[runs["workers"] == 2].set_index(["method", "seed"])["samples_per_second"]
    serial_memory = runs.loc[runs["method"] == "serial", "pss_mb"].median()
    print("| method | workers | parallel efficiency (%) | against 2 workers | memory against serial | overlap |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (method, workers), own in runs.groupby(["method", "workers"], sort=False):
        against_two = "-"
        if workers > 2 and method in two_workers:
            speeds = own.set_index("seed")["samples_per_second"]
            against_two = f"{(speeds / two_workers[method]).median():.2f}"
        memory = f"{own['pss_mb'].median() / serial_memory:.2f}"
        shares = f"{own['share'].median():.1f} ({own['share'].min():.1f} to {own['share'].max():.1f})"
        print(f"| {method} | {workers} | {shares} | {against_two} | {memory} | {own['overlap'].median():.1%} |")


if __name__ == "__main__":
    main()

"""How close to the ceiling each method of the study bench came, with the range over its seeds.

    python benchmarks/ceiling.py

Reads results/bench, which `snakemake --cores 4 --configfile workflow/studies/bench.yaml` makes.
"""

import pandas as pd

from casual_training.study import PROJECT


def main() -> None:
    runs = pd.read_csv(PROJECT / "results/bench/runs.csv").query("status == 'ok'")
    ceilings = pd.read_csv(PROJECT / "results/bench/ceilings.csv").set_index("seed")["samples_per_second"]
    runs["share"] = 100 * runs["samples_per_second"] / runs["seed"].map(ceilings)
    for (method, workers), shares in runs.groupby(["method", "workers"], sort=False)["share"]:
        spread = f"from {shares.min():.0f} to {shares.max():.0f}"
        print(f"{method}, {workers} workers: {shares.median():.1f} % of the ceiling ({spread}, {len(shares)} seeds)")


if __name__ == "__main__":
    main()

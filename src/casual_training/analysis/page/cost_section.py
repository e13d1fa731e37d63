"""What a run costs, in the order of the study: nothing is ranked by it."""

import pandas as pd

from casual_training.analysis.page.headings import view
from casual_training.analysis.wording import digits
from casual_training.config.models import Cost

SMALL_CHANGE = 0.01  # of a currency: what nobody would choose by


def costs(table: pd.DataFrame, prices: Cost) -> dict:
    """Return what a run of each configuration costs, and the prices that it is modelled with."""
    electricity, cloud = prices.electricity, prices.cloud
    several = ["workload"] if table["workload"].nunique() > 1 else []
    shown = view(table, ["method", "workers", *several, "train_seconds", "cpu_seconds", "energy_wh_modelled"])
    shown["headings"] += [
        f"electricity of 1,000 runs ({electricity.currency}), modelled",
        f"cloud machine for 1,000 runs ({cloud.currency}), modelled",
    ]
    sums = table[["electricity_cost_modelled", "cloud_cost_modelled"]]
    for row, costs in zip(shown["rows"], sums.itertuples(index=False), strict=True):
        row += ["-" if pd.isna(value) else digits(1000 * value) for value in costs]
    is_tiny = len(sums) > 0 and bool(sums.max().max() < SMALL_CHANGE)
    return {"view": shown, "electricity": electricity, "cloud": cloud, "is_tiny": is_tiny}

"""What a run costs: CPU seconds, which are measured, and money, which is modelled from the config's prices.

Electricity is modelled as power that the machine draws anyway for as long as the run takes, and power for each core
that is busy: watts_idle * seconds + watts_per_busy_core * CPU seconds. It is a linear function of the two times, so it
says nothing about methods that these do not say, and nothing is ranked by it. The price of the same work on a cloud
machine is that machine's price for as long as the run took here, as if it were as fast as this one.

Source: the form of the model is that of the Cloud Carbon Footprint methodology, without its share for the data centre.
"""

import pandas as pd

from casual_training.analysis.choose_runs import whole
from casual_training.analysis.frames import CELL, FIGURE, TEXT, WHOLE, as_table
from casual_training.analysis.study_folder import StudyFolder
from casual_training.config.models import Cost

CAPTION = (
    "What a run of each method and split costs: CPU seconds as measured; energy, electricity and a cloud machine's "
    "price as modelled from the prices in the config. Nothing is ranked by it."
)
INPUTS = ["runs"]
COLUMNS = {
    "workload": TEXT,
    "method": TEXT,
    "workers": WHOLE,
    "epochs": FIGURE,
    "train_seconds": FIGURE,
    "cpu_seconds": FIGURE,
    "energy_wh_modelled": FIGURE,
    "electricity_cost_modelled": FIGURE,
    "cloud_cost_modelled": FIGURE,
}
JOULES_PER_KWH = 3.6e6
SECONDS_PER_HOUR = 3600


def make(study: StudyFolder) -> pd.DataFrame:
    """Make the table of a study."""
    return costs(study.table("runs"), study.plan.config.cost)


def costs(runs: pd.DataFrame, prices: Cost) -> pd.DataFrame:
    """Return the cost of each configuration's training (COLUMNS), medians over the runs that are ok and whole.

    Args:
        runs: the runs table.
        prices: the config's `cost`.
    """
    ok = whole(runs)
    ok = ok[ok["status"] == "ok"]
    electricity, cloud = prices.electricity, prices.cloud
    joules = electricity.watts_idle * ok["train_seconds"] + electricity.watts_per_busy_core * ok["cpu_seconds"]
    ok = ok.assign(
        energy_wh_modelled=joules / SECONDS_PER_HOUR,
        electricity_cost_modelled=joules / JOULES_PER_KWH * electricity.price_per_kwh,
        cloud_cost_modelled=ok["train_seconds"] / SECONDS_PER_HOUR * cloud.price_per_hour,
    )
    medians = ok.groupby(CELL, sort=False)[[column for column in COLUMNS if column not in CELL]].median()
    return as_table(medians.reset_index(), COLUMNS)

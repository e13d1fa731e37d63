"""What failed, why and in which folders."""

import pandas as pd

from casual_training.analysis.wording import count
from casual_training.plan.plan import Plan


def failures(plan: Plan, runs: pd.DataFrame, copies: pd.DataFrame) -> list[dict]:
    """List what failed, why and in which folders, the seeds of one and the same failure in one row.

    Args:
        plan: of the study.
        runs: its runs table.
        copies: its table of independent copies.
    """
    folders = {(run.workload, run.method, run.workers, run.seed): run.folder for run in plan.runs}
    folders |= {(run.workload, "ceiling", run.workers, run.seed): run.folder for run in plan.independent_copies}
    copies = copies.assign(method="ceiling", workers=copies["copies"], expected=False)
    same = ["workload", "method", "workers", "status", "expected", "cause"]
    found = []
    for table in (runs, copies):
        for key, group in table[table["status"] != "ok"].groupby(same, sort=False, dropna=False):
            failure = dict(zip(same, key, strict=True))
            seeds = "seed" if len(group) == 1 else "seeds"
            who = f"{count(failure['workers'], 'worker')}, {seeds} {', '.join(map(str, group['seed']))}"
            of_each = [folders[*key[:3], seed] for seed in group["seed"]]
            found.append(failure | {"who": who, "folders": of_each})
    return found

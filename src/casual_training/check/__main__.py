"""Try points of the contract in this process: `python -m casual_training.check STRATEGY RESULTS POINT...`.

Not for people: watched_process.py starts it, and reads from the file RESULTS a line of JSON a point.
"""

import json
import sys
import time
from pathlib import Path

from casual_training.parallel import workers
from casual_training.study import snakemake_parent


def main(strategy: str, results: Path, names: list[str]) -> None:
    """Try the points in this order, up to one that cannot be tried here or took too long to try the others."""
    snakemake_parent.end_with_snakemake()  # or with the command that started this
    workers.prepare()
    from casual_training.check.small_runs import DEADLINE_SECONDS

    too_slow = False
    with open(results, "a", encoding="utf-8") as file:
        for name in names:
            started = time.perf_counter()
            outcome, detail = ("not tried", "A point before took too long") if too_slow else _try(name, strategy)
            print(json.dumps({"point": name, "outcome": outcome, "detail": detail}), file=file, flush=True)
            if outcome == "unavailable":
                break
            too_slow |= time.perf_counter() - started > DEADLINE_SECONDS


def _try(name: str, strategy: str) -> tuple[str, str]:
    """Try one point; return the outcome and a detail of it."""
    from casual_training.check import points

    point = getattr(points, name.replace(" ", "_"))
    sentence, _, _ = point.__doc__.partition("\n")
    try:
        return "passed", f"{sentence.rstrip('.')} ({point(strategy)})"
    except points.Broken as broken:
        return "broke", str(broken)
    except points.Unavailable as unavailable:
        return "unavailable", str(unavailable)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])

"""Try points of the contract in this process: `python -m casual_training.contract STRATEGY RESULTS POINT...`.

Not for people: fresh.py starts it, and reads from the file RESULTS a line of JSON a point.
"""

import json
import sys
import time
from pathlib import Path

from casual_training import parent, processes


def main(strategy: str, results: Path, names: list[str]) -> None:
    """Try the points in this order, up to one that cannot be tried here or that took too long to try the rest."""
    parent.end_with_snakemake()  # or with the command that started this
    processes.prepare()
    from casual_training.contract import points
    from casual_training.contract.made_up import DEADLINE_SECONDS

    with open(results, "a", encoding="utf-8") as file:
        for name in names:
            point, started = getattr(points, name.replace(" ", "_")), time.perf_counter()
            sentence, _, _ = point.__doc__.partition("\n")
            try:
                outcome, said = "passed", f"{sentence.rstrip('.')} ({point(strategy)})"
            except points.Broken as broken:
                outcome, said = "broke", str(broken)
            except points.Unavailable as unavailable:
                outcome, said = "unavailable", str(unavailable)
            print(json.dumps({"point": name, "outcome": outcome, "said": said}), file=file, flush=True)
            if outcome == "unavailable" or time.perf_counter() - started > DEADLINE_SECONDS:
                break


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])

"""Whether the default study says the same again: made three times over, its answers beside each other.

    python benchmarks/rerun.py

Makes the default study as `rerun-1` to `rerun-3` and prints a table in Markdown. Wants the machine to itself for 45
minutes; what is made already is not made again, so it can be stopped and typed again.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from casual_training.analysis.wording import rounded_down, rounded_up
from casual_training.study.load import PROJECT

TIMES = 3


def main() -> None:
    print("| run | the answer | declared comparison | ratio | interval | verdict |\n" + "| --- " * 6 + "|")
    for number in range(1, TIMES + 1):
        name = f"rerun-{number}"
        make(name)
        (answer,) = json.loads((PROJECT / "results" / name / "verdict.json").read_text())["answers"]
        winner = "{method} x {workers}".format(**answer["winner"]) if answer["winner"] else "no winner"
        for one in answer["contrasts"]:
            bounds = "" if one["low"] is None else f"{rounded_down(one['low'])} to {rounded_up(one['high'])}"
            ratio = "" if one["speedup"] is None else f"{one['speedup']:.2f}"
            compared = f"{one['method']} x {one['workers']} against {answer['baseline']}"
            print(f"| {number} | {winner} | {compared} | {ratio} | {bounds} | {one['verdict']} |")


def make(name: str) -> None:
    """Make the default study under another name."""
    with tempfile.TemporaryDirectory() as folder:
        overlay = Path(folder, "overlay.json")
        overlay.write_text(json.dumps({"study": {"name": name}}))
        command = [sys.executable, "-m", "snakemake", "--cores", "4", "--configfile", str(overlay)]
        subprocess.run(command, check=True, cwd=PROJECT, stdout=sys.stderr)


if __name__ == "__main__":
    main()

"""What README.md says of the reference study, written from its tables: `make readme`.

    python docs/from_reference.py [--screenshot]

Puts the answers and a table between two marks in README.md. With --screenshot, which needs Chromium and ChromeDriver,
the top of the page becomes docs/page.png, too.
"""

import json
import re
import sys
from pathlib import Path

import pandas as pd

PROJECT = Path(__file__).parents[1]
REFERENCE = PROJECT / "reports" / "reference"
MARKS = re.compile(r"(<!-- from reports/reference by `make readme` -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Write README.md, and the picture if asked to."""
    readme = PROJECT / "README.md"
    readme.write_text(updated(readme.read_text(), REFERENCE / "tables"))
    if "--screenshot" in sys.argv[1:]:
        take_screenshot(REFERENCE / "report.html", PROJECT / "docs" / "page.png")


def updated(readme: str, tables: Path) -> str:
    """Give the README's text with what the tables of a study say between the marks."""
    answers = json.loads((tables / "verdict.json").read_text())["answers"]
    comparison = pd.read_csv(tables / "comparison.csv")
    lines = [*(f"- {answer['headline']}" for answer in answers), "", *table(comparison), ""]
    return MARKS.sub(lambda match: match[1] + "\n".join(lines) + match[2], readme)


def table(comparison: pd.DataFrame) -> list[str]:
    """Give a row a method: its speed-up to the target on each workload, and the lines that it changes."""
    workloads = list(dict.fromkeys(comparison["workload"]))
    rows = [["method, workers", *workloads, "lines changed"], ["---"] * (len(workloads) + 2)]
    for (method, workers), group in comparison.groupby(["method", "workers"], sort=False):
        by_workload = group.set_index("workload")
        cells = [cell(by_workload.loc[name]) if name in by_workload.index else "" for name in workloads]
        lines = group["lines_changed"].iloc[0]
        rows.append([f"`{method}` x {workers}", *cells, "" if pd.isna(lines) else f"{lines:.0f}"])
    return ["| " + " | ".join(row) + " |" for row in rows]


def cell(row: pd.Series) -> str:
    """Say how a method does on a workload."""
    if row["rate_only"]:
        return "rate only"
    if row["n_ok"] < row["n_runs"]:
        return f"{row['n_runs'] - row['n_ok']:.0f} of {row['n_runs']:.0f} failed"
    if pd.isna(row["speedup_to_target"]):
        return f"on target in {row['n_on_target']:.0f} of {row['n_runs']:.0f}"
    return f"{row['speedup_to_target']:.2f}"


def take_screenshot(page: Path, picture: Path) -> None:
    """Photograph the first screen of the page, 1280 x 900."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for switch in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--window-size=1280,900"):
        options.add_argument(switch)
    with webdriver.Chrome(options=options) as driver:
        driver.get(page.as_uri())
        driver.save_screenshot(str(picture))


if __name__ == "__main__":
    main()

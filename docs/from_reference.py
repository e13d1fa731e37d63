"""What README.md says of the reference study, written from its tables: `make readme`.

    python docs/from_reference.py [--screenshot]

Puts the answers and a table between two marks in README.md. With --screenshot, which needs Chromium and ChromeDriver,
the top of the page becomes docs/page.png, too.
"""

import json
import re
import shutil
import sys
from pathlib import Path

import pandas as pd
import yaml

from casual_training.analysis.wording import count, rounded_down, rounded_up

PROJECT = Path(__file__).parents[1]
REFERENCE = PROJECT / "reports" / "reference"
STUDY = PROJECT / "workflow" / "studies" / "reference.yaml"
MARKS = re.compile(r"(<!-- from reports/reference by `make readme` -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Write README.md, and the picture if asked to."""
    readme = PROJECT / "README.md"
    readme.write_text(updated(readme.read_text(encoding="utf-8"), REFERENCE / "tables"), encoding="utf-8")
    if "--screenshot" in sys.argv[1:]:
        take_screenshot(REFERENCE / "report.html", PROJECT / "docs" / "page.png")


def updated(readme: str, tables: Path) -> str:
    """Return the README's text with what the tables of a study say between the marks.

    Raises:
        ValueError: the marks are not in the text.
    """
    answers = json.loads((tables / "verdict.json").read_text(encoding="utf-8"))["answers"]
    comparison, provenance = pd.read_csv(tables / "comparison.csv"), pd.read_csv(tables / "provenance.csv")
    lines = [
        *(f"- {answer['headline']}" for answer in answers),
        "",
        f"Measured on {machine(provenance)}. The figures are the best serial training's time to the target over",
        "the method's, so 2.00 is half the time; in bold, with its interval, if the comparison was declared",
        "beforehand, and else one that nothing is decided about:",
        "",
        *table(comparison, [answer["workload"] for answer in answers], n_seeds()),
        "",
        "The whole page is [one file](reports/reference/report.html) to be downloaded and opened in a browser.",
        "",
    ]
    text, n_places = MARKS.subn(lambda match: match[1] + "\n".join(lines) + match[2], readme)
    if n_places != 1:
        raise ValueError(f"README.md has {n_places} places for the reference study; give it the two marks once")
    return text


def n_seeds() -> int:
    """Count the seeds that the reference study plans for each configuration."""
    configs = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in (STUDY, PROJECT / "config.yaml")]
    return len(next(config["study"]["seeds"] for config in configs if "seeds" in config["study"]))


def machine(provenance: pd.DataFrame) -> str:
    """Describe what most runs were made on: "2 virtual cores (AMD EPYC), not a laptop"."""
    kind = provenance["machine"].value_counts().index[0].partition(";")[0]
    return f"{kind}, not a laptop" if "virtual core" in kind else kind


def table(comparison: pd.DataFrame, workloads: list[str], n_seeds: int) -> list[str]:
    """Return a row a method: its speed-up to the target on each workload, and the lines that it changes."""
    rows = [["method, workers", *workloads, "lines changed"], ["---"] * (len(workloads) + 2)]
    for (method, workers), group in comparison.groupby(["method", "workers"], sort=False):
        by_workload = group.set_index("workload")
        cells = [cell(by_workload.loc[name], n_seeds) if name in by_workload.index else "" for name in workloads]
        lines = group["lines_changed"].iloc[0]
        rows.append([f"`{method}` x {workers}", *cells, "" if pd.isna(lines) else f"{lines:.0f}"])
    return ["| " + " | ".join(row) + " |" for row in rows]


def cell(row: pd.Series, n_seeds: int) -> str:
    """Describe how a method does on a workload; empty if it has no figure because serial training has none."""
    if row["throughput_only"]:
        return "rate only"
    if row["n_ok"] < row["n_runs"]:
        return f"{row['n_runs'] - row['n_ok']:.0f} of {count(n_seeds, 'run')} failed"
    if row["n_runs"] < n_seeds:
        return f"{row['n_runs']:.0f} of {count(n_seeds, 'run')} made"
    if row["n_on_target"] < n_seeds:
        return f"on target in {row['n_on_target']:.0f} of {n_seeds}"
    if pd.isna(row["speedup_to_target"]):
        return ""
    if pd.isna(row["speedup_low"]):
        return f"{row['speedup_to_target']:.2f}"
    bounds = f"{rounded_down(row['speedup_low'])} to {rounded_up(row['speedup_high'])}"
    return f"**{row['speedup_to_target']:.2f}** ({bounds})"


def take_screenshot(page: Path, picture: Path) -> None:
    """Photograph the first screen of the page, 1280 x 900."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    names = ("chromium", "chromium-browser", "google-chrome")
    options.binary_location = next((found for name in names if (found := shutil.which(name))), "")
    for switch in ("--headless=new", "--no-sandbox", "--hide-scrollbars"):
        options.add_argument(switch)
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    metrics = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    with webdriver.Chrome(options=options, service=service) as driver:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.get(page.as_uri())
        driver.save_screenshot(str(picture))


if __name__ == "__main__":
    main()

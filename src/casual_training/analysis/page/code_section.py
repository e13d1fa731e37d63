"""The code to copy: how the script of each method differs from the serial one, the announced method's first."""

import pandas as pd

from casual_training.analysis.choose_runs import arm
from casual_training.analysis.study_folder import StudyFolder
from casual_training.analysis.tables.lines_changed import BASELINE, difference, script_of, strategies_and_options
from casual_training.analysis.wording import count


def code_to_copy(study: StudyFolder, answers: list[dict], comparison: pd.DataFrame, runs: pd.DataFrame) -> dict:
    """Return the difference of each method's script to the serial one: first those of the answers, then all others.

    Args:
        study: the study.
        answers: what verdict.json says of each workload.
        comparison: the comparison table.
        runs: the runs table.
    """
    methods, scripts = strategies_and_options(study.plan), study.scripts
    of_scripts: dict[str, list[str]] = {}
    for method in dict.fromkeys(comparison.loc[comparison["lines_changed"].notna(), "method"]):
        of_scripts.setdefault(script_of(method, methods, scripts), []).append(method)
    of_scripts.pop(BASELINE, None)
    lines = dict(zip(comparison["method"], comparison["lines_changed"], strict=True))
    differences = {
        name: {
            "name": name,
            "methods": own,
            "n_lines": count(lines[own[0]], "line"),
            "lines": difference(name, scripts).splitlines(),
        }
        for name, own in of_scripts.items()
    }
    untuned = comparison[~comparison["method"].isin(arm(runs, tuned=True)["method"])]
    leading = [_leading(one, untuned, methods, scripts) for one in answers]
    shown = dict.fromkeys(lead["script"] for lead in leading if lead["script"] in differences)
    others = [one for name, one in differences.items() if name not in shown]
    return {"leading": leading, "shown": [differences[name] for name in shown], "others": others}


def _leading(found: dict, comparison: pd.DataFrame, methods: dict[str, dict], scripts: dict[str, str]) -> dict:
    """Return whose difference is shown first for a workload: the winner's, or else that of the best contender."""
    own = comparison[(comparison["workload"] == found["workload"]) & comparison["speedup_to_target"].notna()]
    contenders = own[[methods[method]["strategy"] != BASELINE for method in own["method"]]]
    if found["winner"]:
        method, kind = found["winner"]["method"], "recommended"
    elif len(contenders):
        method, kind = contenders.loc[contenders["speedup_to_target"].idxmax(), "method"], "closest"
    else:
        return {"workload": found["workload"], "method": "", "kind": "nobody", "script": None}
    script = script_of(method, methods, scripts)
    return {"workload": found["workload"], "method": method, "kind": kind, "script": script}

"""The tuned arm on the page: every trial, and which learning rate was chosen."""

import pandas as pd
from pages import parsed, row_of, write_page

import fake_study


def test_a_tuned_study_shows_what_each_learning_rate_came_to(tuned, plain):
    page = parsed(tuned)
    cells = [" ".join(cell.split()) for cell in page.cells]
    start = cells.index("x 0.5")
    assert cells[start : start + 4] == ["x 0.5", "x 1", "x 4", "serial 1 worker x 4 epochs"]
    of_serial, of_threads = cells[start + 4 : start + 7], cells[start + 8 : start + 11]
    assert of_serial[2] == "diverged" and sum(" s chosen" in cell for cell in of_serial) == 1
    assert of_threads[0].startswith("not there: 84.")
    assert "The tuned arm" not in parsed(plain).words


def test_a_learning_rate_at_the_edge_of_those_tried_is_marked(tmp_path):
    config = fake_study.make_config(workers=[2], seeds=[1], methods=["serial", "hogwild"], tune=[1, 2, 4])
    config["workloads"]["fashion_mnist-simple_nn"] = fake_study.WORKLOAD | {"target": 0.83}

    def page_of(folder, best):
        def changes(run):
            return {} if run.lr_factor in (None, best.get(run.method)) else {"curve": []}  # never on target

        return parsed(write_page(folder, config, changes))

    page = page_of(tmp_path / "edge", {"serial": 4, "hogwild": 2})
    cells = [" ".join(cell.split()) for cell in page.cells]
    start = cells.index("x 4")
    of_serial = cells[cells.index("serial 1 worker x 4 epochs", start) :][:4]
    of_hogwild = cells[cells.index("hogwild 2 workers x 2 epochs", start) :][:4]
    assert of_serial[3].endswith(" s chosen, at the edge")
    assert of_hogwild[2].endswith(" s chosen")
    assert "List more in study.tune" in page.words
    assert "at the edge" not in page_of(tmp_path / "between", {"serial": 2, "hogwild": 2}).words


def test_a_tuned_method_has_no_verdict_and_leads_no_code(tuned):
    page = parsed(tuned)
    comparison = pd.read_csv(tuned.parent / "tables" / "comparison.csv").set_index("method")
    assert comparison["speedup_to_target"].idxmax() == "hogwild_tuned"
    assert pd.isna(comparison.loc["hogwild_tuned", "verdict"])
    assert row_of(page, "serial_tuned 1 worker")["configuration"].endswith("best tuned serial")
    assert "no way is recommended; the closest is hogwild ," in page.words

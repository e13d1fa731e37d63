"""The table of the methods compared: figures as in the tables, badges in words."""

import pandas as pd
from pages import parsed, row_of, write_page

import fake_study
from casual_training.analysis.wording import rounded_down, rounded_up


def test_every_figure_of_the_comparison_is_as_the_table_has_it(plain):
    comparison = pd.read_csv(plain.parent / "tables" / "comparison.csv")
    cells = parsed(plain).cells
    for row in comparison.itertuples():
        start = next(
            index
            for index, cell in enumerate(cells)
            if cell.split()[:3] == [row.method, str(row.workers), "worker" if row.workers == 1 else "workers"]
        )
        bounds = "" if pd.isna(row.verdict) else f" {rounded_down(row.speedup_low)} to {rounded_up(row.speedup_high)}"
        expected = [
            f"{row.speedup_to_target:.2f}{bounds}",
            f"{row.seconds_to_target_median:.1f}",
            f"{row.samples_per_second_median:,.0f}",
            f"{row.parallel_efficiency_percent:.0f} %",
            f"{100 * row.test_metric_median:.1f} %",
            f"{row.lines_changed}",
            f"{row.n_ok} of 3",
        ]
        assert [cell.strip() for cell in cells[start + 1 : start + 8]] == expected


def test_winner_baseline_and_oversubscribed_rows_are_marked_in_words(plain):
    cells = parsed(plain).cells
    assert [cell for cell in cells if "recommended" in cell] == ["hogwild 2 workers x 2 epochs recommended faster"]
    assert [cell for cell in cells if cell.endswith("epochs best serial")] == [
        "threads 1 worker x 4 epochs best serial"
    ]
    marked = [cell for cell in cells if "oversubscribed: 4 workers of 1 thread on 2 cores" in cell]
    assert len(marked) == 1 and marked[0].startswith("hogwild 4 workers")


def test_a_method_that_misses_the_target_has_no_speed_up(of_all_kinds):
    row = row_of(parsed(of_all_kinds), "hogwild 4 workers")
    assert "fails target" in row["configuration"]
    assert row["speed-up to the target"] == "-"


def test_the_time_to_the_target_names_it_and_counts_seeds(of_all_kinds):
    page = parsed(of_all_kinds)
    assert row_of(page, "hogwild 4 workers")["time to 84 % validation accuracy (s)"] == "2 of 3 seeds"
    assert float(row_of(page, "hogwild 2 workers")["time to 84 % validation accuracy (s)"]) > 5
    runs = pd.read_csv(of_all_kinds.parent / "tables" / "runs.csv")
    reached = runs["samples_to_target"].dropna()
    assert len(reached) == 14  # all but rate only, failed, and the one below the target
    assert {f"{samples:,.0f}" for samples in reached} <= {cell.strip() for cell in page.cells}


def test_without_a_target_the_column_is_there_and_empty(tmp_path):
    config = fake_study.make_config(methods=["hogwild"], workers=[2], seeds=[1])
    page = parsed(write_page(tmp_path, config))
    assert row_of(page, "hogwild 2 workers")["time to target (s)"] == "-"


def test_a_throughput_only_row_has_a_badge_and_its_speed_alone(of_all_kinds):
    cells = row_of(parsed(of_all_kinds), "sampled 2 workers")
    assert cells.pop("configuration") == "sampled 2 workers x 2 epochs rate only"
    given = {heading: cell for heading, cell in cells.items() if cell != "-"}
    assert given.pop("lines of code changed") == "18"
    assert given == {"share of the ceiling": "29 %", "samples per second": "5,120", "seeds that are ok": "3 of 3"}
    assert "rate only" not in row_of(parsed(of_all_kinds), "hogwild 2 workers")["configuration"]

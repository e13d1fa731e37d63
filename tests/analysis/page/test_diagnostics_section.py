"""What workers waited for and where a step goes, as far as it was measured."""

from pages import parsed, write_page

import fake_study


def test_waiting_and_steps_stand_in_tables_of_what_was_measured(of_seed):
    page = parsed(of_seed)
    words = page.words
    section = words[words.index("What the workers waited for") : words.index("How to read this")]
    assert "waiting for the lock, a step (ms)" in section
    assert "one round trip (ms)" not in section  # of no run here
    for heading in ("data", "forward", "backward and loss", "update", "updates lost (proxy)", "speed while diagnosed"):
        assert heading in page.cells
    start = page.cells.index("updates lost (proxy)")
    end = page.cells.index("lines of code changed", start)
    rows = [index for index, cell in enumerate(page.cells) if cell == "hogwild_locked" and start < index < end]
    shares = ["ok", "5.0 %", "30.0 %", "50.0 %", "10.0 %", "5.0 %"]  # nobody communicates here
    for row, lost in zip(rows, ("0.0 %", "2.0 %", "2.0 %"), strict=True):  # with 1, 2 and 4 workers
        assert page.cells[row + 3 : row + 10] == [*shares, lost]
    assert "tables/diagnostics.csv" in {attributes.get("href") for attributes in page.all("a")}


def test_why_a_diagnosis_failed_stands_in_its_row(tmp_path):
    def fail(run):
        return fake_study.failed("failed", "worker 1 died") if run.diagnose and run.workers == 2 else {}

    config = fake_study.make_config(methods=["serial", "hogwild"], workers=[2], seeds=[1], diagnose=True)
    cells = parsed(write_page(tmp_path, config, fail)).cells
    row = cells.index("hogwild", cells.index("speed while diagnosed"))
    assert cells[row : row + 4] == ["hogwild", "2", "failed: worker 1 died", "-"]


def test_without_such_records_there_is_no_such_section(empty):
    assert "What the workers waited for" not in parsed(empty).words

"""The losses that a run logged are all figures, or their file is refused by name."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from casual_training.analysis.logged_losses import COLUMNS, logged_losses
from casual_training.records import losses_csv
from fuzzing import SCALARS, refusal

HEADER = b"worker,step,seconds,samples,loss\n"
CELLS = SCALARS.map(str) | st.text(',"\n\r0123456789.-e \0', max_size=6)
ROWS = st.lists(st.lists(CELLS, max_size=7).map(",".join), max_size=4).map("\n".join)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all examples, each of which writes its file anew."""
    return tmp_path_factory.mktemp("run")


def test_the_losses_are_read_as_they_were_written(tmp_path):
    (tmp_path / losses_csv.FILE).write_text(losses_csv.as_text([(1, 10, 0.5, 320, 2.25)]))
    found = logged_losses(tmp_path)
    assert found.iloc[0].to_dict() == {"worker": 1, "step": 10, "seconds": 0.5, "samples": 320, "loss": 2.25}
    assert list(COLUMNS) == list(losses_csv.COLUMNS)


def test_a_run_that_never_trained_has_an_empty_table(tmp_path):
    assert logged_losses(tmp_path).empty
    (tmp_path / losses_csv.FILE).write_text(losses_csv.as_text([]))
    assert logged_losses(tmp_path).empty


@pytest.mark.parametrize("loss", ["inf", "nan", "", "1e308"])
def test_a_loss_that_is_no_figure_is_refused_by_name(folder, loss):
    (folder / losses_csv.FILE).write_bytes(HEADER + b"0,10,0.5,320," + loss.encode())
    assert str(folder / losses_csv.FILE) in refusal(logged_losses, folder)


@given(st.binary(max_size=60) | ROWS.map(lambda rows: HEADER + rows.encode("utf-8", "surrogatepass")))
@example(HEADER + b"0,1,2,3,4,5")
@example(HEADER + b"0,99999999999999999999,0.5,320,2.2")
@example(HEADER + b'0,1,"')
@example(b"")
@example(HEADER + b"0,10,-inf,320,2.2")
@example(HEADER + b"0,10,0.5,,2.2")
@example(HEADER + b"0,10,0.5,9223372036854775807,2.2\n1,10,0.5,9223372036854775807,2.2")
@example(HEADER + b"0,10,0,0,0")
def test_a_losses_csv_of_whatever_bytes_is_read_or_refused_by_name(folder, text):
    (folder / losses_csv.FILE).write_bytes(text)
    said = refusal(logged_losses, folder)
    assert said == "" or str(folder / losses_csv.FILE) in said

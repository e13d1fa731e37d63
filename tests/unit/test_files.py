import pytest

from casual_training.files import write_whole


def test_a_file_is_replaced_and_no_temporary_one_stays(tmp_path):
    path = tmp_path / "folder" / "result.json"
    write_whole(path, "old")
    write_whole(path, "new")
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "result.json"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \udfff")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"cannot write .*file/result\.json") as refusal:
        write_whole(tmp_path / "file" / "result.json", "text")
    assert "\n" not in str(refusal.value)

import pytest

from casual_training.files import read_literals, require_writable, write_whole


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


def test_a_folder_is_made_and_found_writable_without_a_trace(tmp_path):
    require_writable(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"cannot write to .*file/results: .*; choose a folder"):
        require_writable(tmp_path / "file" / "results")


def test_literals_are_read_with_an_annotation_and_without(tmp_path):
    file = tmp_path / "table.py"
    file.write_text('CAPTION = "Mine."\nINPUTS: list[str] = ["runs"]\nPLACE: int\nraise SystemExit\n')
    assert read_literals(file, ["CAPTION", "INPUTS", "PLACE"]) == {"CAPTION": "Mine.", "INPUTS": ["runs"]}

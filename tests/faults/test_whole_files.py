"""Whatever happens while a file is written, a reader finds it whole or not at all; a full disk is one sentence."""

import multiprocessing
import re
import subprocess
import sys

import pytest

from casual_training.files import write_whole

REWRITES = 2000


def text_of(number):
    """A text whose lines all say the same and how many there are; some are longer than any buffer."""
    lines = 1 + number * 7919 % 5000
    return f"{number} {lines}\n" * lines


def is_whole(text):
    first, *others = text.splitlines()
    return len(others) + 1 == int(first.split()[1]) and set(others) <= {first} and text.endswith("\n")


def rewrite(path):
    for number in range(REWRITES):
        write_whole(path, text_of(number))


def test_a_reader_never_finds_a_part_of_a_rewritten_file(tmp_path):
    path = tmp_path / "run.json"
    write_whole(path, text_of(0))
    writer = multiprocessing.get_context("spawn").Process(target=rewrite, args=(path,))
    writer.start()
    different = set()
    while writer.is_alive():
        text = path.read_text()
        assert is_whole(text)
        different.add(text[:20])
    assert writer.exitcode == 0
    assert len(different) > 100  # it did read while the other wrote
    assert list(tmp_path.iterdir()) == [path]


WITH_LITTLE_ROOM = """
import resource
import sys
from pathlib import Path

from casual_training.files import write_whole

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # no file may grow beyond so many bytes
try:
    write_whole(Path(sys.argv[1]), "x" * 100_000)
except ValueError as error:
    print(error)
"""


def test_no_room_is_one_sentence_and_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "run.json"
    write_whole(path, "old")
    said = subprocess.run([sys.executable, "-c", WITH_LITTLE_ROOM, str(path)], capture_output=True, text=True)
    assert said.stdout.startswith(f"cannot write {path}: "), said.stderr
    assert said.stdout.count("\n") == 1
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def small_disk(project):
    """A disk for the results of a study, which the first table and the first run fill."""
    folder = project.root / "results"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small disk to fill, because this user may not mount one: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_a_full_disk_ends_a_study_with_one_sentence(project, small_disk):
    done = project.snakemake("--cores", "2")
    assert done.returncode != 0
    sentences = re.findall(r"^casual-training: .*", done.stdout, re.M)
    assert len(sentences) == 1, done.stdout
    assert re.search(r"cannot write results/tiny/.*: No space left on device; make room or", sentences[0])
    assert "Traceback" not in done.stdout
    left = {path.name for path in (small_disk / "tiny").rglob("*") if path.is_file()}
    assert left - {"tuning.csv", "make_table_tuning.log"} == {"train.log"}  # a table that here needs no run

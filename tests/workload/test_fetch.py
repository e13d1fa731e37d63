"""The same verified files end up in place whatever the source, and nothing else ever does."""

import dataclasses
import gzip
import hashlib
import os
import re
import shutil
import socket
import sys
import types
from pathlib import Path

import pytest

from casual_training.workload import datasets, fetch

NAME = "fashion_mnist_sample"
SHIPPED = Path(__file__).parents[1] / "data" / NAME
FILES = tuple(datasets.get(NAME).sha256)
IMAGES = FILES[0]


@pytest.fixture(autouse=True)
def no_source_outside(monkeypatch, tmp_path):
    """Without network and packages; the sample gets a torchvision class and a Debian package to test with."""
    dataset = dataclasses.replace(
        datasets.get(NAME), torchvision_class="SampleMNIST", debian_package="dataset-sample-mnist"
    )
    monkeypatch.setitem(datasets.DATASETS, NAME, dataset)
    monkeypatch.setattr(fetch, "DEBIAN_DATASETS", tmp_path / "usr-share-datasets")
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


@pytest.fixture
def data_dir(tmp_path):
    return tmp_path / "data"


def raw_bytes(file):
    return gzip.decompress((SHIPPED / f"{file}.gz").read_bytes())


def put(folder, packed=True):
    folder.mkdir(parents=True)
    for file in FILES:
        if packed:
            shutil.copy(SHIPPED / f"{file}.gz", folder)
        else:
            (folder / file).write_bytes(raw_bytes(file))


def install_torchvision(monkeypatch, download):
    """Stand in for torchvision: making its data set with download=True calls `download(root)`."""

    def sample_mnist(root, **options):
        assert options == {"download": True}
        print("100%", file=sys.stderr)
        download(root)

    torchvision = types.SimpleNamespace(datasets=types.SimpleNamespace(SampleMNIST=sample_mnist))
    monkeypatch.setitem(sys.modules, "torchvision", torchvision)


def install_command(folder, name, script):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    (folder / name).chmod(0o755)


def assert_in_place(data_dir):
    for file in FILES:
        assert (data_dir / NAME / file).read_bytes() == raw_bytes(file)
    assert not list((data_dir / NAME).glob(".fetch-*"))


def test_packed_files_in_the_data_folder_are_unpacked_beside(data_dir):
    put(data_dir / NAME)
    assert fetch.fetch(NAME, data_dir) == "files already there"
    assert_in_place(data_dir)
    assert len(list((data_dir / NAME).iterdir())) == 8


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "raw"])
def test_the_layout_of_torchvision_is_found(data_dir, packed):
    put(data_dir / "SampleMNIST" / "raw", packed)
    assert fetch.fetch(NAME, data_dir) == "files already there"
    assert_in_place(data_dir)


def test_files_in_place_are_left_alone(data_dir, monkeypatch):
    put(data_dir / NAME, packed=False)
    monkeypatch.setattr(fetch, "SOURCES", {})
    times = {file: (data_dir / NAME / file).stat().st_mtime_ns for file in FILES}
    assert fetch.fetch(NAME, data_dir) == "files already there"
    assert times == {file: (data_dir / NAME / file).stat().st_mtime_ns for file in FILES}


def test_only_the_missing_file_is_brought(data_dir):
    put(data_dir / NAME, packed=False)
    (data_dir / NAME / IMAGES).unlink()
    shutil.copy(SHIPPED / f"{IMAGES}.gz", data_dir / NAME)
    assert fetch.fetch(NAME, data_dir) == "files already there"
    assert_in_place(data_dir)


def test_a_wrong_raw_file_is_refused_and_never_overwritten(data_dir):
    put(data_dir / NAME)
    (data_dir / NAME / IMAGES).write_bytes(b"mine")
    with pytest.raises(ValueError, match=f"{IMAGES} is truncated or altered.*delete it"):
        fetch.fetch(NAME, data_dir)
    assert (data_dir / NAME / IMAGES).read_bytes() == b"mine"


def test_torchvision_brings_the_files_quietly_and_is_not_kept_waiting(data_dir, monkeypatch, capfd):
    timeouts = []

    def download(root):
        timeouts.append(socket.getdefaulttimeout())
        put(root / "SampleMNIST" / "raw")

    install_torchvision(monkeypatch, download)
    assert fetch.fetch(NAME, data_dir) == "torchvision's mirrors"
    assert_in_place(data_dir)
    assert timeouts == [20]
    assert socket.getdefaulttimeout() is None
    assert capfd.readouterr() == ("", "")


def test_a_dead_network_leads_to_the_installed_debian_package(data_dir, monkeypatch):
    def download(root):
        raise TimeoutError("timed out")

    install_torchvision(monkeypatch, download)
    put(fetch.DEBIAN_DATASETS / "sample-mnist")
    assert fetch.fetch(NAME, data_dir) == "Debian's package"
    assert_in_place(data_dir)
    assert socket.getdefaulttimeout() is None


def test_the_debian_package_is_downloaded_and_unpacked_without_installing_it(data_dir, tmp_path):
    inside = fetch.DEBIAN_DATASETS.relative_to("/") / "sample-mnist"
    install_command(tmp_path / "bin", "apt-get", 'for package; do :; done; touch "$package.deb"')
    unpack = f'[ "$1 $2" = "-x dataset-sample-mnist.deb" ] && mkdir -p "$3/{inside}" && '
    install_command(tmp_path / "bin", "dpkg", f'{unpack} cp "{SHIPPED}"/*.gz "$3/{inside}"')
    assert fetch.fetch(NAME, data_dir) == "Debian's package"
    assert_in_place(data_dir)


def test_the_cause_given_by_apt_get_is_passed_on(data_dir, tmp_path):
    install_command(tmp_path / "bin", "dpkg", "exit 0")
    install_command(tmp_path / "bin", "apt-get", "echo 'W: a warning' >&2; echo 'E: Unable to locate' >&2; exit 100")
    with pytest.raises(ValueError, match=r"Debian's package \(E: Unable to locate\)"):
        fetch.fetch(NAME, data_dir)


def test_without_any_source_the_message_names_all_three_and_what_to_do(data_dir):
    with pytest.raises(ValueError) as error:
        fetch.fetch(NAME, data_dir)
    message = str(error.value)
    for part in (
        "files already there (no ",
        "torchvision's mirrors (",
        "Debian's package (dataset-sample-mnist",
    ):
        assert part in message
    assert f"put its four files ({', '.join(FILES)}), raw or .gz, into {data_dir / NAME}" in message
    assert "\n" not in message
    assert list((data_dir / NAME).iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (lambda packed: packed[:-20], "is damaged"),
        (lambda packed: b"not gzip at all", "is damaged"),
        (lambda packed: gzip.compress(gzip.decompress(packed)[:-1]), "truncated or altered"),
        (lambda packed: gzip.compress(gzip.decompress(packed)[:-1] + b"\x01"), "truncated or altered"),
        (lambda packed: gzip.compress(gzip.decompress(packed) + b"\0"), "longer than the 627216 bytes"),
    ],
    ids=["truncated gzip", "no gzip", "truncated inside", "flipped bit inside", "overlong"],
)
def test_a_damaged_packed_file_is_refused_by_name_and_never_installed(data_dir, damage, cause):
    put(data_dir / NAME)
    packed = data_dir / NAME / f"{IMAGES}.gz"
    packed.write_bytes(damage(packed.read_bytes()))
    with pytest.raises(ValueError, match=rf"{IMAGES}\.gz .*{cause}"):
        fetch.fetch(NAME, data_dir)
    assert not (data_dir / NAME / IMAGES).exists()


def test_a_gzip_file_without_end_is_stopped_at_the_known_size(data_dir, monkeypatch):
    put(data_dir / NAME)
    (data_dir / NAME / f"{IMAGES}.gz").write_bytes(gzip.compress(bytes(100 << 20), 1))
    sizes = []
    read = gzip.GzipFile.read

    def counted(file, size=-1):
        data = read(file, size)
        sizes.append(len(data))
        return data

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    with pytest.raises(ValueError, match="longer than the 627216 bytes"):
        fetch.fetch(NAME, data_dir)
    assert 627216 < sum(sizes) <= 2 << 20


def test_a_damaged_file_is_replaced_by_the_next_source(data_dir):
    put(data_dir / NAME)
    (data_dir / NAME / f"{IMAGES}.gz").write_bytes(b"")
    put(fetch.DEBIAN_DATASETS / "sample-mnist")
    assert fetch.fetch(NAME, data_dir) == "Debian's package"
    assert_in_place(data_dir)


def test_an_interrupted_fetch_leaves_nothing_that_counts(data_dir, monkeypatch):
    put(data_dir / "SampleMNIST" / "raw")

    def interrupted(*paths):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch.fetch(NAME, data_dir)
    assert list((data_dir / NAME).iterdir()) == []
    fetch.fetch(NAME, data_dir)
    assert_in_place(data_dir)


def test_a_data_folder_that_cannot_be_made_is_named(data_dir):
    data_dir.write_text("a file in the way")
    with pytest.raises(ValueError, match=re.escape(f"{data_dir / NAME} cannot be written (")):
        fetch.fetch(NAME, data_dir)


def test_an_unknown_data_set_is_refused_before_anything_is_written(data_dir):
    with pytest.raises(ValueError, match="'cifar' is not known"):
        fetch.fetch("cifar", data_dir)
    assert not data_dir.exists()


def test_verify_gives_the_sha256_of_the_four_files_in_place(data_dir):
    put(data_dir / NAME, packed=False)
    assert fetch.verify(NAME, data_dir) == {file: hashlib.sha256(raw_bytes(file)).hexdigest() for file in FILES}


def test_verify_refuses_a_file_that_is_missing_or_altered(data_dir):
    put(data_dir / NAME, packed=False)
    (data_dir / NAME / IMAGES).write_bytes(raw_bytes(IMAGES)[:-1])
    with pytest.raises(ValueError, match=f"{IMAGES} is truncated or altered"):
        fetch.verify(NAME, data_dir)
    (data_dir / NAME / IMAGES).unlink()
    with pytest.raises(ValueError, match=f"{IMAGES} is missing: run `casual-training fetch {NAME} --data-dir "):
        fetch.verify(NAME, data_dir)

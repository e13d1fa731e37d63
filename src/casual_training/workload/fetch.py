"""Puts the raw files of a data set in place, from the first source that has them.

A file gets its final name only after its checksum was found right, so whatever bears that name can be used.
"""

import contextlib
import gzip
import hashlib
import io
import os
import shutil
import socket
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from casual_training.workload import datasets, idx_files
from casual_training.workload.datasets import Dataset

ALREADY_THERE = "files already there"
DEBIAN_DATASETS = Path("/usr/share/datasets")
SILENCE_SECONDS = 20  # of a mirror, after which it is given up
APT_SECONDS = 300  # for a whole download by apt-get


def fetch(name: str, data_dir: str | Path) -> str:
    """Put the four verified raw files into {data_dir}/{name}/.

    Args:
        name: name in DATASETS.
        data_dir: folder of all data sets; made when it does not exist.

    Returns:
        The source used: "files already there", "torchvision's mirrors" or "Debian's package".

    Raises:
        ValueError: unknown name, a raw file in place that is not the right one (it is never overwritten), a
            folder that cannot be written, or no source that has the files.
    """
    dataset, folder = datasets.get(name), Path(data_dir) / name
    missing = []
    for file in dataset.sha256:
        if (folder / file).exists():
            datasets.verify_file(name, data_dir, file)
        else:
            missing.append(file)
    if not missing:
        return ALREADY_THERE
    failures = []
    with _scratch_in(folder) as scratch:
        for source, find in SOURCES.items():
            try:
                found = find(dataset, folder, scratch)
                for file in missing:
                    _install(dataset, file, found, scratch, folder)
                return source
            except Exception as error:  # whatever is wrong with this source, the next may do
                failures.append(f"{source} ({_in_short(error)})")
    raise ValueError(
        f"{name} could not be fetched from {', '.join(failures)}: "
        f"put its four files ({', '.join(dataset.sha256)}), raw or .gz, into {folder}, "
        "or run this again with a network."
    )


def verify(name: str, data_dir: str | Path) -> dict[str, str]:
    """Check the four raw files: file name -> sha256; ValueError when one is missing, truncated or altered."""
    return {file: datasets.verify_file(name, data_dir, file) for file in datasets.get(name).sha256}


@contextlib.contextmanager
def _scratch_in(folder: Path) -> Iterator[Path]:
    # Inside the target folder, because os.replace does not cross file systems.
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder)
    except OSError as error:
        raise ValueError(f"{folder} cannot be written ({error.strerror}): choose another data_dir.") from error
    with scratch as path:
        yield Path(path)


def _install(dataset: Dataset, file: str, folders: list[Path], scratch: Path, target: Path) -> None:
    """Unpack or copy one file from the first folder that has it, check it, then give it its final name."""
    candidates = [folder / name for folder in folders for name in (file, f"{file}.gz")]
    path = next((path for path in candidates if path.is_file()), None)
    if path is None:
        raise ValueError(f"no {file} or {file}.gz in {' or '.join(map(str, folders))}")
    size, limit, digest = 0, idx_files.file_size(dataset.shape(file)), hashlib.sha256()
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as packed, open(scratch / file, "wb") as raw:
            # In chunks and up to the known size: a small gzip file can expand to fill the disk.
            while size <= limit and (chunk := packed.read(1 << 20)):
                size += len(chunk)
                digest.update(chunk)
                raw.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    if size > limit:
        raise ValueError(f"{path} is longer than the {limit} bytes of {dataset.title}")
    if digest.hexdigest() != dataset.sha256[file]:
        raise ValueError(f"{path} is truncated or altered, its sha256 is not the one registered")
    os.replace(scratch / file, target / file)


def _in_short(error: Exception) -> str:
    """Return the last line of a message: torchvision and apt-get put the cause there, after what they tried."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1][:200]


# A source is a function that returns the folders to look in; it raises when it has none.


def _already_there(dataset: Dataset, folder: Path, scratch: Path) -> list[Path]:
    folders = [folder]
    if dataset.torchvision_class:
        folders.append(folder.parent / dataset.torchvision_class / "raw")
    return folders


def _torchvision(dataset: Dataset, folder: Path, scratch: Path) -> list[Path]:
    if not dataset.torchvision_class:
        raise ValueError("no such data set")
    import torchvision  # here, because it takes seconds and is seldom needed

    timeout, quiet = socket.getdefaulttimeout(), io.StringIO()
    socket.setdefaulttimeout(SILENCE_SECONDS)
    try:
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            getattr(torchvision.datasets, dataset.torchvision_class)(root=scratch, download=True)
    finally:
        socket.setdefaulttimeout(timeout)
    return [scratch / dataset.torchvision_class / "raw"]


def _debian(dataset: Dataset, folder: Path, scratch: Path) -> list[Path]:
    if not dataset.debian_package:
        raise ValueError("no such data set")
    files = DEBIAN_DATASETS / dataset.debian_package.removeprefix("dataset-")
    if files.is_dir():
        return [files]
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise ValueError(f"{dataset.debian_package} is not installed, and no apt-get and dpkg to download it")
    # Downloading and unpacking, unlike installing, need no root.
    options = ["-o", f"Acquire::http::Timeout={SILENCE_SECONDS}", "-o", "Acquire::Retries=0"]
    _run(["apt-get", *options, "download", dataset.debian_package], scratch)
    (package,) = scratch.glob("*.deb")
    _run(["dpkg", "-x", package.name, "package"], scratch)
    return [scratch / "package" / files.relative_to("/")]


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=APT_SECONDS)
    if done.returncode:
        raise ValueError(done.stderr)


SOURCES = {
    ALREADY_THERE: _already_there,
    "torchvision's mirrors": _torchvision,
    "Debian's package": _debian,
}

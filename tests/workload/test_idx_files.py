"""An IDX file is read exactly, or refused."""

import struct

import numpy as np
import pytest

from casual_training.workload import idx_files

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def packed(array):
    return struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape) + array.tobytes()


@pytest.mark.parametrize("array", [IMAGES, IMAGES.ravel()], ids=["images", "labels"])
def test_an_array_is_read_back_as_it_was_written(tmp_path, array):
    path = tmp_path / "array"
    path.write_bytes(packed(array))
    read = idx_files.read(path)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)
    assert idx_files.file_size(array.shape) == path.stat().st_size


def test_dimensions_are_read_as_big_endian_numbers_of_32_bits(tmp_path):
    labels = np.zeros(70_000, np.uint8)
    (tmp_path / "labels").write_bytes(packed(labels))
    assert idx_files.read(tmp_path / "labels").shape == (70_000,)


@pytest.mark.parametrize("length", [len(packed(IMAGES)) - 1, 16, 13, 4])
def test_a_file_cut_at_any_place_is_refused(tmp_path, length):
    (tmp_path / "cut").write_bytes(packed(IMAGES)[:length])
    with pytest.raises(ValueError, match=rf"cut has {length} bytes .* delete it"):
        idx_files.read(tmp_path / "cut")


def test_a_file_longer_than_its_header_says_is_refused(tmp_path):
    (tmp_path / "long").write_bytes(packed(IMAGES) + b"\0")
    with pytest.raises(ValueError, match="long has 41 bytes where its header announces 40"):
        idx_files.read(tmp_path / "long")


def test_a_header_of_enormous_dimensions_is_refused_without_allocating_them(tmp_path):
    (tmp_path / "huge").write_bytes(b"\0\0\x08\x03" + b"\xff" * 12)
    with pytest.raises(ValueError, match="huge has 16 bytes"):
        idx_files.read(tmp_path / "huge")


@pytest.mark.parametrize(
    "magic",
    [b"", b"\0\0", b"\x1f\x8b\x08\x00", b"\0\0\x0d\x03", b"\0\0\x08\x02", b"\0\0\x08\x00"],
    ids=["empty", "two bytes", "gzip", "floats", "two dimensions", "no dimension"],
)
def test_whatever_is_not_uint8_labels_or_images_is_refused(tmp_path, magic):
    (tmp_path / "other").write_bytes(magic + packed(IMAGES)[4:] if len(magic) == 4 else magic)
    with pytest.raises(ValueError, match="other is not a raw IDX file"):
        idx_files.read(tmp_path / "other")

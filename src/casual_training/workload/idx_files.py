"""Reads an IDX file, the raw format of the MNIST family, and refuses one that is not whole.

The format: two zero bytes, one byte for the element type, one for the number of dimensions, each dimension as
a big-endian 32-bit integer, then the elements. Source: the MNIST page of Y. LeCun, C. Cortes and C. Burges.
"""

import math
from pathlib import Path

import numpy as np

# Element type 8 is uint8; one dimension holds labels, three hold images.
N_DIMS_OF_MAGIC = {b"\x00\x00\x08\x01": 1, b"\x00\x00\x08\x03": 3}


def file_size(shape: tuple[int, ...]) -> int:
    """Return the bytes of the raw IDX file that holds a uint8 array of this shape: header and elements."""
    return 4 + 4 * len(shape) + math.prod(shape)


def read(path: str | Path) -> np.ndarray:
    """Read a raw (unpacked) IDX file of uint8 labels or images.

    Args:
        path: the file.

    Returns:
        uint8 array of the shape the header announces: (N,) for labels, (N, rows, columns) for images.

    Raises:
        ValueError: the file is no such IDX file, or not exactly as long as its header says.
    """
    data = np.fromfile(path, np.uint8)
    n_dims = N_DIMS_OF_MAGIC.get(data[:4].tobytes())
    if n_dims is None:
        raise ValueError(f"{path} is not a raw IDX file of uint8 labels or images: delete it and fetch it again.")
    elements = 4 + 4 * n_dims
    # A header that breaks off gives some shape too, but never one that fits so short a file.
    shape = tuple(int.from_bytes(data[start : start + 4].tobytes(), "big") for start in range(4, elements, 4))
    if data.size != file_size(shape):
        raise ValueError(
            f"{path} has {data.size} bytes where its header announces {file_size(shape)}: "
            "it is truncated or overlong, delete it and fetch it again."
        )
    return data[elements:].reshape(shape)

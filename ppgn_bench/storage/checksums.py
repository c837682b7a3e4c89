"""Checksums: what tells a file with a flipped bit from the file that was written.

A file's header has them: of each array one for each BLOCK of its bytes, and one of the rest of the header. Whoever
reads a header checks the header, whoever reads an array checks the array; of one that stays in its file each block is
checked when it is first read. So nothing is read for its checksum alone.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

KEY = "checksums"  # in the header
BLOCK = 2**20  # bytes
DIGITS = 16  # hexadecimal ones that are kept: a wrong one agrees once in 2^64
# The judges that ship: they are older than checksums. All results name them by this hash of the whole file
# (`files.digest`), so that they stay as they are, and by this hash they are checked.
OLDER = (
    *("144d107b3b43", "b7eb0fc8704f", "292b282d47d6", "bbcb014a83ab", "de5f2509e6cc"),
    *("aac147b46f2b", "fd2d24b3b792", "3a353436e21c", "b0788dc8cb07", "7e6021e6c461"),
    *("67ecb162bf53", "fcce0c09b08e", "e8c30738e716", "48044ff54f66", "5cf0bd0fb60c"),
)

Sums = Mapping[str, list[str]]  # name of an array -> its blocks' checksums, in their order


class DamagedError(Exception):
    """What was read is not what was written."""


def with_checksums(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """A header, as JSON has it, with the checksums of arrays and of itself."""
    sums = {name: of_array(name, array) for name, array in arrays.items()}
    return {**header, KEY: {"arrays": sums, "header": _of_header(header, sums)}}


def taken_out(header: dict[str, Any]) -> Sums | None:
    """Take the checksums out of a header and give those of the arrays; None where it has none, as of older files.

    Raises DamagedError where the rest of the header is not what was written.
    """
    if KEY not in header:
        return None
    told = header.pop(KEY)
    sums = told.get("arrays") if isinstance(told, dict) else None
    if not isinstance(sums, dict) or told.get("header") != _of_header(header, sums):
        raise DamagedError("its header is not what was written")
    return sums


def of_array(name: str, array: np.ndarray) -> list[str]:
    """The checksums of an array's blocks, in the order of C; of no bytes there is one."""
    label, content = label_of(name, array.dtype, array.shape), np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return [
        of_block(label, first // BLOCK, content[first : first + BLOCK])
        for first in range(0, max(1, array.nbytes), BLOCK)
    ]


def of_block(label: str, number: int, content: np.ndarray) -> str:
    """The checksum of a block, which is no other's: SHA-256 of whose it is, of its number and of its bytes."""
    found = hashlib.sha256(f"{label} {number}\n".encode())
    found.update(content.data)
    return found.hexdigest()[:DIGITS]


def label_of(name: str, kind: np.dtype[Any], shape: tuple[int, ...]) -> str:
    """Whose bytes they are: an array's name, its type and its shape."""
    return f"{name} {kind.str} {'x'.join(map(str, shape))}"


def require(sums: Sums | None, name: str, array: np.ndarray) -> None:
    """Raise DamagedError where an array is not the one of which these are the checksums. None: of an older file."""
    if sums is not None and of_array(name, array) != sums.get(name):
        raise DamagedError(f"the array {name!r} is not what was written")


def _of_header(header: Mapping[str, Any], sums: Any) -> str:
    return hashlib.sha256(json.dumps([header, sums], sort_keys=True).encode()).hexdigest()[:DIGITS]

"""Arrays that stay in their file: parts of them are read when they are wanted."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

import numpy as np

from ppgn_bench.errors import UserError
from ppgn_bench.storage.checksums import BLOCK, label_of, of_block
from ppgn_bench.storage.files import AGAIN, header_and_checksums

BYTES = np.dtype(np.uint8)


@dataclass(frozen=True)
class Stored:
    """An array of bytes that stays in its file, uint8 [*shape], such as images: parts are read when they are wanted.

    offset: of its first byte in the file; label, sums: what its blocks are checked by, none of a file without them;
    checked: the blocks that were, since who goes through draws step by step reads a block again for each step.
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    label: str
    sums: tuple[str, ...]
    checked: set[int] = field(default_factory=set, compare=False, repr=False)

    def parts(self, numbers: np.ndarray, leading: int = 1) -> np.ndarray:
        """The parts of these numbers [n, ...], counted over so many leading axes as if they were one.

        Read, not mapped: what was read once is not held. A block is read whole, once for all its parts, and checked
        the first time. Raises UserError where the file has become shorter, or a block is not what was written.
        """
        read = np.empty((len(numbers), *self.shape[leading:]), dtype=np.uint8)
        size, at = math.prod(read.shape[1:]), -1
        flat = read.reshape(len(numbers), size)
        with self.path.open("rb", buffering=0) as file:
            for place in np.argsort(numbers, kind="stable").tolist():
                first, done = int(numbers[place]) * size, 0
                while done < size:
                    number, start = divmod(first + done, BLOCK)
                    if number != at:
                        block, at = self._block(file, number), number
                    piece = block[start : start + size - done]
                    flat[place, done : done + len(piece)] = piece
                    done += len(piece)
        return read

    def _block(self, file: FileIO, number: int) -> np.ndarray:
        """A block of the file's bytes."""
        block = np.empty(min(BLOCK, math.prod(self.shape) - number * BLOCK), dtype=np.uint8)
        file.seek(self.offset + number * BLOCK)
        if file.readinto(block.data) != len(block):
            raise UserError(f"{self.path}: has become shorter while it was read; run snakemake again")
        if self.sums and number not in self.checked and of_block(self.label, number, block) != self.sums[number]:
            name, where = self.label.partition(" ")[0], self.offset + number * BLOCK
            raise UserError(
                f"{self.path}: damaged (the array {name!r}, from byte {where:,} on, is not what was written){AGAIN}"
            )
        self.checked.add(number)
        return block


def stored(path: Path | str, kind: str, names: Iterable[str]) -> dict[str, Stored]:
    """Those of these arrays of bytes that the file has; none is read. Raises as `load_arrays` does."""
    _, sums = header_and_checksums(path, kind)
    with Path(path).open("rb") as file:  # a safetensors file: the length of its table, the table, the arrays
        length = int.from_bytes(file.read(8), "little")
        table = json.loads(file.read(length))
    told = {name: table[name] for name in names if name in table}
    if others := [name for name, of in told.items() if of["dtype"] != "U8"]:
        raise UserError(f"{path}: {others[0]} has numbers of type {told[others[0]]['dtype']}, expected U8 (bytes)")
    found = {}
    for name, of in told.items():
        shape, own = tuple(of["shape"]), () if sums is None else tuple(sums[name])
        found[name] = Stored(Path(path), 8 + length + of["data_offsets"][0], shape, label_of(name, BYTES, shape), own)
    return found

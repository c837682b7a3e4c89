"""Arrays that stay in their file: parts of them are read when they are wanted."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ppgn_bench.errors import UserError
from ppgn_bench.storage.files import load_header


@dataclass(frozen=True)
class Stored:
    """An array of bytes that stays in its file, uint8 [*shape], such as images: parts are read when they are wanted.

    offset: of its first byte in the file.
    """

    path: Path
    offset: int
    shape: tuple[int, ...]

    def parts(self, numbers: np.ndarray, leading: int = 1) -> np.ndarray:
        """The parts of these numbers [n, ...], counted over so many leading axes as if they were one.

        Read, not mapped: what was read once is not held. Raises UserError where the file has become shorter.
        """
        read = np.empty((len(numbers), *self.shape[leading:]), dtype=np.uint8)
        size = math.prod(read.shape[1:])
        with self.path.open("rb", buffering=0) as file:
            for number, part in zip(numbers.tolist(), read, strict=True):
                file.seek(self.offset + number * size)
                if file.readinto(part) != size:
                    raise UserError(f"{self.path}: has become shorter while it was read; run snakemake again")
        return read


def stored(path: Path | str, kind: str, names: Iterable[str]) -> dict[str, Stored]:
    """Those of these arrays of bytes that the file has; none is read. Raises as `load_arrays` does."""
    load_header(path, kind)
    with Path(path).open("rb") as file:  # a safetensors file: the length of its table, the table, the arrays
        length = int.from_bytes(file.read(8), "little")
        table = json.loads(file.read(length))
    told = {name: table[name] for name in names if name in table}
    if others := [name for name, of in told.items() if of["dtype"] != "U8"]:
        raise UserError(f"{path}: {others[0]} has numbers of type {told[others[0]]['dtype']}, expected U8 (bytes)")
    return {
        name: Stored(Path(path), 8 + length + of["data_offsets"][0], tuple(of["shape"])) for name, of in told.items()
    }

"""A blob of Caffe's (BlobProto): its shape and where its numbers lie, and then these as float32.

What a blob is, is known without a look at its numbers; `values` copies them, so that nothing leans on the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ppgn_bench.caffe import wire
from ppgn_bench.caffe.wire import Bytes, Field
from ppgn_bench.errors import UserError

LEGACY = (1, 2, 3, 4)  # num, channels, height, width
SHAPE, DIMENSIONS = 7, 1  # BlobShape, and its own field
NUMBERS = {5: ("<f4", wire.I32), 8: ("<f8", wire.I64)}  # data, double_data; 6 and 9 are gradients and stay
RAW = 12  # NVIDIA's branch of Caffe keeps half precision there
MOST_AXES = 32  # Caffe's own limits
LARGEST_DIMENSION = 2**31 - 1
MOST_PIECES = 1024  # Caffe writes one; each costs memory
PART = 1 << 20  # numbers that are looked at together


class Piece(NamedTuple):
    """Numbers one behind the other in the file: from which byte, how many, bytes from one to the next, NumPy's type."""

    start: int
    size: int
    stride: int
    dtype: str


class Blob(NamedTuple):
    """shape: as it is written, always four with `legacy` (num, channels, height, width); it fits the numbers."""

    shape: tuple[int, ...]
    legacy: bool
    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return sum(piece.size for piece in self.pieces)


def blob(content: Bytes, start: int, stop: int) -> Blob:
    """The blob whose message is [start, stop); old files have four dimensions, new ones a BlobShape, as Caffe reads it.

    Raises UserError where there are no numbers or their shape does not fit them, and for what `wire.fields` refuses.
    """
    old: dict[int, int] = {}
    new: list[int] = []
    pieces: list[Piece] = []
    raw = False
    for field in wire.fields(content, start, stop):
        if field.number in LEGACY:
            wire.require(field, wire.VARINT)
            old[field.number] = wire.signed(field.value)
        elif field.number == SHAPE:
            wire.require(field, wire.LEN)
            new.extend(_dimensions(content, field, MOST_AXES - len(new)))
        elif field.number in NUMBERS:
            pieces.extend(_piece(field))
        raw |= field.number == RAW
        if len(pieces) > MOST_PIECES:
            raise UserError(f"byte {field.at}: its numbers lie in more than {MOST_PIECES} pieces")
    if not pieces:
        reason = "they are in NVIDIA's own form, which is not read" if raw else "a network without weights?"
        raise UserError(f"byte {start}: has no numbers; {reason}")
    if len({piece.dtype for piece in pieces}) > 1:
        raise UserError(f"byte {start}: has numbers twice, as float and as double")
    shape = tuple(old.get(number, 0) for number in LEGACY) if old else tuple(new)
    made = Blob(shape, bool(old), tuple(pieces))
    _require_fit(made, start)
    return made


def _piece(field: Field) -> Iterator[Piece]:
    """Where a field's numbers lie, if it has any: packed behind one length, or a run with a tag before each."""
    dtype, fixed = NUMBERS[field.number]
    width = wire.SIZES[fixed]
    wire.require(field, wire.LEN, fixed)
    if field.wire != wire.LEN:
        yield Piece(field.start, field.repeats, width + field.start - field.at, dtype)
        return
    length = field.stop - field.start
    if length % width:
        raise UserError(f"byte {field.at}: {length} bytes are no whole number of {width}-byte values")
    if length:
        yield Piece(field.start, length // width, width, dtype)


def _dimensions(content: Bytes, shape: Field, most: int) -> list[int]:
    """The dimensions of a BlobShape, packed or one by one."""
    dimensions: list[int] = []
    for field in wire.fields(content, shape.start, shape.stop):
        if field.number != DIMENSIONS:
            continue
        wire.require(field, wire.LEN, wire.VARINT)
        one_by_one = field.wire == wire.VARINT
        for value in (field.value,) if one_by_one else wire.varints(content, field.start, field.stop):
            dimensions.append(wire.signed(value))
            if len(dimensions) > most:
                raise UserError(f"byte {shape.at}: a shape of more than {MOST_AXES} dimensions")
    return dimensions


def _require_fit(made: Blob, at: int) -> None:
    """Refuse dimensions that cannot be, and a shape of more or fewer numbers than there are."""
    for dimension in made.shape:
        if not 0 <= dimension <= LARGEST_DIMENSION:
            raise UserError(f"byte {at}: a dimension of {dimension}; possible are 0 to {LARGEST_DIMENSION}")
    if math.prod(made.shape) != made.size:  # no dimension at all: a single number
        raise UserError(f"byte {at}: shape {shown(made.shape)} does not fit its {made.size} numbers")


def shown(shape: tuple[int, ...]) -> str:
    """96 x 3 x 11 x 11."""
    return " x ".join(map(str, shape)) or "of a single number"


def values(content: Bytes, made: Blob) -> np.ndarray:
    """A blob's numbers as float32 of their own memory, flat. Raises UserError for NaN, infinity and beyond float32."""
    numbers = np.empty(made.size, np.float32)
    first = 0
    for piece in made.pieces:
        source = np.ndarray((piece.size,), piece.dtype, content, piece.start, (piece.stride,))
        for begin in range(0, piece.size, PART):
            part = numbers[first + begin : first + min(begin + PART, piece.size)]
            with np.errstate(all="ignore"):  # a double beyond float32 becomes infinity, and is refused as such
                part[:] = source[begin : begin + PART]
            if not (finite := np.isfinite(part)).all():
                index = int(finite.argmin())
                at = piece.start + (begin + index) * piece.stride
                raise UserError(f"byte {at}: number {first + begin + index} is {part[index]}: the weights are damaged")
        first += piece.size
    return numbers

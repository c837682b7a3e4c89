"""Protobuf's wire format: a message is a flat row of fields, each a tag and a value.

    tag = varint(number << 3 | wire)

A message in a message is bytes behind their length. Nothing here descends into one, so no depth of nesting costs
anything; what a length claims is compared with the bytes that there are before anything is made of it. All positions
are byte offsets in the file, and `UserError`s name them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ppgn_bench.errors import UserError

VARINT, I64, LEN, GROUP, END_GROUP, I32 = range(6)  # the wire types
SIZES = {I32: 4, I64: 8}  # bytes of a fixed number
LARGEST_NUMBER = 2**29 - 1  # of a field
LONGEST_VARINT = 10  # bytes: 64 bits, seven a byte
LONGEST_TEXT = 256  # bytes of a name; what is longer is none
RUN = 1 << 20  # records of a run that are compared at once

Bytes = memoryview


class Field(NamedTuple):
    """One field of a message, or a run of equal fixed numbers: `repeats` of them, a tag before each.

    at: where its tag stands; its content, or that of the run, is [start, stop). value: of a varint, unsigned.
    """

    number: int
    wire: int
    at: int
    start: int
    stop: int
    value: int = 0
    repeats: int = 1


def fields(content: Bytes, start: int, stop: int) -> Iterator[Field]:
    """The fields of the message in [start, stop), in their order; equal fixed numbers in a row are one field.

    Raises UserError where a varint or a value ends outside, for field number 0, and for groups and wire types that no
    file of Caffe has.
    """
    at = start
    while at < stop:
        field = _field(content, at, stop)
        yield field
        at = field.stop


def _field(content: Bytes, at: int, stop: int) -> Field:
    tag, after = varint(content, at, stop)
    number, wire = tag >> 3, tag & 7
    if not 1 <= number <= LARGEST_NUMBER:
        raise UserError(f"byte {at}: field number {number} is impossible")
    if wire == VARINT:
        value, end = varint(content, after, stop)
        return Field(number, wire, at, after, end, value)
    if wire == LEN:
        length, first = varint(content, after, stop)
        _require(number, length, at, stop - first)
        return Field(number, wire, at, first, first + length)
    if wire in SIZES:
        _require(number, SIZES[wire], at, stop - after)
        stride = after + SIZES[wire] - at
        repeats = _repeats(content, at, stop, stride) if after == at + 1 else 1
        return Field(number, wire, at, after, at + repeats * stride, repeats=repeats)
    what = "a group" if wire in (GROUP, END_GROUP) else f"of the unknown wire type {wire}"
    raise UserError(f"byte {at}: field {number} is {what}; no file of Caffe has that")


def _require(number: int, length: int, at: int, left: int) -> None:
    if length > left:
        raise UserError(f"byte {at}: field {number} claims {length} bytes, {max(left, 0)} are left (cut off?)")


def _repeats(content: Bytes, at: int, stop: int, stride: int) -> int:
    """How many records of `stride` bytes begin with the same one-byte tag, from `at` on; at least one.

    Each begins where the one before ends, so what looks like a tag is one. Compared in parts that double: 61 million
    weights cost no loop over each, and a run that ends at once no look at the rest.
    """
    tag, possible, count, part = content[at], (stop - at) // stride, 1, 1
    while count < possible and content[at + count * stride] == tag:
        part = min(2 * part, RUN, possible - count)
        first = at + count * stride
        tags = np.frombuffer(content, np.uint8, part * stride, first)[::stride]
        same = part if (equal := tags == tag).all() else int(equal.argmin())
        count += same
        if same < part:
            break
    return count


def varint(content: Bytes, at: int, stop: int) -> tuple[int, int]:
    """The unsigned number that begins at `at`, and where it ends. Raises UserError: cut off, or over 64 bits."""
    value = 0
    for place in range(LONGEST_VARINT):
        if at + place >= stop:
            raise UserError(f"byte {at}: a number is cut off")
        byte = content[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            if value >> 64:
                break
            return value, at + place + 1
    raise UserError(f"byte {at}: a number of more than 64 bits")


def varints(content: Bytes, start: int, stop: int) -> Iterator[int]:
    """Packed numbers, unsigned."""
    while start < stop:
        value, start = varint(content, start, stop)
        yield value


def signed(value: int) -> int:
    """Protobuf's int32 and int64 from the 64 bits that they are written as."""
    return value - (1 << 64) if value >> 63 else value


def require(field: Field, *wires: int) -> None:
    """Refuse a known field that is written as another kind of value: it is not what it is taken for."""
    if field.wire not in wires:
        raise UserError(f"byte {field.at}: field {field.number} is of wire type {field.wire}, not {wires[0]}")


def text(content: Bytes, field: Field) -> str:
    """A name. Raises UserError where it is too long, not UTF-8 or not printable."""
    require(field, LEN)
    length = field.stop - field.start
    if length > LONGEST_TEXT:
        raise UserError(f"byte {field.at}: a name of {length} bytes, more than {LONGEST_TEXT}")
    try:
        words = str(content[field.start : field.stop], "utf-8")
    except UnicodeDecodeError:
        raise UserError(f"byte {field.at}: a name that is not UTF-8") from None
    if not words.isprintable():
        raise UserError(f"byte {field.at}: a name with unprintable characters: {words[:40]!r}")
    return words

"""Caffe's files as bytes, as Caffe and older writers make them: what the reader is held against, written apart from it.

`caffemodel` serves most tests: layer -> (type, arrays), in one of the three generations of layers.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

VARINT, I64, LEN, GROUP, END_GROUP, I32 = range(6)
Layers = Mapping[str, tuple[str, Sequence[np.ndarray]]]
ENUM = {"Convolution": 4, "Deconvolution": 39, "InnerProduct": 14, "LRN": 15, "Pooling": 17, "ReLU": 18, "Softmax": 20}
OF_2014 = {  # the types of layers, as a prototxt names them
    "Convolution": "CONVOLUTION", "Deconvolution": "DECONVOLUTION", "InnerProduct": "INNER_PRODUCT", "LRN": "LRN",
    "Pooling": "POOLING", "ReLU": "RELU",
}  # fmt: skip
OLDEST = {"Convolution": "conv", "InnerProduct": "innerproduct", "LRN": "lrn", "Pooling": "pool", "ReLU": "relu"}


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; a negative number as its 64 bits."""
    number %= 1 << 64
    made = bytearray()
    while number > 127:
        made.append(number % 128 + 128)
        number //= 128
    return bytes([*made, number])


def tag(number: int, wire: int) -> bytes:
    return varint(number * 8 + wire)


def integer(number: int, value: int) -> bytes:
    return tag(number, VARINT) + varint(value)


def inside(number: int, content: bytes) -> bytes:
    """A message, a text or packed numbers: all are bytes with their length before them."""
    return tag(number, LEN) + varint(len(content)) + content


def text(number: int, words: str) -> bytes:
    return inside(number, words.encode())


def floats(number: int, values: Any, packed: bool = True, double: bool = False) -> bytes:
    """Numbers of a blob: one run of bytes, or a tag before each."""
    flat = np.asarray(values, "<f8" if double else "<f4").ravel()
    if packed:
        return inside(number, flat.tobytes())
    before = tag(number, I64 if double else I32)
    records = np.empty(flat.size, [("tag", np.uint8, (len(before),)), ("value", flat.dtype)])
    records["tag"], records["value"] = list(before), flat
    return records.tobytes()


def shape(dimensions: Sequence[int], packed: bool = True) -> bytes:
    """A blob's `shape`, field 7."""
    dims = inside(1, b"".join(map(varint, dimensions))) if packed else b"".join(integer(1, d) for d in dimensions)
    return inside(7, dims)


def legacy_shape(dimensions: Sequence[int]) -> bytes:
    """Num, channels, height and width: always four, ones before those that there are."""
    assert len(dimensions) <= 4
    four = [1] * (4 - len(dimensions)) + [*dimensions]
    return b"".join(integer(number, value) for number, value in enumerate(four, 1))


def blob(values: np.ndarray, *, legacy: bool = False, packed: bool = True, double: bool = False) -> bytes:
    """A BlobProto: its shape, and its numbers in field 5 or, as doubles, in field 8."""
    dimensions = legacy_shape(values.shape) if legacy else shape(values.shape, packed)
    return dimensions + floats(8 if double else 5, values, packed, double)


def layer(name: str, kind: str, blobs: Sequence[bytes], generation: int = 2) -> bytes:
    """A layer as a field of the network: `layer` (2, today's), `layers` (1), or the oldest, a layer in `layers` (0)."""
    if generation == 2:
        return inside(100, text(1, name) + text(2, kind) + text(3, "before") + b"".join(inside(7, b) for b in blobs))
    if generation == 1:
        own = text(2, "before") + text(3, name) + text(4, name) + integer(5, ENUM[kind])
        return inside(2, own + b"".join(inside(6, b) for b in blobs))
    own = text(1, name) + text(2, OLDEST[kind]) + b"".join(inside(50, b) for b in blobs)
    return inside(2, inside(1, own) + text(2, "before") + text(3, name))


def caffemodel(layers: Layers, *, generation: int = 2, name: str = "net", **form: bool) -> bytes:
    """A network's file; form: legacy, packed and double, as `blob` takes them."""
    made = [layer(key, kind, [blob(a, **form) for a in arrays], generation) for key, (kind, arrays) in layers.items()]
    return text(1, name) + b"".join(made)


def of_2014(prototxt: str) -> str:
    """The same network in the words of 2014: `layers`, and types that are constants."""
    prototxt = prototxt.replace("layer {", "layers {")
    for new, old in OF_2014.items():
        prototxt = prototxt.replace(f'type: "{new}"', f"type: {old}")
    return prototxt

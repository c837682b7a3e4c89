"""Damaged and hostile files: nothing but the declared error, or arrays that can be true, and memory in proportion.

20,000 inputs in every test run, the same ones each time. More, and others each time:

    PPGN_HOSTILE_INPUTS=1000000 python -m pytest tests/caffe/test_hostile.py
"""

import json
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ppgn_bench.caffe import stage
from tests.caffe import writing
from tests.hostility import inputs, said, try_all

INPUTS = inputs(20_000)
NET = {
    "conv1": ("Convolution", [np.linspace(-1, 1, 24, dtype=np.float32).reshape(2, 3, 2, 2), np.zeros(2, np.float32)]),
    "relu1": ("ReLU", []),
    "ip2": ("InnerProduct", [np.ones((2, 3), np.float32), np.full(2, 0.5, np.float32)]),
}
MEAN = np.full((3, 2, 2), 104, np.float32)
FILES = [
    *(writing.caffemodel(NET, generation=generation) for generation in (0, 1, 2)),
    *(writing.caffemodel(NET, generation=generation, legacy=True) for generation in (0, 1, 2)),
    writing.caffemodel(NET, packed=False),
    writing.caffemodel(NET, double=True),
    writing.caffemodel(NET, packed=False, double=True),
    writing.blob(MEAN),
    writing.blob(MEAN, legacy=True),
]
WEIGHTS = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
BLOBS = [
    *(writing.blob(WEIGHTS, legacy=legacy) for legacy in (False, True)),
    *(writing.blob(WEIGHTS, packed=False, double=double) for double in (False, True)),
    writing.shape([2, 3]) + writing.floats(6, WEIGHTS) + writing.floats(5, WEIGHTS),
]
LIES = [
    0,
    1,
    4,
    5,
    127,
    128,
    255,
    2**16,
    2**31 - 1,
    2**31,
    2**32,
    2**63 - 1,
    2**63,
    2**64 - 1,
]  # as lengths, dimensions
ODD = [
    *(writing.varint(lie) for lie in LIES),
    b"\x80" * 9,  # varints that never end
    b"\xff" * 11,
    b"\x00",  # field 0
    bytes([9 << 3 | writing.GROUP]) * 60,  # depth
    writing.inside(2, writing.inside(1, writing.inside(2, b""))),
    writing.floats(5, [np.nan, np.inf]),
    writing.floats(5, [1.0] * 9, packed=False),
    writing.shape([2**31, 2**31]),
    writing.layer("ip2", "InnerProduct", [writing.blob(MEAN)]),
    b"\x80\x04\x95\n{<",
]
NUMBERS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 50, 100, 2**29)  # of fields
Change = Callable[[bytes, int, int, bytes], bytes]
CHANGES: list[Change] = [  # (the file, two places in their order, odd bytes) -> another file
    lambda content, at, to, odd: content[:at],
    lambda content, at, to, odd: content[at:],
    lambda content, at, to, odd: content[:at] + content[to:],
    lambda content, at, to, odd: content[:to] + content[at:],
    lambda content, at, to, odd: content[:at] + bytes([content[at] ^ 1 << to % 8]) + content[at + 1 :],
    lambda content, at, to, odd: content[:at] + odd + content[at + 1 :],
    lambda content, at, to, odd: content[:at] + odd + content[at:],
    lambda content, at, to, odd: content[:at] + odd + content[at + len(odd) :],
]


def hostile(tape: bytes) -> bytes:
    """What a tape of bytes means: a true file with changes, a layer with a changed blob, made-up fields, or itself."""
    kind, which, *rest = tape
    steps = list(zip(*[iter(rest)] * 6, strict=False))
    if kind % 8 == 0:
        return bytes(rest)
    if kind % 8 == 1:
        return made_up(steps)
    if kind % 8 < 5:  # what is wrong lies deep, all lengths around it are true
        return writing.layer("ip", "InnerProduct", [changed(BLOBS[which % len(BLOBS)], steps)], generation=which % 3)
    return changed(FILES[which % len(FILES)], steps)


def changed(content: bytes, steps: list[tuple[int, ...]]) -> bytes:
    for change, one, one_more, other, other_more, odd in steps:
        if content:
            at, to = sorted(((one << 8 | one_more) % len(content), (other << 8 | other_more) % len(content)))
            content = CHANGES[change % len(CHANGES)](
                content, at, to, odd_bytes(odd, (other_more, one_more, other, one))
            )
    return content


def made_up(steps: list[tuple[int, ...]]) -> bytes:
    """Fields beside and around those before."""
    content = b""
    for number, wire, place, odd, *tail in steps:
        field, value = NUMBERS[number % len(NUMBERS)], odd_bytes(odd, tail)
        beside = (writing.tag(field, wire % 8) + value, writing.inside(field, value), b"")[place % 3]
        content = content + beside if beside else writing.inside(field, content + value)
    return content


def odd_bytes(number: int, others: Sequence[int]) -> bytes:
    """One of ODD, or as often any bytes."""
    return ODD[number // 2 % len(ODD)] if number % 2 else bytes(others[: number // 2 % 5])


def tried(path: Path, content: bytes) -> str | None:
    """Read these bytes; what was said where they are refused. Anything but the declared error ends the test."""
    path.write_bytes(content)
    made: list[stage.Imported] = []
    tracemalloc.start()
    try:
        message = said(lambda: made.append(stage.read(path)))
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2**16 + 64 * len(content)
    assert message is None or (message.startswith(f"{path}: ") and message.isprintable())
    for own in made:
        require_possible(own, len(content))
    return message


def require_possible(made: stage.Imported, size: int) -> None:
    """Fail for arrays that no file of this size can hold, or that no network has."""
    assert made.arrays
    assert sum(array.nbytes for array in made.arrays.values()) <= size
    assert json.dumps(made.header, allow_nan=False)
    for name, array in made.arrays.items():
        assert name.isprintable()
        assert array.dtype == np.float32
        assert np.isfinite(array).all()


def test_hostile_files_end_in_the_declared_error_or_in_arrays_that_can_be_true(tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    refused = try_all(tmp_path, INPUTS, lambda tape: tried(path, hostile(tape.content)))
    assert 0.02 < refused / INPUTS < 0.98  # not all are refused for one thing at their start

"""Damaged and hostile files: nothing but the declared error, or arrays that can be true, and memory in proportion.

20,000 inputs in every test run, the same ones each time. More, and others each time:

    PPGN_HOSTILE_INPUTS=1000000 python -m pytest tests/caffe/test_hostile.py
"""

import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ppgn_bench.caffe import stage
from ppgn_bench.errors import UserError
from tests.caffe import writing

hypothesis = pytest.importorskip("hypothesis", reason="pip install 'ppgn-bench[caffe]'")
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

INPUTS = int(os.environ.get("PPGN_HOSTILE_INPUTS", "20000"))
USUAL = "PPGN_HOSTILE_INPUTS" not in os.environ
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
Change = Callable[[bytes, int, int, bytes], bytes]
CHANGES: dict[str, Change] = {  # (the file, two places in their order, odd bytes) -> another file
    "cut": lambda content, at, to, odd: content[:at],
    "from the middle": lambda content, at, to, odd: content[at:],
    "without a part": lambda content, at, to, odd: content[:at] + content[to:],
    "a part twice": lambda content, at, to, odd: content[:to] + content[at:],
    "a bit": lambda content, at, to, odd: content[:at] + bytes([content[at] ^ 1 << to % 8]) + content[at + 1 :],
    "a length that lies": lambda content, at, to, odd: content[:at] + odd + content[at + 1 :],
    "something more": lambda content, at, to, odd: content[:at] + odd + content[at:],
    "something else": lambda content, at, to, odd: content[:at] + odd + content[at + len(odd) :],
}
PLACE = st.integers(0, 2**16)
CHANGE = st.tuples(st.sampled_from(list(CHANGES.values())), PLACE, PLACE, st.sampled_from(ODD) | st.binary(max_size=12))
FIELD = st.tuples(st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 8, 50, 100, 2**29]), st.integers(0, 7))


def changed(content: bytes, changes: list[tuple[Change, int, int, bytes]]) -> bytes:
    for change, one, other, odd in changes:
        if content:
            at, to = sorted((one % len(content), other % len(content)))
            content = change(content, at, to, odd)
    return content


def message(parts: list[tuple[tuple[int, int], bytes]]) -> bytes:
    """Fields of any number and kind, whose content may be a message again."""
    return b"".join(
        writing.inside(number, content) if wire == writing.LEN else writing.tag(number, wire) + content
        for (number, wire), content in parts
    )


DAMAGED = st.builds(changed, st.sampled_from(FILES), st.lists(CHANGE, min_size=1, max_size=4))
NESTED = st.recursive(
    st.binary(max_size=9) | st.sampled_from(ODD),
    lambda inner: st.lists(st.tuples(FIELD, inner), max_size=4).map(message),
    max_leaves=12,
)


def tried(path: Path, content: bytes) -> str | None:
    """Read these bytes; what was said where they are refused. Anything but the declared error ends the test."""
    path.write_bytes(content)
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    said, made = None, None
    try:
        made = stage.read(path)
    except UserError as error:
        said = str(error)
    _, peak = tracemalloc.get_traced_memory()
    assert peak - before < 2**16 + 64 * len(content)
    if made:
        require_possible(made, len(content))
    return said


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
    outcomes: list[str | None] = []

    @settings(max_examples=INPUTS, deadline=None, derandomize=USUAL, database=None, suppress_health_check=HealthCheck)
    @given(content=DAMAGED | DAMAGED | NESTED | st.binary(max_size=300))
    def attempt(content: bytes) -> None:
        outcomes.append(tried(path, content))

    tracemalloc.start()
    try:
        attempt()
    finally:
        tracemalloc.stop()
    said = [text for text in outcomes if text]
    assert len(outcomes) >= INPUTS
    assert 0.02 < len(said) / len(outcomes) < 0.98  # not all are refused for one thing at their start
    assert all(text.startswith(f"{path}: ") and text.isprintable() for text in said)

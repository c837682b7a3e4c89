"""Damaged and hostile binary files: what is read of them is what was written, or they are refused in one line."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from ppgn_bench.errors import UserError
from ppgn_bench.storage import checksums, files
from ppgn_bench.storage.stored import stored
from tests.hostility import Tape, inputs, said, try_all

INPUTS = inputs(10_000)
ARRAYS: dict[str, np.ndarray] = {
    "images": np.arange(48, dtype=np.uint8).reshape(2, 3, 8),
    "log_prob": np.linspace(-3, 0, 5, dtype=np.float32),
    "labels": np.array([3, 1]),
    "none": np.zeros((0, 3), np.float32),
}
HEADER = {"kind": "chains", "seed": 3, "networks": {"0": "a", "10": "b"}, "epsilon": 1e-17}


class Trap:
    """Whoever unpickles it runs it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("open('ran', 'w')",)


NESTED = "[" * 5000
SHAPES: list[Any] = [
    [2**40],
    [2**63],
    [2**32, 2**32],
    [0, 2**62],
    [-1],
    [1.5],
    "x",
    None,
    [[1]],
    [],
    [1] * 300,
    [48],
    [3, 2, 8],
]
OFFSETS: list[Any] = [[0, 2**60], [48, 0], [0, 0], [-8, 0], [0, 1e30], None, [], [0, 20], [20, 68], [2**64, 2**65]]
TYPES: list[Any] = ["F64", "I8", "BF16", "F8_E4M3", "BOOL", "F4", "U8 ", None, 3, "I64", "U64", "C64"]
HEADERS: list[str] = [
    "",
    "{}",
    "[]",
    "3",
    '"chains"',
    NESTED,
    '{"kind": 3}',
    '{"kind": "chains"}',
    "9" * 5000,
    '{"kind": "data"}',
    '{"kind": "chains", "checksums": 3}',
    '{"kind": "chains", "checksums": {"header": "", "arrays": {}}}',
    "NaN",
]
ODD = [
    b"",
    b"\x00",
    b"\xff" * 8,
    b"\x00" * 8,
    (2**62).to_bytes(8, "little"),
    (100_000_001).to_bytes(8, "little"),
    b"}",
    b'"',
    b"{" * 99,
    NESTED.encode(),
    pickle.dumps(Trap()),
    b"PK\x03\x04",
    b"9" * 400,
    b"\xe2\x80\xa8",
    b"1e999",
    b"NaN",
    b'"__metadata__":{},',
]


def damaged(content: bytes, tape: Tape) -> bytes:
    """The same bytes with a flipped bit or two, or with some left out, moved, overwritten or put between."""
    for _ in range(1 + tape.number(2)):
        at, to = sorted((tape.number(len(content) + 1), tape.number(len(content) + 1)))
        odd, flipped = tape.one_of(ODD), bytes([content[at] ^ 1 << to % 8]) if at < len(content) else b""
        content = tape.one_of(
            [
                *[content[:at] + flipped + content[at + 1 :]] * 3,
                content[:at],
                content[at:],
                content[:at] + content[to:],
                content[:to] + content[at:],
                content[:at] + odd + content[at:],
                content[:at] + odd + content[at + len(odd) :],
                odd + content[8:],
            ]
        )
    return content


def retold(content: bytes, tape: Tape) -> bytes:
    """The same arrays under a table that lies about one of them, or under another header."""
    length = int.from_bytes(content[:8], "little")
    table = json.loads(content[8 : 8 + length])
    name = tape.one_of(list(ARRAYS))
    lies: list[Callable[[], object]] = [
        lambda: table[name].update(shape=tape.one_of(SHAPES)),
        lambda: table[name].update(data_offsets=tape.one_of(OFFSETS)),
        lambda: table[name].update(dtype=tape.one_of(TYPES)),
        lambda: table.update({tape.one_of(["", "images ", "../x", "a\n", "x" * 999]): table.pop(name)}),
        lambda: table.update({name: table[tape.one_of(list(ARRAYS))]}),
        lambda: table["__metadata__"].update({files.HEADER_KEY: tape.one_of(HEADERS)}),
        lambda: table.pop(name),
        lambda: table.pop("__metadata__"),
        lambda: table.update({name: tape.one_of([None, [], 3, NESTED, {}])}),
    ]
    tape.one_of(lies)()
    text = json.dumps(table).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.chdir(tmp_path)
    files.save_arrays("true.safetensors", ARRAYS, HEADER)
    return Path("true.safetensors").read_bytes()


def test_hostile_files_are_refused_in_one_line_or_hold_what_was_written(content: bytes, tmp_path: Path) -> None:
    path = Path("chains.safetensors")
    foreign = save(ARRAYS, metadata={"format": "pt"})
    whole = stored("true.safetensors", "chains", ["images"])["images"].parts(np.arange(2))

    def of_ours() -> None:
        arrays, header = files.load_arrays(path, "chains")
        assert header == HEADER
        assert arrays.keys() == ARRAYS.keys()
        assert all(
            np.array_equal(arrays[name], array) and arrays[name].dtype == array.dtype for name, array in ARRAYS.items()
        )

    def in_parts() -> None:
        assert np.array_equal(stored(path, "chains", ["images"])["images"].parts(np.array([1, 0])), whole[::-1])
        assert files.load_some(path, "chains", ["labels"])[0]["labels"].tolist() == [3, 1]

    def of_others() -> None:
        found = files.foreign_arrays(path)
        assert sum(array.nbytes for array in found.values()) <= path.stat().st_size

    def attempt(tape: Tape) -> str | None:
        read, change = tape.one_of([of_ours, in_parts, of_others]), tape.one_of([damaged, damaged, retold])
        made = change(foreign if read is of_others and change is damaged else content, tape)
        path.write_bytes(made)
        message = said(read)
        assert message is None or (message.startswith(f"{path}: ") and "\n" not in message)
        return message

    assert try_all(tmp_path, INPUTS, attempt) > INPUTS // 2
    assert not Path("ran").exists()


def test_every_flipped_bit_of_a_file_is_noticed(content: bytes) -> None:
    for place in range(len(content)):
        flipped = bytes([content[place] ^ 1 << place % 8])
        Path("flipped").write_bytes(content[:place] + flipped + content[place + 1 :])
        with pytest.raises(UserError, match=r"^flipped: "):
            files.load_arrays("flipped", "chains")


def test_a_flipped_bit_of_a_large_array_that_stays_in_its_file_is_noticed_where_it_is_read(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 2, checksums.BLOCK // 2 + 7), dtype=np.uint8)
    path = tmp_path / "x"
    files.save_arrays(path, {"images": images, "labels": np.arange(3)}, {"kind": "chains"})
    found = stored(path, "chains", ["images"])["images"]
    np.testing.assert_array_equal(found.parts(np.array([2, 0, 1, 2])), images[[2, 0, 1, 2]])
    np.testing.assert_array_equal(found.parts(np.array([5, 0]), leading=2), images.reshape(6, -1)[[5, 0]])
    content = bytearray(path.read_bytes())
    content[found.offset + images.nbytes - 1] ^= 1
    path.write_bytes(content)
    found = stored(path, "chains", ["images"])["images"]
    np.testing.assert_array_equal(found.parts(np.array([0])), images[:1])
    with pytest.raises(UserError, match=r"x: damaged \(the array 'images', from byte [\d,]+ on, is not what was writt"):
        found.parts(np.array([2]))


def test_a_block_is_checked_once_however_often_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.zeros((4, checksums.BLOCK // 2), dtype=np.uint8)
    files.save_arrays(tmp_path / "x", {"images": images}, {"kind": "chains"})
    read, checked = stored(tmp_path / "x", "chains", ["images"])["images"], []

    def noted(label: str, number: int, content: np.ndarray) -> str:
        checked.append(number)
        return checksums.of_block(label, number, content)

    monkeypatch.setattr("ppgn_bench.storage.stored.of_block", noted)
    for number in (3, 0, 1, 3, 2):
        read.parts(np.array([number]))
    assert checked == [1, 0]


def test_a_file_of_ours_without_checksums_is_refused_unless_it_is_a_judge_that_ships(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(save(ARRAYS, metadata={files.HEADER_KEY: json.dumps(HEADER)}))
    with pytest.raises(UserError, match=r"old: damaged \(it has no checksums\); delete it and run snakemake again$"):
        files.load_header(tmp_path / "old", "chains")
    judges = list((Path(files.__file__).parents[1] / "judges").rglob("*.safetensors"))
    assert sorted(map(files.digest, judges)) == sorted(checksums.OLDER)
    judge = judges[0].read_bytes()
    for place in (len(judge) // 2, len(judge) - 1):
        (tmp_path / "judge").write_bytes(judge[:place] + bytes([judge[place] ^ 1]) + judge[place + 1 :])
        with pytest.raises(UserError, match=r"judge: damaged \(it has no checksums\)"):
            files.load_header(tmp_path / "judge", "Judge")

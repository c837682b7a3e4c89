"""Results are whole or absent, and whatever is wrong with a file is one message that names it."""

import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from ppgn_bench.errors import UserError
from ppgn_bench.storage import files
from ppgn_bench.storage.stored import stored

ARRAYS: dict[str, np.ndarray] = {
    "images": np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    "log_prob": np.linspace(-3, 0, 5, dtype=np.float32),
    "labels": np.array([3, 1, 2]),
    "diverged": np.array([-1, 7]),
    "accepted": np.array([True, False]),
}


HEADER = {"kind": "chains", "seed": 3, "settings": [{"epsilon_noise": 1e-17}], "runs": {"mixing": {}}}


@pytest.fixture
def chains(tmp_path: Path) -> Path:
    path = tmp_path / "chains.safetensors"
    files.save_arrays(path, ARRAYS, HEADER)
    return path


def test_arrays_and_header_come_back_as_they_were_saved(chains: Path) -> None:
    arrays, header = files.load_arrays(chains, "chains")
    assert header == HEADER == files.load_header(chains, "chains")
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype


def test_parts_of_an_array_of_bytes_are_read_from_its_file_in_any_order(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 2, 3, 4), dtype=np.uint8)
    arrays = {"before": np.arange(3, dtype=np.uint8), "images": images, "then": np.zeros(2)}
    files.save_arrays(tmp_path / "x", arrays, {"kind": "chains"})
    assert files.names(tmp_path / "x", "chains") == ["before", "images", "then"]
    found = stored(tmp_path / "x", "chains", ["images", "absent"])
    assert found.keys() == {"images"}
    assert found["images"].shape == images.shape
    numbers = np.array([4, 0, 0, 3])
    np.testing.assert_array_equal(found["images"].parts(numbers), images[numbers])
    np.testing.assert_array_equal(found["images"].parts(2 * numbers + 1, leading=2), images[numbers, 1])
    assert found["images"].parts(numbers[:0]).shape == (0, 2, 3, 4)


def test_parts_are_bytes_of_a_file_of_ours_that_stays_as_it_is(chains: Path) -> None:
    with pytest.raises(UserError, match=r"log_prob has numbers of type F32, expected U8"):
        stored(chains, "chains", ["images", "log_prob"])
    with pytest.raises(UserError, match=r"holds 'chains', expected 'data'"):
        stored(chains, "data", ["images"])
    images = stored(chains, "chains", ["images"])["images"]
    chains.write_bytes(chains.read_bytes()[: images.offset + 5])
    with pytest.raises(UserError, match="has become shorter"):
        images.parts(np.array([0]))


def test_a_transposed_view_comes_back_in_its_own_order(tmp_path: Path) -> None:
    view = np.arange(6, dtype=np.float32).reshape(2, 3).T
    files.save_arrays(tmp_path / "view", {"view": view}, {"kind": "chains"})
    np.testing.assert_array_equal(files.load_arrays(tmp_path / "view", "chains")[0]["view"], view)


def test_equal_arrays_and_headers_give_equal_bytes_whatever_their_order_and_other_headers_others(
    chains: Path, tmp_path: Path
) -> None:
    same, other = tmp_path / "same.safetensors", tmp_path / "other.safetensors"
    files.save_arrays(same, dict(reversed(list(ARRAYS.items()))), dict(reversed(HEADER.items())))
    files.save_arrays(other, ARRAYS, HEADER | {"seed": 4})
    assert same.read_bytes() == chains.read_bytes() != other.read_bytes()


def test_numpy_numbers_in_a_header_become_plain_ones(tmp_path: Path) -> None:
    files.save_arrays(tmp_path / "a", {}, {"kind": "data", "n": np.int64(3), "band": np.array([0.25, 0.5])})
    assert files.load_header(tmp_path / "a", "data") == {"kind": "data", "n": 3, "band": [0.25, 0.5]}


def test_a_header_without_a_kind_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="kind"):
        files.save_arrays(tmp_path / "a", ARRAYS, {"seed": 1})
    assert list(tmp_path.iterdir()) == []


def refusal(path: Path, kind: str = "chains") -> str:
    """The message of a file that neither load_arrays nor load_header may take; both must say the same."""
    messages = []
    for load in (files.load_arrays, files.load_header):
        with pytest.raises(UserError) as caught:
            load(path, kind)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert str(path) in messages[0]
    assert "\n" not in messages[0]
    return messages[0]


def test_a_missing_file_or_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    assert "is missing" in refusal(tmp_path / "absent.safetensors")
    assert "is not a file" in refusal(tmp_path)


DO = r" \(.+\); delete it and run snakemake again$"


@pytest.mark.parametrize("kept", [0, 5, 40, -1])
def test_a_truncated_file_is_refused_and_the_message_says_what_to_do(chains: Path, kept: int) -> None:
    chains.write_bytes(chains.read_bytes()[:kept])
    assert re.search(f"truncated or not a safetensors file{DO}", refusal(chains))


@pytest.mark.parametrize(
    ("load", "contents", "what"),
    [
        (lambda path: files.load_table(path, []), (b"", b"a,b\n1,2\n1,2,3\n", b"\xff\xfe\x00a"), "not a table"),
        (files.load_json, (b"", b'{"a": 1', b"\xff"), "truncated or not a JSON file"),
    ],
    ids=["table", "json"],
)
def test_what_is_no_table_or_no_json_is_refused_and_the_message_says_what_to_do(
    tmp_path: Path, load: Callable[[Path], object], contents: tuple[bytes, ...], what: str
) -> None:
    with pytest.raises(UserError, match=r"file: is missing$"):
        load(tmp_path / "file")
    for content in contents:
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(UserError, match=f"file: {what}{DO}") as caught:
            load(tmp_path / "file")
        assert "\n" not in str(caught.value)


def test_a_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(tmp_path / "ran"),)

    path = tmp_path / "weights.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    assert "not a safetensors file" in refusal(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"ppgn_bench": "{"}, {"ppgn_bench": "[1]"}])
def test_a_safetensors_file_of_someone_else_is_refused(tmp_path: Path, metadata: dict[str, str]) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file({"weight": np.zeros(3, np.float32)}, path, metadata=metadata)
    assert "not written by ppgn_bench" in refusal(path)


def test_a_file_of_another_kind_is_refused_with_both_kinds(chains: Path) -> None:
    message = refusal(chains, kind="data")
    assert "holds 'chains', expected 'data'" in message


def test_a_table_comes_back_bit_for_bit(tmp_path: Path) -> None:
    n = 2000
    powers = np.random.default_rng(0).uniform(-300, 300, n)
    frame = pd.DataFrame(
        {
            "variant": ["am", "NA", "None", "null"] * (n // 4),
            "seed": range(n),
            "value": 10.0**powers,  # a reader that is not exact is off in a third of these
            "epsilon_noise": [np.nan, np.inf, 5e-324, 0.1 + 0.2] * (n // 4),
            "ordered": [True, False] * (n // 2),
        }
    )
    files.save_table(tmp_path / "deep" / "er" / "table.csv", frame)
    pd.testing.assert_frame_equal(
        files.load_table(tmp_path / "deep/er/table.csv", ["seed", "value"]), frame, check_exact=True
    )


def test_a_table_that_lacks_columns_names_them(tmp_path: Path) -> None:
    files.save_table(tmp_path / "t.csv", pd.DataFrame({"seed": [0]}))
    with pytest.raises(UserError, match=r"t\.csv: lacks the column\(s\) metric, value; it has seed"):
        files.load_table(tmp_path / "t.csv", ["seed", "metric", "value"])


def test_json_comes_back_and_is_written_the_same_whatever_the_order(tmp_path: Path) -> None:
    files.save_json(tmp_path / "a.json", {"b": 1, "a": [None, 0.1], "p": Path("x/y")})
    files.save_json(tmp_path / "b.json", {"p": "x/y", "a": [None, 0.1], "b": 1})
    assert files.load_json(tmp_path / "a.json") == {"a": [None, 0.1], "b": 1, "p": "x/y"}
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_json_refuses_a_number_that_json_lacks_and_leaves_the_old_file(tmp_path: Path) -> None:
    files.save_json(tmp_path / "a.json", 1)
    with pytest.raises(ValueError, match="JSON"):
        files.save_json(tmp_path / "a.json", float("nan"))
    assert files.load_json(tmp_path / "a.json") == 1


def test_a_digest_is_the_start_of_the_hash_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert files.digest(tmp_path / "file") == "ba7816bf8f01"  # SHA-256 of "abc", as its standard prints it
    with pytest.raises(UserError, match="is missing"):
        files.digest(tmp_path / "nowhere")

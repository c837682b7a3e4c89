"""The command `import-caffe`: what it prints, what it writes, and that it writes nothing of a bad file."""

import os
from pathlib import Path

import numpy as np
import pytest

from ppgn_bench.storage import files
from tests.caffe import writing
from tests.conftest import Command, listing

RNG = np.random.default_rng(7)
NET = {
    "conv1": ("Convolution", [RNG.standard_normal((96, 3, 11, 11), np.float32), np.zeros(96, np.float32)]),
    "relu1": ("ReLU", []),
    "fc8": ("InnerProduct", [RNG.standard_normal((10, 50), np.float32), np.zeros(10, np.float32)]),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.caffemodel").write_bytes(writing.caffemodel(NET, generation=1, legacy=True))
    return tmp_path


def test_a_network_is_shown_as_a_table_and_written(here: Path, ppgn: Command) -> None:
    ended = ppgn("import-caffe", "net.caffemodel", "--output", "weights/net.safetensors")
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].split() == ["layer", "type", "shapes", "parameters"]
    assert lines[1].split(maxsplit=2) == ["conv1", "Convolution", "96 x 3 x 11 x 11, 96      34,944"]
    assert lines[2].split() == ["fc8", "InnerProduct", "10", "x", "50,", "10", "510"]
    assert lines[3].split() == ["2", "of", "3", "layers", "35,454"]
    assert lines[-1].split() == ["weights:", "weights/net.safetensors"]
    arrays, header = files.load_arrays("weights/net.safetensors", "caffe")
    assert {name: array.shape for name, array in arrays.items()} == {
        "conv1.0": (96, 3, 11, 11),
        "conv1.1": (96,),
        "fc8.0": (10, 50),
        "fc8.1": (10,),
    }
    assert np.array_equal(arrays["fc8.0"], NET["fc8"][1][0])
    assert header["layers"] == {"conv1": "Convolution", "relu1": "ReLU", "fc8": "InnerProduct"}
    assert header["source"] == "net.caffemodel"
    assert header["sha256"] in ended.out


def test_the_same_file_gives_the_same_bytes(here: Path, ppgn: Command) -> None:
    for name in ("one.safetensors", "two.safetensors"):
        assert ppgn("import-caffe", "net.caffemodel", "--output", name).status == 0
    assert Path("one.safetensors").read_bytes() == Path("two.safetensors").read_bytes()


def test_a_mean_image_is_told_from_a_network_with_its_channels(here: Path, ppgn: Command) -> None:
    mean = np.ones((3, 8, 8), np.float32) * np.array([102, 51, 25.5], np.float32)[:, None, None]
    Path("mean.binaryproto").write_bytes(writing.blob(mean, legacy=True))
    ended = ppgn("import-caffe", "mean.binaryproto", "--output", "mean.safetensors")
    assert ended.status == 0
    shape, option, *_ = ended.out.splitlines()
    assert shape == "mean image: 3 x 8 x 8, of its channels 102.0000, 51.0000, 25.5000"
    assert option.endswith(": mean: [0.100000, 0.200000, 0.400000]")  # red first
    assert "weights:" not in ended.out
    assert np.array_equal(files.load_arrays("mean.safetensors", "caffe-mean")[0]["mean"], mean)


def test_a_mean_image_of_another_shape_is_written_all_the_same(here: Path, ppgn: Command) -> None:
    Path("mean.binaryproto").write_bytes(writing.blob(np.ones((8, 8), np.float32)))
    ended = ppgn("import-caffe", "mean.binaryproto", "--output", "mean.safetensors")
    assert (ended.status, ended.out.splitlines()[0]) == (0, "mean image: 8 x 8")


def test_a_large_file_has_a_bar(here: Path, ppgn: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ppgn_bench.cli.importing.LARGE", 1000)
    ended = ppgn("import-caffe", "net.caffemodel", "--output", "net.safetensors")
    assert "net.caffemodel" in ended.err
    assert "100%" in ended.err


BROKEN = writing.caffemodel(NET)[:-100]
NAN = writing.caffemodel({"fc8": ("InnerProduct", [np.full((2, 2), np.nan, np.float32)])})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BROKEN, "bad.caffemodel: damaged, or no file of Caffe's: byte 139865: field 100 claims 2088 bytes, 1988 are "),
        (NAN, "bad.caffemodel: layer 'fc8', blob 0: byte "),
        (b"", "bad.caffemodel: is empty"),
        (b"name: 'CaffeNet'\nlayer {}", "bad.caffemodel: is a prototxt"),
        (None, "bad.caffemodel: is missing"),
    ],
    ids=["broken", "nan", "empty", "prototxt", "missing"],
)
def test_a_bad_file_is_one_line_and_nothing_is_written(
    here: Path, ppgn: Command, content: bytes | None, message: str
) -> None:
    if content is not None:
        Path("bad.caffemodel").write_bytes(content)
    before = listing(here)
    ended = ppgn("import-caffe", "bad.caffemodel", "--output", "weights/net.safetensors")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith(f"error: {message}")
    assert ended.err.count("\n") == 1
    assert listing(here) == before
    assert not Path("weights").exists()


def test_a_bad_file_leaves_the_weights_of_before(here: Path, ppgn: Command) -> None:
    assert ppgn("import-caffe", "net.caffemodel", "--output", "net.safetensors").status == 0
    Path("net.caffemodel").write_bytes(NAN)
    before = listing(here)
    assert ppgn("import-caffe", "net.caffemodel", "--output", "net.safetensors").status == 1
    assert listing(here) == before


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("net.pth", "--output: must end with .safetensors, got 'net.pth'"),
        ("a.safetensors", "--output: a.safetensors: is a folder"),
        ("same.safetensors", "--output: same.safetensors: is the file that is read; name another"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_anything_is_read(
    here: Path, ppgn: Command, output: str, message: str
) -> None:
    Path("a.safetensors").mkdir()
    os.link("net.caffemodel", "same.safetensors")
    before = listing(here)
    ended = ppgn("import-caffe", "net.caffemodel", "--output", output)
    assert (ended.status, ended.out, ended.err) == (1, "", f"error: {message}\n")
    assert listing(here) == before


def test_help_says_what_the_arrays_are_called(ppgn: Command) -> None:
    ended = ppgn("import-caffe", "--help")
    assert ended.status == 0
    assert "<layer>.0" in ended.out

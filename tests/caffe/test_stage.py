"""A file as arrays with a header: names, shapes, the mean image, memory."""

import hashlib
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from ppgn_bench.caffe import stage
from ppgn_bench.errors import UserError
from ppgn_bench.storage import files
from tests.caffe import writing

RNG = np.random.default_rng(5)
NET = {
    "conv1": ("Convolution", [RNG.standard_normal((4, 3, 5, 5), np.float32), np.zeros(4, np.float32)]),
    "relu1": ("ReLU", []),
    "a/b.0": ("InnerProduct", [np.ones((2, 4), np.float32)]),  # as layers of Inception: a name with a slash or a point
}


def test_a_network_becomes_arrays_by_layer_and_number_with_what_they_are_of(tmp_path: Path) -> None:
    content = writing.caffemodel(NET, name="small")
    (tmp_path / "net.caffemodel").write_bytes(content)
    counted: list[int] = []
    made = stage.read(tmp_path / "net.caffemodel", counted.append)
    assert {name: array.shape for name, array in made.arrays.items()} == {
        "conv1.0": (4, 3, 5, 5),
        "conv1.1": (4,),
        "a/b.0.0": (2, 4),
    }
    assert made.header == {
        "kind": "caffe",
        "network": "small",
        "layers": {"conv1": "Convolution", "relu1": "ReLU", "a/b.0": "InnerProduct"},
        "source": "net.caffemodel",
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert sum(counted) == sum(array.size for array in made.arrays.values())


def test_a_layer_without_a_name_and_weights_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "net.caffemodel").write_bytes(writing.layer("", "ReLU", []) + writing.caffemodel(NET))
    assert "" not in stage.read(tmp_path / "net.caffemodel").header["layers"]


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("packed", [True, False])
def test_a_mean_image_is_one_array_of_a_kind_of_its_own(tmp_path: Path, legacy: bool, packed: bool) -> None:
    mean = RNG.uniform(0, 255, (3, 16, 16)).astype(np.float32)
    (tmp_path / "mean.binaryproto").write_bytes(writing.blob(mean, legacy=legacy, packed=packed))
    made = stage.read(tmp_path / "mean.binaryproto")
    assert made.header["kind"] == "caffe-mean"
    assert np.array_equal(made.arrays["mean"], mean)


def test_a_mean_image_as_caffe_orders_its_fields_is_one(tmp_path: Path) -> None:
    mean = RNG.uniform(0, 255, (3, 4, 4)).astype(np.float32)
    (tmp_path / "mean.binaryproto").write_bytes(writing.floats(5, mean) + writing.shape([1, 3, 4, 4]))
    assert stage.read(tmp_path / "mean.binaryproto").arrays["mean"].shape == (1, 3, 4, 4)


def test_a_damaged_mean_image_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mean.binaryproto"
    path.write_bytes(writing.blob(np.zeros((3, 4, 4), np.float32), legacy=True)[:-9])
    said = f"^{path}: as a mean image, which it begins like: byte 8: field 5 claims 192 bytes, 183 are left"
    with pytest.raises(UserError, match=said):
        stage.read(path)


def test_weights_that_are_not_finite_name_file_layer_and_blob(tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(writing.caffemodel({"ip": ("InnerProduct", [np.ones((2, 2), np.float32), np.array([0, np.nan])])}))
    with pytest.raises(UserError, match=rf"^{path}: layer 'ip', blob 1: byte \d+: number 1 is nan"):
        stage.read(path)


def test_arrays_need_the_file_no_more(tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(writing.caffemodel(NET))
    made = stage.read(path)
    path.write_bytes(bytes(path.stat().st_size))  # in place: a mapping would see it
    assert np.array_equal(made.arrays["conv1.0"], NET["conv1"][1][0])


def test_a_few_bytes_that_claim_gigabytes_cost_nothing(tmp_path: Path) -> None:
    """Lengths, dimensions and runs of 2 GB in a kilobyte."""
    gigabytes = 2**31 - 1
    claims = [
        writing.tag(100, writing.LEN) + writing.varint(gigabytes),
        writing.inside(100, writing.text(1, "a") + writing.tag(7, writing.LEN) + writing.varint(gigabytes)),
        writing.layer("a", "ReLU", [writing.shape([gigabytes]) + writing.floats(5, [1.0])]),
        writing.layer(
            "a", "ReLU", [writing.legacy_shape((1, 1, 1, gigabytes)) + writing.floats(5, [1.0], packed=False)]
        ),
        writing.layer("a", "ReLU", [writing.shape([1]) + writing.tag(5, writing.LEN) + writing.varint(gigabytes)]),
        writing.text(1, "net") + writing.tag(3, writing.LEN) + writing.varint(gigabytes),
        writing.legacy_shape((gigabytes,) * 4) + writing.floats(5, [1.0]),
    ]
    path = tmp_path / "net.caffemodel"
    for claim in claims:
        path.write_bytes(claim + bytes(1024 - len(claim)))
        tracemalloc.start()
        with pytest.raises(UserError):
            stage.read(path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 2**18


@pytest.mark.parametrize("packed", [True, False])
def test_reading_and_writing_take_the_weights_once_in_memory(tmp_path: Path, packed: bool) -> None:
    """The file is mapped, not read: its pages are the system's. (tests/benchmarks measures a whole process.)"""
    weights = RNG.standard_normal((1024, 1024 if packed else 64), np.float32)
    path = tmp_path / "net.caffemodel"
    path.write_bytes(writing.caffemodel({"fc6": ("InnerProduct", [weights])}, packed=packed))
    tracemalloc.start()
    made = stage.read(path)
    _, read = tracemalloc.get_traced_memory()
    files.save_arrays(tmp_path / "net.safetensors", made.arrays, made.header)
    _, written = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read < 1.6 * weights.nbytes + 2**20  # and what is looked at together
    assert written < 1.6 * weights.nbytes + 2**20

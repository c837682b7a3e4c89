"""Networks and blobs: every form that Caffe wrote comes back bit for bit, and what cannot be is refused."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from ppgn_bench.caffe import blobs, layers
from ppgn_bench.errors import UserError
from tests.caffe import writing
from tests.caffe.writing import inside, integer, layer, text

FORMS = [
    {"legacy": legacy, "packed": packed, "double": double}
    for legacy, packed, double in product([False, True], repeat=3)
]


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape, np.float32)


NET = {
    "conv1": ("Convolution", [random(6, 3, 5, 5), random(6)]),
    "relu1": ("ReLU", []),
    "norm1": ("LRN", []),
    "single": ("Convolution", [random(1, 6, 3, 3), random(1)]),
    "fc6": ("InnerProduct", [random(4, 9), random(4)]),
    "one": ("InnerProduct", [random(1, 4), random(1)]),
}


def network(content: bytes) -> layers.Network:
    return layers.network(memoryview(content))


def read(content: bytes) -> dict[str, np.ndarray]:
    """<layer>.<blob> -> values in their true shape."""
    return {
        f"{own.name}.{number}": blobs.values(memoryview(content), found).reshape(layers.true_shape(own, number))
        for own in network(content).layers
        for number, found in enumerate(own.blobs)
    }


@pytest.mark.parametrize("form", FORMS, ids=lambda form: "_".join(key for key, value in form.items() if value) or "new")
@pytest.mark.parametrize("generation", [0, 1, 2])
def test_every_form_of_a_file_gives_the_same_weights_and_shapes(generation: int, form: dict[str, bool]) -> None:
    content = writing.caffemodel(NET, generation=generation, **form)
    found = read(content)
    expected = {f"{name}.{i}": array for name, (_, arrays) in NET.items() for i, array in enumerate(arrays)}
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].shape == array.shape
        assert found[name].dtype == np.float32
        assert found[name].tobytes() == array.tobytes()
    assert {own.name: own.type for own in network(content).layers} == {name: kind for name, (kind, _) in NET.items()}
    assert network(content).name == "net"


@pytest.mark.parametrize(
    ("kind", "number", "written", "true"),
    [
        ("InnerProduct", 0, (1, 1, 4096, 9216), (4096, 9216)),
        ("InnerProduct", 0, (1, 1, 1, 9216), (1, 9216)),
        ("InnerProduct", 1, (1, 1, 1, 4096), (4096,)),
        ("InnerProduct", 1, (1, 1, 1, 1), (1,)),
        ("Convolution", 0, (1, 1, 3, 3), (1, 1, 3, 3)),
        ("Deconvolution", 0, (1, 64, 4, 4), (1, 64, 4, 4)),
        ("Convolution", 1, (1, 1, 1, 96), (96,)),
        ("InnerProduct", 0, (10, 1, 1, 5), (10, 1, 1, 5)),  # not leading: left for whoever knows better
        ("PReLU", 0, (1, 1, 1, 8), (8,)),
    ],
)
def test_four_dimensions_of_old_become_the_true_ones(
    kind: str, number: int, written: tuple[int, ...], true: tuple[int, ...]
) -> None:
    piece = blobs.Piece(0, int(np.prod(written)), 4, "<f4")
    own = layers.Layer("x", kind, (blobs.Blob(written, True, (piece,)),) * 2)
    assert layers.true_shape(own, number) == true
    new = layers.Layer("x", kind, (blobs.Blob(written, False, (piece,)),) * 2)
    assert layers.true_shape(new, number) == written


def test_fields_that_are_unknown_are_passed_over() -> None:
    unknown = inside(60, b"\xff\xff") + integer(600, 3) + inside(900, b"never opened \x0b\x0c")
    blob = unknown + writing.shape([2]) + unknown + writing.floats(5, [1.0, 2.0]) + unknown
    own = inside(
        100, unknown + text(1, "ip") + inside(5, b"\xff") + text(2, "InnerProduct") + inside(7, blob) + unknown
    )
    assert read(unknown + inside(6, b"\xff\xff") + own + unknown)["ip.0"].tolist() == [1.0, 2.0]


def test_the_gradients_that_a_snapshot_may_hold_are_not_read() -> None:
    for packed in (True, False):
        gradients = writing.floats(6, [np.nan, 2.0], packed) + writing.floats(9, [3.0], packed, double=True)
        blob = writing.shape([2]) + gradients + writing.floats(5, [1.0, 2.0], packed)
        assert read(layer("ip", "InnerProduct", [blob]))["ip.0"].tolist() == [1.0, 2.0]


def test_numbers_in_pieces_are_joined_in_their_order() -> None:
    numbers = np.arange(7.0)
    pieces = (
        writing.floats(5, numbers[:3]) + writing.floats(5, numbers[3:5], packed=False) + writing.floats(5, numbers[5:])
    )
    blob = pieces[:20] + pieces[20:] + writing.shape([7])
    assert read(layer("ip", "InnerProduct", [blob]))["ip.0"].tolist() == numbers.tolist()


def test_dimensions_one_by_one_are_those_that_are_packed() -> None:
    blob = writing.shape([2, 3], packed=False) + writing.floats(5, np.arange(6))
    assert read(layer("ip", "InnerProduct", [blob]))["ip.0"].shape == (2, 3)


def test_a_blob_without_a_shape_is_a_single_number() -> None:
    assert read(layer("bn", "BatchNorm", [writing.floats(5, [3.0])]))["bn.0"].shape == ()


def test_fields_may_stand_in_any_order() -> None:
    blob = writing.floats(5, np.arange(6)) + writing.shape([2, 3])
    own = inside(100, inside(7, blob) + text(2, "InnerProduct") + text(1, "ip"))
    assert read(own + text(1, "last"))["ip.0"].shape == (2, 3)
    assert network(own + text(1, "last")).name == "last"


def test_types_of_a_branch_of_caffe_keep_their_number() -> None:
    own = inside(2, text(4, "odd") + integer(5, 77) + inside(6, writing.blob(random(2))))
    assert network(own).layers[0].type == "number 77"


def test_layers_without_weights_may_share_a_name() -> None:
    twice = layer("data", "Data", []) * 2 + layer("ip", "InnerProduct", [writing.blob(random(2))])
    assert [own.name for own in network(twice).layers] == ["data", "data", "ip"]


IP = writing.blob(random(2, 3))


@pytest.mark.parametrize("written", [[-1], [2, -3], [0, 6], [2**31], [2**62, 2**62, 2**62], [7], [6, 2], [], [1] * 33])
@pytest.mark.parametrize("packed", [True, False])
def test_a_shape_that_cannot_be_is_refused(written: list[int], packed: bool) -> None:
    blob = writing.shape(written, packed) + writing.floats(5, np.arange(6))
    with pytest.raises(UserError, match=r"^layer 'ip', blob 0: byte \d+: "):
        network(layer("ip", "InnerProduct", [blob]))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (writing.shape([1] * 33), "a shape of more than 32 dimensions"),
        (writing.shape([1] * 20) + writing.shape([1] * 20, packed=False), "a shape of more than 32 dimensions"),
        (writing.shape([2**31]), "a dimension of 2147483648; possible are 0 to 2147483647"),
        (writing.shape([-1, -1]), "a dimension of -1; possible"),
        (writing.shape([3, 2]), "shape 3 x 2 does not fit its 1 numbers"),
    ],
)
def test_what_is_wrong_with_a_shape_is_said(shape: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        network(layer("ip", "InnerProduct", [shape + writing.floats(5, [1.0])]))


@pytest.mark.parametrize("written", [(1, 1, 2, 4), (0, 1, 2, 3), (-1, -1, 2, 3), (2**40, 1, 1, 1), (2**16,) * 4])
def test_an_old_shape_that_cannot_be_is_refused(written: tuple[int, ...]) -> None:
    blob = writing.legacy_shape(written) + writing.floats(5, np.arange(6))
    with pytest.raises(UserError, match=r"^layer 'ip', blob 0: byte \d+: (shape|a dimension of) "):
        network(layer("ip", "InnerProduct", [blob]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (text(1, "net"), "has no layers"),
        (layer("a", "ReLU", []) * 2, "none of its 2 layers has weights"),
        (layer("a", "ReLU", [IP]) * 2, "^layer 'a': there are two of this name"),
        (layer("a", "ReLU", [IP]) + layer("a", "ReLU", []), "^layer 'a': there are two of this name"),
        (layer("a", "ReLU", []) + layer("a", "ReLU", [IP]), "^layer 'a': there are two of this name"),
        (layer("", "ReLU", [IP]), "^layer number 1: byte 0: has weights and no name"),
        (layer("a", "ReLU", [IP]) + layer("b", "ReLU", [IP], 1), "two generations"),
        (integer(100, 3), "byte 0: field 100 is of wire type 0"),
        (inside(100, integer(1, 3)), "^layer number 1: byte 3: field 1 is of wire type 0"),
        (inside(2, text(4, "a") + text(5, "b")), "^layer 'a': byte 5: field 5 is of wire type 2, not 0"),
        (inside(100, text(1, "a") + integer(7, 3)), "^layer 'a': byte 6: field 7 is of wire type 0"),
        (layer("a", "ReLU", []) * 10_001, "more than 10000 layers"),
        (inside(100, text(1, "a") + inside(7, writing.floats(5, [1.0])) * 1001), "^layer 'a': byte .* 1000 blobs"),
        (layer("a", "ReLU", [writing.shape([2])]), "^layer 'a', blob 0: byte .*: has no numbers; a network without"),
        (layer("a", "ReLU", [writing.shape([2]) + inside(12, b"abcd")]), "NVIDIA's own form"),
        (layer("a", "ReLU", [writing.shape([1]) + inside(5, b"abcde")]), "5 bytes are no whole number of 4-byte"),
        (layer("a", "ReLU", [writing.shape([1]) + inside(8, b"abcd")]), "4 bytes are no whole number of 8-byte"),
        (layer("a", "ReLU", [writing.floats(5, [1.0]) + writing.floats(8, [1.0], double=True)]), "has numbers twice"),
        (layer("a", "ReLU", [writing.shape([1]) + integer(5, 1)]), "field 5 is of wire type 0, not 2"),
        (layer("a", "ReLU", [integer(1, 1) + inside(2, b"")]), "field 2 is of wire type 2, not 0"),
        (layer("a", "ReLU", [writing.floats(5, [1.0]) * 1025]), "more than 1024 pieces"),
        (layer("a", "ReLU", [inside(7, inside(1, b"\x80"))]), "^layer 'a', blob 0: byte .*: a number is cut off"),
    ],
)
def test_what_no_network_has_is_refused_with_its_layer(content: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        network(content)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: "_".join(key for key, value in form.items() if value) or "new")
def test_weights_that_are_not_finite_are_refused_with_their_place(form: dict[str, bool], bad: float) -> None:
    numbers = random(2, 3)
    numbers[1, 1] = bad
    blob = writing.blob(numbers, **form)
    found = blobs.blob(memoryview(blob), 0, len(blob))
    with pytest.raises(UserError, match=f"number 4 is {bad}: the weights are damaged") as caught:
        blobs.values(memoryview(blob), found)
    at = int(str(caught.value).removeprefix("byte ").partition(":")[0])
    kind = "<f8" if form["double"] else "<f4"
    assert np.array_equal(np.frombuffer(blob, kind, 1, at)[0], bad, equal_nan=True)


def test_a_double_beyond_float32_is_refused() -> None:
    blob = writing.shape([1]) + writing.floats(8, [1e300], double=True)
    with pytest.raises(UserError, match="number 0 is inf"):
        blobs.values(memoryview(blob), blobs.blob(memoryview(blob), 0, len(blob)))


def deep(depth: int) -> bytes:
    """A message in a message in a message ..., in a field that nobody reads."""
    content = b""
    for _ in range(depth):
        content = inside(100, content)
    return content


@pytest.mark.parametrize(
    "make",
    [
        lambda: deep(20_000),
        lambda: writing.tag(100, writing.GROUP) * 100_000,
        lambda: inside(2, deep(20_000)),
        lambda: inside(2, b"".join([b"\x0a\x80\x00"] * 10_001)),
    ],
    ids=["messages", "groups", "layers", "oldest"],
)
def test_nesting_ends_in_the_declared_error(make: Callable[[], bytes]) -> None:
    with pytest.raises(UserError):
        network(make())

"""What is no file of Caffe's says what it is, and what to do."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from ppgn_bench.caffe import opening, stage
from ppgn_bench.errors import UserError
from ppgn_bench.storage import files
from tests.caffe import writing

PROTOTXT = 'name: "CaffeNet"\nlayer {\n  name: "conv1"\n  type: "Convolution"\n}\n'
PAGE = "\n<!DOCTYPE html><html><title>Google Drive - Virus scan warning</title>"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4665\nsize 243862414\n"
NET = {"ip": ("InnerProduct", [np.ones((2, 3), np.float32)])}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (PROTOTXT.encode(), "is a prototxt"),
        (("# comment\n" + PROTOTXT).encode(), "is a prototxt"),
        ("layers {\n  name: 'é'\n}".encode(), "is a prototxt"),
        (PAGE.encode(), "is a web page"),
        (b"<?xml version='1.0'?><Error/>", "is a web page"),
        (LFS.encode(), "is a pointer of Git LFS"),
        (b"404: Not Found", "is a text, not a network; it begins with '404: Not Found'"),
        ("é".encode() * 600, "is a text"),  # a letter is cut in two at the end of what is looked at
        (b"x" + "é".encode() * 600, "is a text"),
        (pickle.dumps({"weights": 1}), "is a pickle, which is never opened"),
        (pickle.dumps({"weights": 1}, protocol=2), "is a pickle, which is never opened"),
        (b"\x1f\x8b\x08\x00", "is gzip's"),
        (b"\x89HDF\r\n\x1a\n", "is an HDF5 file"),
        (b"\xff" * 4096, "damaged, or no file of Caffe's: byte 0: "),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "damaged, or no file of Caffe's: byte 10: "),
    ],
)
def test_what_is_plainly_something_else_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        stage.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_file_of_torch_is_named(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, tmp_path / "net.pth")
    with pytest.raises(UserError, match=r"is a zip archive \(or a \.pth of torch\)"):
        stage.read(tmp_path / "net.pth")


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
            return (Path.touch, (tmp_path / "executed",))  # type: ignore[return-value]

    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        (tmp_path / "net.caffemodel").write_bytes(pickle.dumps(Trap(), protocol))
        with pytest.raises(UserError):
            stage.read(tmp_path / "net.caffemodel")
    assert not (tmp_path / "executed").exists()


def test_a_file_of_ours_is_refused(tmp_path: Path) -> None:
    files.save_arrays(tmp_path / "ours.safetensors", {"a.0": np.ones(3, np.float32)}, {"kind": "caffe"})
    with pytest.raises(UserError):
        stage.read(tmp_path / "ours.safetensors")


def test_folders_missing_files_and_what_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        stage.read(tmp_path)
    with pytest.raises(UserError, match="is missing"):
        stage.read(tmp_path / "net.caffemodel")
    with pytest.raises(UserError, match="is not a file"):
        stage.read(Path("/dev/null"))


def test_a_file_beyond_protobufs_limit_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "net.caffemodel").open("wb") as file:
        file.truncate(2**31)  # a hole: it takes no room
    with pytest.raises(UserError, match="2147483648 bytes; no file of Caffe is larger than 2 GiB"):
        stage.read(tmp_path / "net.caffemodel")


def test_a_solvers_state_is_no_mean_image(tmp_path: Path) -> None:
    state = writing.integer(1, 10_000) + writing.text(2, "net_iter_10000.caffemodel")
    state += writing.inside(3, writing.blob(np.zeros((2, 3), np.float32)))
    (tmp_path / "net.solverstate").write_bytes(state)
    with pytest.raises(UserError, match=r"is a solver's state: the weights are in the \.caffemodel"):
        stage.read(tmp_path / "net.solverstate")


@pytest.mark.parametrize(
    "made_by", [b"", writing.text(2, "pytorch"), writing.text(2, "pytorch") + writing.text(3, "2.4")]
)
def test_a_network_of_onnx_is_named(made_by: bytes, tmp_path: Path) -> None:
    graph = writing.inside(7, writing.inside(1, writing.text(4, "Gemm") + writing.text(1, "x")))
    opset = writing.inside(8, writing.integer(2, 17))
    (tmp_path / "net.onnx").write_bytes(writing.integer(1, 8) + made_by + graph + opset)
    with pytest.raises(UserError, match=r"net\.onnx: is a network of ONNX, which is not read"):
        stage.read(tmp_path / "net.onnx")


@pytest.mark.parametrize("name", ["", "n", "a long name of a network", "x" * 200])
@pytest.mark.parametrize("generation", [0, 1, 2])
def test_a_network_is_taken_for_nothing_else(name: str, generation: int) -> None:
    content = memoryview(writing.caffemodel(NET, generation=generation, name=name))
    assert opening.another(content) is None
    assert not opening.is_mean(content)

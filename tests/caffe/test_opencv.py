"""Another reader of the same files: OpenCV 4 holds the weights that we read, and computes with them what torch does."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ppgn_bench.caffe import stage
from tests.caffe import writing

cv2 = pytest.importorskip("cv2", reason="pip install 'ppgn-bench[caffe]'")
pytestmark = pytest.mark.skipif(
    not hasattr(cv2.dnn, "readNetFromCaffe"),
    reason="OpenCV 5 reads no file of Caffe's; 'opencv-python-headless<5' does",
)

PROTOTXT = """
name: "small"
input: "data"
input_dim: 2 input_dim: 3 input_dim: 24 input_dim: 24
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        convolution_param { num_output: 8 kernel_size: 5 stride: 2 pad: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" relu_param { negative_slope: 0.3 } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
        pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "norm1" type: "LRN" bottom: "pool1" top: "norm1" lrn_param { local_size: 5 alpha: 0.01 beta: 0.75 } }
layer { name: "conv2" type: "Convolution" bottom: "norm1" top: "conv2"
        convolution_param { num_output: 12 kernel_size: 3 pad: 1 group: 2 } }
layer { name: "deconv3" type: "Deconvolution" bottom: "conv2" top: "deconv3"
        convolution_param { num_output: 5 kernel_size: 4 stride: 2 pad: 1 } }
layer { name: "fc4" type: "InnerProduct" bottom: "deconv3" top: "fc4" inner_product_param { num_output: 7 } }
layer { name: "fc5" type: "InnerProduct" bottom: "fc4" top: "fc5" inner_product_param { num_output: 1 } }
"""
SHAPES = {
    "conv1": ("Convolution", (8, 3, 5, 5), 8),
    "conv2": ("Convolution", (12, 4, 3, 3), 12),
    "deconv3": ("Deconvolution", (12, 5, 4, 4), 5),
    "fc4": ("InnerProduct", (7, 5 * 12 * 12), 7),
    "fc5": ("InnerProduct", (1, 7), 1),
}
FORMS = {
    "today": {"generation": 2},
    "today, old shapes": {"generation": 2, "legacy": True},
    "2014": {"generation": 1, "legacy": True},
    "2014, new shapes": {"generation": 1},
}


def network() -> dict[str, tuple[str, list[np.ndarray]]]:
    """Random weights of a size that keeps what comes out near one."""
    rng = np.random.default_rng(18)

    def arrays(shape: tuple[int, ...], biases: int) -> list[np.ndarray]:
        weights = rng.standard_normal(shape, np.float32) / np.sqrt(np.prod(shape[1:]))
        return [weights.astype(np.float32), rng.random(biases, np.float32)]

    return {name: (kind, arrays(shape, biases)) for name, (kind, shape, biases) in SHAPES.items()}


@pytest.fixture(params=FORMS)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[object, dict[str, np.ndarray]]:
    """OpenCV's network, and our arrays, of one file."""
    form = FORMS[request.param]
    (tmp_path / "net.caffemodel").write_bytes(writing.caffemodel(network(), **form))
    (tmp_path / "net.prototxt").write_text(writing.of_2014(PROTOTXT) if form["generation"] == 1 else PROTOTXT)
    net = cv2.dnn.readNetFromCaffe(str(tmp_path / "net.prototxt"), str(tmp_path / "net.caffemodel"))
    return net, stage.read(tmp_path / "net.caffemodel").arrays


def test_opencv_holds_the_weights_that_are_read(both) -> None:
    net, arrays = both
    for layer in SHAPES:
        for number in (0, 1):
            theirs, ours = net.getParam(layer, number), arrays[f"{layer}.{number}"]
            assert theirs.size == ours.size
            assert np.array_equal(theirs.ravel(), ours.ravel())
            if number == 0:
                assert theirs.shape == ours.shape


def test_torch_computes_with_them_what_opencv_does(both) -> None:
    net, arrays = both
    images = np.random.default_rng(3).uniform(-1, 1, (2, 3, 24, 24)).astype(np.float32)
    net.setInput(images)
    theirs = [net.forward(name) for name in ("norm1", "conv2", "deconv3", "fc5")]
    own = {name: torch.from_numpy(array) for name, array in arrays.items()}
    x = F.conv2d(torch.from_numpy(images), own["conv1.0"], own["conv1.1"], stride=2, padding=2)
    x = F.max_pool2d(F.leaky_relu(x, 0.3), 3, 2, ceil_mode=True)
    normed = F.local_response_norm(x, 5, alpha=0.01, beta=0.75)
    grouped = F.conv2d(normed, own["conv2.0"], own["conv2.1"], padding=1, groups=2)
    wide = F.conv_transpose2d(grouped, own["deconv3.0"], own["deconv3.1"], stride=2, padding=1)
    last = F.linear(F.linear(wide.flatten(1), own["fc4.0"], own["fc4.1"]), own["fc5.0"], own["fc5.1"])
    for found, expected in zip((normed, grouped, wide, last), theirs, strict=True):
        assert found.shape == expected.shape
        assert np.abs(found.numpy() - expected).max() < 1e-4
        assert np.abs(expected).max() > 0.1

"""The released architectures give what OpenCV's reader of Caffe networks gives, from the same files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ppgn_bench.caffe.stage import read
from ppgn_bench.networks.caffenet import Caffenet
from ppgn_bench.networks.paper_options import LEVELS, MEAN, CaffenetOptions, ReleasedGeneratorOptions
from ppgn_bench.networks.released_generator import ReleasedGenerator
from ppgn_bench.networks.sizes import Sizes
from tests.networks import caffe_networks

cv2: Any = pytest.importorskip("cv2", reason="needs the extra caffe: pip install 'ppgn-bench[caffe]'")

TODAY: dict[str, Any] = {}
OLDER: dict[str, dict[str, Any]] = {
    "2014": {"generation": 1, "legacy": True},
    "2014, new shapes": {"generation": 1},
    "today, old shapes": {"legacy": True},
}
PAPER = Sizes(3, 256, 1000, 0, 4096)
SMALL_CAFFENET = CaffenetOptions(crop=71, widths=(8, 12, 16, 20, 8), code_size=24, hidden=10, weights="f")
SMALL_GENERATOR = ReleasedGeneratorOptions(hidden=(10, 14), first=6, widths=(8, 4), refined=(7,), weights="f")
MEAN_OF_FILES = LEVELS * np.array(MEAN[::-1], np.float32)[:, None, None]  # blue first


def loaded(network: Any, file: Path, options: Any) -> Any:
    """The network with the weights of a caffemodel, by way of the reader that `import-caffe` uses."""
    arrays = {name: torch.from_numpy(array) for name, array in read(file).arrays.items()}
    network.load_state_dict(network.from_file(arrays, options))
    return network.eval().requires_grad_(False)


def like(ours: torch.Tensor, theirs: np.ndarray) -> None:
    """Equal to 1e-4 of the largest number."""
    assert ours.shape == theirs.shape
    assert np.abs(theirs).max() > 0.01
    assert np.abs(ours.numpy() - theirs).max() < 1e-4 * np.abs(theirs).max()


@pytest.mark.parametrize(
    ("sizes", "options", "form"),
    [
        (Sizes(3, 80, 7, 0), SMALL_CAFFENET, TODAY),
        (
            Sizes(3, 64, 5, 0),
            CaffenetOptions(crop=0, widths=(6, 4, 4, 6, 10), code_size=8, hidden=12, weights="f"),
            TODAY,
        ),
        (PAPER, CaffenetOptions(weights="f"), TODAY),
        *((Sizes(3, 80, 7, 0), SMALL_CAFFENET, form) for form in OLDER.values()),
    ],
    ids=["71 of 80 pixels", "64 pixels", "the paper's size", *OLDER],
)
def test_caffenets_layers_are_those_that_opencv_makes_of_the_same_file(
    sizes: Sizes, options: CaffenetOptions, form: dict[str, Any], tmp_path: Path
) -> None:
    prototxt, file = caffe_networks.caffenet(sizes, options).write(tmp_path, **form)
    theirs = cv2.dnn.readNetFromCaffe(str(prototxt), str(file))
    ours = loaded(Caffenet(sizes, options), file, options)
    images = np.random.default_rng(1).random((1, 3, sizes.image_size, sizes.image_size), np.float32)
    side = options.side(sizes)
    top = (sizes.image_size - side) // 2
    middle = images[:, ::-1, top : top + side, top : top + side]  # blue first
    theirs.setInput(LEVELS * middle - MEAN_OF_FILES)
    h1, code, logits = theirs.forward(["pool5", "relu_fc6", "fc8"])
    output = ours(torch.from_numpy(images))
    like(output.h1, h1)
    like(output.code, code)
    like(output.logits, logits)
    assert output.pooled.shape == (1, 0)


@pytest.mark.parametrize(
    ("sizes", "options", "form"),
    [
        (Sizes(3, 32, 5, 0, 12), SMALL_GENERATOR, TODAY),
        (PAPER, ReleasedGeneratorOptions(weights="f"), TODAY),
        *((Sizes(3, 32, 5, 0, 12), SMALL_GENERATOR, form) for form in OLDER.values()),
    ],
    ids=["32 pixels", "the paper's size", *OLDER],
)
def test_the_released_generators_images_are_those_that_opencv_makes_of_the_same_file(
    sizes: Sizes, options: ReleasedGeneratorOptions, form: dict[str, Any], tmp_path: Path
) -> None:
    prototxt, file = caffe_networks.generator(sizes, options).write(tmp_path, **form)
    theirs = cv2.dnn.readNetFromCaffe(str(prototxt), str(file))
    ours = loaded(ReleasedGenerator(sizes, options), file, options)
    codes = np.random.default_rng(1).random((1, sizes.code_size), np.float32)
    theirs.setInput(codes)
    drawn = theirs.forward("deconv0")
    assert 5 < np.abs(drawn).mean() < 500  # pixels of 0 to 255, less the mean
    images = ours(torch.from_numpy(codes))
    like(images, ((drawn + MEAN_OF_FILES) / LEVELS)[:, ::-1])
    like(LEVELS * images.flip(1) - torch.from_numpy(MEAN_OF_FILES), drawn)

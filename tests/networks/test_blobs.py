"""The paper's networks and the arrays of converted caffemodels: what becomes of them, and which are refused."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ppgn_bench.errors import UserError
from ppgn_bench.networks.caffenet import Caffenet
from ppgn_bench.networks.paper_options import CaffenetOptions, ReleasedGeneratorOptions
from ppgn_bench.networks.released_generator import ReleasedGenerator
from tests.networks import caffe_networks
from tests.networks.test_paper_networks import CAFFENET, GENERATOR, SMALL


def arrays_of(made: Any) -> dict[str, Tensor]:
    return {name: torch.from_numpy(array) for name, array in made.arrays.items()}


def test_the_files_classes_come_in_the_order_of_the_data_sets_and_the_others_behind_them() -> None:
    options = CaffenetOptions(**CAFFENET, outputs=9, weights="f")
    arrays = arrays_of(caffe_networks.caffenet(SMALL, options))
    plain, images = Caffenet(SMALL, options), torch.rand(2, 3, 67, 67)
    plain.load_state_dict(Caffenet.from_file(arrays, options))
    chosen = CaffenetOptions(**CAFFENET, outputs=9, weights="f", classes=(7, 2, 0, 8, 3))
    ordered = Caffenet(SMALL, chosen)
    ordered.load_state_dict(Caffenet.from_file(arrays, chosen))
    logits = plain.eval()(images).logits
    torch.testing.assert_close(ordered.eval()(images).logits, logits[:, [7, 2, 0, 8, 3, 1, 4, 5, 6]])


def without(name: str) -> Callable[[dict[str, Tensor]], object]:
    return lambda arrays: arrays.pop(name)


def with_shape(name: str, *shape: int) -> Callable[[dict[str, Tensor]], object]:
    return lambda arrays: arrays.update({name: torch.zeros(shape)})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("conv3.1"), r"^array 'conv3.1' is missing; .* known: conv1.0, conv1.1, "),
        (with_shape("conv2.0", 8, 4, 5, 5), r"^array 'conv2.0': must have the shape \[8, 2, 5, 5\], got \[8, 4, "),
        (with_shape("fc6.0", 1, 1, 16, 4), r"^array 'fc6.0': must have the shape \[16, any\], got \[1, 1, 16, 4\]"),
        (with_shape("fc7.1", 16), r"^array 'fc7.1': must have the shape \[12\], got \[16\]"),
        (lambda arrays: arrays["fc8.1"].fill_(math.nan), "^array 'fc8.1': has NaN or infinite numbers"),
        (with_shape("fc8.0", 4, 12), r"^array 'fc8.1': must have the shape \[4\], got \[5\]"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_caffenets_is_refused_with_the_array(
    change: Callable[[dict[str, Tensor]], object], words: str
) -> None:
    options = CaffenetOptions(**CAFFENET)
    arrays = arrays_of(caffe_networks.caffenet(SMALL, options))
    change(arrays)
    with pytest.raises(UserError, match=words):
        Caffenet.from_file(arrays, options)


def test_a_class_that_the_file_does_not_have_is_refused_with_its_number() -> None:
    arrays = arrays_of(caffe_networks.caffenet(SMALL, CaffenetOptions(**CAFFENET)))
    with pytest.raises(UserError, match=r"^classes: there is no unit 7, the file's last layer has 5$"):
        Caffenet.from_file(arrays, CaffenetOptions(**CAFFENET, classes=(7, 1, 2, 3, 4)))


def test_a_generator_of_another_size_is_refused_with_the_array() -> None:
    options = ReleasedGeneratorOptions(**GENERATOR)
    arrays = arrays_of(caffe_networks.generator(SMALL, options))
    assert (
        ReleasedGenerator.from_file(arrays, options).keys()
        == dict(ReleasedGenerator(SMALL, options).named_parameters()).keys()
    )
    arrays["deconv3.0"] = torch.zeros(7, 6, 4, 4)
    with pytest.raises(UserError, match=r"^array 'deconv3.0': must have the shape \[6, 6, 4, 4\], got \[7, 6, 4, 4\]"):
        ReleasedGenerator.from_file(arrays, options)
    with pytest.raises(UserError, match=r"^array 'defc7\.0' is missing"):
        ReleasedGenerator.from_file({}, options)

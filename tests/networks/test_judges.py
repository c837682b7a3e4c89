"""The judges: one interface, three architectures, and an image's judgement that hangs on that image alone."""

import numpy as np
import pytest
import torch

from ppgn_bench.networks import load
from ppgn_bench.networks.judge_options import JudgeOptions, MixingJudgeOptions, ResidualJudgeOptions
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.networks.table import ARCHITECTURES, options_of
from ppgn_bench.training.recipes import JUDGES, RECIPES

KINDS = [RECIPES[judge].architecture for judge in JUDGES]


def judge(kind: str, sizes: Sizes, **options: object) -> torch.nn.Module:
    torch.manual_seed(0)
    return load.built(ARCHITECTURES[kind].network, options, sizes)


def test_the_judges_are_of_three_architectures() -> None:
    assert len({ARCHITECTURES[kind].network for kind in KINDS}) == 3
    assert {ARCHITECTURES[kind].gives for kind in KINDS} == {"judgement"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sizes", [Sizes(1, 16, 10, 0), Sizes(3, 32, 10, 16), Sizes(3, 27, 4, 0)])
def test_every_judge_has_the_same_interface_whatever_the_images_size(kind: str, sizes: Sizes) -> None:
    images = torch.rand(3, sizes.channels, sizes.image_size, sizes.image_size)
    said = judge(kind, sizes)(images)
    assert said.features.shape == (3, 64)
    assert said.logits.shape == (3, sizes.num_classes)
    assert said.pooled.shape == (3, sizes.channels * 64)
    assert (said.mode_logits is None) == (sizes.num_modes == 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_judge_says_the_same_of_an_image_whatever_is_beside_it(kind: str) -> None:
    network, images = judge(kind, Sizes(1, 16, 10, 0)).eval(), torch.rand(5, 1, 16, 16)
    torch.testing.assert_close(network(images).features[2:3], network(images[2:3]).features)


@pytest.mark.parametrize("kind", KINDS)
def test_every_pixel_of_an_image_counts(kind: str) -> None:
    """Also where patches do not fill the side (27 = 6 * 4 + 3), or halving leaves a row over."""
    network = judge(kind, Sizes(1, 27 if kind == "mixing_judge" else 32, 10, 0)).eval()
    side = 27 if kind == "mixing_judge" else 32
    images = torch.rand(1, 1, side, side, requires_grad=True)
    network(images).features.square().sum().backward()
    assert images.grad is not None
    assert (images.grad != 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_weights_in_half_precision_are_computed_with_in_single(kind: str) -> None:
    network = judge(kind, Sizes(1, 16, 10, 0)).eval()
    half = {name: torch.from_numpy(value.numpy().astype(np.float16)) for name, value in network.state_dict().items()}
    images = torch.rand(2, 1, 16, 16)
    before = network(images).logits
    network.load_state_dict(half)
    after = network(images).logits
    assert after.dtype == torch.float32
    torch.testing.assert_close(after, before, atol=0.01, rtol=0.01)
    assert not torch.equal(after, before)


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_is_for_training_alone(kind: str) -> None:
    network, images = judge(kind, Sizes(1, 16, 10, 0)), torch.rand(2, 1, 16, 16)
    assert not torch.equal(network(images).logits, network(images).logits)
    network.eval()
    assert torch.equal(network(images).logits, network(images).logits)


def test_poolings_that_leave_nothing_are_refused_with_their_number() -> None:
    assert (
        JudgeOptions(widths=(4, 4, 4, 4)).misfit(Sizes(1, 8, 3, 0))
        == "widths: 4 layers leave nothing of 8 pixels a side"
    )
    assert ResidualJudgeOptions(widths=(4, 4, 4, 4)).misfit(Sizes(1, 8, 3, 0)).startswith("widths: 4 layers")
    assert options_of("judge").misfit(Sizes(1, 8, 3, 0)) == ""


@pytest.mark.parametrize(("side", "patch", "number"), [(16, 3, 6), (28, 4, 7), (32, 5, 7), (7, 1, 7), (5, 1, 5)])
def test_patches_cover_the_image(side: int, patch: int, number: int) -> None:
    options, sizes = MixingJudgeOptions(), Sizes(1, side, 3, 0)
    assert (options.patch(sizes), options.number(sizes)) == (patch, number)
    assert patch * number >= side

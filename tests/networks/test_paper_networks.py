"""The paper's own networks: their layers at the paper's size, what they make of small images, and files of weights."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ppgn_bench.networks import load
from ppgn_bench.networks.classifier import rescale
from ppgn_bench.networks.paper_options import LEVELS, MEAN
from ppgn_bench.networks.seeing import zero_of
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.networks.table import ARCHITECTURES, options_of

PAPER = Sizes(channels=3, image_size=256, num_classes=1000, num_modes=0, code_size=4096)
SMALL = Sizes(channels=3, image_size=67, num_classes=5, num_modes=0, code_size=16)
CAFFENET = {"crop": 0, "widths": (4, 8, 6, 8, 4), "code_size": 16, "hidden": 12}
GENERATOR = {"hidden": (16, 12), "first": 8, "side": 3, "widths": (8, 6, 4, 4), "refined": (6,)}  # draws 96 pixels


def at_papers_size(architecture: str, sizes: Sizes = PAPER, **options: Any) -> nn.Module:
    """Without its weights: nothing of the 200 MB lies in memory."""
    with torch.device("meta"):
        return load.built(ARCHITECTURES[architecture].network, options, sizes)


def small(architecture: str, sizes: Sizes = SMALL, **options: Any) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return load.built(ARCHITECTURES[architecture].network, options, sizes)


def count(network: nn.Module) -> int:
    return sum(math.prod(weights.shape) for weights in network.parameters())


# ------------------------------------------------------------------------------------------------ at the paper's size


def test_the_released_generator_has_the_papers_56_1_million_parameters() -> None:
    generator = at_papers_size("released_generator")
    assert count(generator) == 56_097_891
    assert round(count(generator) / 1e6, 1) == 56.1
    assert options_of("released_generator").parameters(PAPER) == count(generator)


def test_the_released_generators_layers_have_the_files_names_and_draw_256_pixels_of_a_code_of_4096() -> None:
    generator = at_papers_size("released_generator")
    layers = [name.split(".")[1] for name, module in generator.named_modules() if hasattr(module, "weight")]
    assert layers[:3] == ["defc7", "defc6", "defc5"]
    assert layers[3:] == (
        ["deconv5", "conv5_1", "deconv4", "conv4_1", "deconv3", "conv3_1", "deconv2", "deconv1", "deconv0"]
    )
    widths = [module.out_channels for module in generator.modules() if isinstance(module, nn.ConvTranspose2d)]
    assert widths == [256, 512, 256, 256, 128, 128, 64, 32, 3]
    assert generator(torch.empty(2, 4096, device="meta")).shape == (2, 3, 256, 256)


def test_caffenet_has_its_61_million_parameters_and_reads_the_middle_227_of_256_pixels() -> None:
    caffenet = at_papers_size("caffenet", weights="caffenet.safetensors")
    assert count(caffenet) == 60_965_224
    activations = caffenet(torch.empty(2, 3, 256, 256, device="meta"))
    shapes = {name: tuple(value.shape[1:]) for name, value in activations._asdict().items()}
    assert shapes == {
        "h1": (256, 6, 6), "code": (4096,), "logits": (1000,), "pooled": (0,), "conv5": (256, 13, 13)
    }  # fmt: skip
    dense = options_of("caffenet").parameters(PAPER)
    assert 0.96 * count(caffenet) < dense < count(caffenet)  # as many as matter for memory


def test_the_places_network_is_caffenet_with_205_outputs() -> None:
    places = at_papers_size("caffenet", Sizes(3, 227, 10, 0), outputs=205)
    assert places(torch.empty(1, 3, 227, 227, device="meta")).logits.shape == (1, 205)


def test_the_papers_discriminator_joins_256_numbers_of_the_image_and_512_of_the_code() -> None:
    discriminator = at_papers_size("paper_discriminator")
    convolutions = [(m.out_channels, *m.kernel_size[:1], *m.stride[:1]) for m in discriminator.image[:-2:2]]
    assert convolutions == [(32, 7, 4), (64, 5, 1), (128, 3, 2), (256, 3, 1), (256, 3, 2)]
    dense = [(m.in_features, m.out_features) for m in discriminator.modules() if isinstance(m, nn.Linear)]
    assert dense == [(4096, 1024), (1024, 512), (768, 512), (512, 2)]
    images, codes = torch.empty(3, 3, 256, 256, device="meta"), torch.empty(3, 4096, device="meta")
    assert discriminator(images, codes).shape == (3,)


def test_the_papers_code_denoiser_has_4096_2048_1024_500_1024_2048_4096_units() -> None:
    denoiser = at_papers_size("code_denoiser", widths=(0.5, 0.25, 500 / 4096, 0.25, 0.5))
    layers = [m for m in denoiser.modules() if isinstance(m, nn.Linear)]
    assert [layers[0].in_features, *(m.out_features for m in layers)] == [4096, 2048, 1024, 500, 1024, 2048, 4096]


# --------------------------------------------------------------------------------------------------- what they do


def test_images_of_the_generator_are_the_middle_of_what_it_draws_red_first_with_the_mean_added() -> None:
    generator = small("released_generator", **GENERATOR)
    codes = torch.rand(2, 16)
    drawn = generator.maps(generator.dense(codes).unflatten(1, (8, 3, 3)))
    assert drawn.shape == (2, 3, 96, 96)
    expected = torch.stack([drawn[:, 2 - channel] / LEVELS + MEAN[channel] for channel in range(3)], 1)
    torch.testing.assert_close(generator(codes), expected[..., 14:81, 14:81])


def test_caffenet_sees_blue_first_in_255_levels_less_the_mean() -> None:
    caffenet = small("caffenet", **CAFFENET)
    seen: list[Tensor] = []
    caffenet.conv1.register_forward_hook(lambda module, given, output: seen.append(given[0]))
    images = torch.rand(2, 3, 67, 67)
    caffenet(images)
    blue = LEVELS * (images[:, 2] - MEAN[2])
    torch.testing.assert_close(seen[0][:, 0], blue, rtol=0, atol=1e-4)
    assert zero_of(caffenet).flatten().tolist() == pytest.approx(MEAN)


def test_what_caffenet_sees_of_the_generator_is_what_its_last_layer_made() -> None:
    generator, caffenet = small("released_generator", **GENERATOR), small("caffenet", **CAFFENET)
    generator.maps.deconv0.weight.data.mul_(1000)  # to about +-100
    seen: list[Tensor] = []
    for layer in (generator.maps.deconv0, caffenet.conv1):
        layer.register_forward_hook(lambda module, given, output: seen.extend([given[0], output]))
    caffenet(generator(torch.rand(2, 16)))
    assert 10 < seen[1].abs().max() < 1000
    torch.testing.assert_close(seen[2], seen[1][..., 14:81, 14:81], rtol=0, atol=1e-3)


def test_responses_are_divided_by_those_of_five_channels_as_caffe_does() -> None:
    norm = small("caffenet", **CAFFENET).norm
    values = 50 * torch.rand(2, 9, 3, 3, dtype=torch.float64)
    summed = torch.stack([values[:, max(0, c - 2) : c + 3].square().sum(1) for c in range(9)], 1)
    torch.testing.assert_close(norm(values), values / (1 + 1e-4 / 5 * summed) ** 0.75)


def test_rescaling_caffenet_makes_the_mean_activations_one_and_changes_no_output() -> None:
    caffenet, images = small("caffenet", **CAFFENET).eval(), torch.rand(12, 3, 67, 67)
    before = caffenet(images)
    rescale(caffenet, images.split([5, 7]))
    after = caffenet(images)
    assert after.h1.mean().item() == pytest.approx(1, rel=1e-5)
    assert after.code.mean().item() == pytest.approx(1, rel=1e-5)
    torch.testing.assert_close(after.logits, before.logits)
    torch.testing.assert_close(after.pooled, before.pooled)


def test_codes_of_released_networks_stay_as_they_are_where_the_option_says_so() -> None:
    caffenet, images = small("caffenet", **CAFFENET, rescaled=False).eval(), torch.rand(4, 3, 67, 67)
    before = caffenet(images).code
    rescale(caffenet, [images])
    assert torch.equal(caffenet(images).code, before)


@pytest.mark.parametrize(
    ("architecture", "options", "sizes"),
    [("caffenet", CAFFENET, SMALL), ("released_generator", GENERATOR, SMALL), ("paper_discriminator", {}, SMALL)],
)
def test_every_weight_of_the_papers_networks_learns(
    architecture: str, options: Mapping[str, Any], sizes: Sizes
) -> None:
    network = small(architecture, sizes, **options)
    codes, images = torch.rand(3, 16), torch.rand(3, 3, 67, 67)
    given = {"caffenet": [images], "released_generator": [codes], "paper_discriminator": [images, codes]}[architecture]
    output = network(*given)
    parts = [output] if isinstance(output, Tensor) else [output.logits, output.pooled]
    sum(part.square().sum() for part in parts).backward()
    assert [name for name, weights in network.named_parameters() if not weights.grad.abs().sum() > 0] == []


# ------------------------------------------------------------------------------------------------------- misfits


@pytest.mark.parametrize(
    ("architecture", "options", "sizes", "words"),
    [
        ("caffenet", {}, SMALL, "crop: must be at most the images' 67 pixels, got 227"),
        ("caffenet", {**CAFFENET, "crop": 38}, SMALL, "crop: 38 pixels a side are too few for its poolings"),
        ("caffenet", {**CAFFENET, "widths": (4, 8, 6, 7, 4)}, SMALL,
         "widths: must be even, since convolutions are in two groups, got 7"),
        ("caffenet", {**CAFFENET, "outputs": 4}, SMALL, "outputs: must be at least 5, as many as classes, got 4"),
        ("caffenet", {**CAFFENET, "classes": (1, 2)}, SMALL,
         "classes: must be 5, one for each class of the data set, got 2"),
        ("caffenet", {**CAFFENET, "classes": (1, 2, 3, 4, 5)}, SMALL,
         "classes: must be different numbers below 5, got [1, 2, 3, 4, 5]"),
        ("released_generator", {}, SMALL, "image_size: must be 129 to 256, got 67"),
        ("released_generator", {**GENERATOR, "refined": (4,) * 5}, SMALL,
         "refined: must be at most as many as widths, 4, got 5"),
        ("released_generator", {**GENERATOR, "mean": (0.1, 0.2)}, SMALL,
         "mean: must be one number or 3, one a channel, got 2"),
        ("paper_discriminator", {"crop": 32}, SMALL, "crop: 32 pixels a side are too few for its convolutions"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit_the_images_are_refused_by_their_name(
    architecture: str, options: Mapping[str, Any], sizes: Sizes, words: str
) -> None:
    assert options_of(architecture, options).misfit(sizes) == words


def test_39_pixels_are_the_fewest_that_caffenet_can_read() -> None:
    network = small("caffenet", Sizes(3, 39, 5, 0), **CAFFENET)
    assert network(torch.rand(1, 3, 39, 39)).h1.shape == (1, 4, 1, 1)

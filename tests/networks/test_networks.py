"""Networks: shapes that fit each other, and layers that do what they say."""

import pytest
import torch
from torch import nn

from ppgn_bench.config.load import load_experiment
from ppgn_bench.data.table import DATASETS
from ppgn_bench.lookup import resolve
from ppgn_bench.networks import load
from ppgn_bench.networks.classifier import rescale
from ppgn_bench.networks.generator import UpsampledConv2d
from ppgn_bench.networks.options import CodeDenoiserOptions, SeeingOptions
from ppgn_bench.networks.seeing import Seeing
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.networks.table import ARCHITECTURES, defaults, options_of, wrong_option
from ppgn_bench.workflow import plan
from tests.configs import network_of, save_network, sizes_of


def test_a_folded_convolution_is_nearest_upsampling_and_a_convolution():
    torch.manual_seed(0)
    folded = UpsampledConv2d(5, 3).double()
    plain = nn.Conv2d(5, 3, 3, padding=1).double()
    plain.load_state_dict(folded.state_dict())
    images = torch.randn(2, 5, 6, 7, dtype=torch.float64)
    expected = plain(nn.functional.interpolate(images, scale_factor=2, mode="nearest"))
    torch.testing.assert_close(folded(images), expected)


@pytest.mark.parametrize("name", [name for name, entry in DATASETS.items() if not entry.pretrained])
def test_networks_fit_each_other_and_the_images_and_the_judge_tells_modes_where_they_are_known(name):
    sizes = sizes_of(name)
    codes = torch.rand(3, sizes.code_size)
    images = network_of("generator", name)(codes)
    assert images.shape == (3, sizes.channels, sizes.image_size, sizes.image_size)
    assert images.min() >= 0
    assert images.max() <= 1
    output = network_of("classifier", name)(images)
    assert output.code.shape == codes.shape
    assert output.code.min() >= 0
    assert output.logits.shape == (3, sizes.num_classes)
    assert network_of("image_denoiser", name)(images).shape == images.shape
    assert network_of("code_denoiser", name)(codes).shape == codes.shape
    assert network_of("discriminator", name)(images, codes).shape == (3,)
    judgement = network_of("judge", name)(images)
    assert judgement.features.shape == (3, 64)
    modes = judgement.mode_logits
    assert modes.shape == (3, sizes.num_modes) if sizes.num_modes else modes is None


def test_dropout_hides_half_of_the_code_from_the_class_alone_and_only_in_training():
    sizes = sizes_of("digits")
    torch.manual_seed(0)
    classifier = network_of("classifier", "digits")
    images = torch.rand(4, sizes.channels, sizes.image_size, sizes.image_size)
    first, second = classifier(images), classifier(images)
    assert not torch.equal(first.logits, second.logits)
    assert torch.equal(first.code, second.code)
    assert torch.equal(first.pooled, second.pooled)
    frozen = classifier.eval()(images)
    torch.testing.assert_close(frozen.logits, classifier.classes(frozen.code))


def test_the_code_denoiser_has_seven_fully_connected_layers():
    layers = [m for m in network_of("code_denoiser", "digits") if isinstance(m, nn.Linear)]
    assert len(layers) == 7
    assert layers[3].out_features == min(layer.out_features for layer in layers)


def test_rescaling_makes_the_mean_activations_one_and_changes_no_output():
    classifier, images = network_of("classifier", "digits").eval(), torch.rand(20, 1, 16, 16)
    before = classifier(images)
    rescale(classifier, images.split([7, 13]))
    after = classifier(images)
    assert after.h1.mean().item() == pytest.approx(1, rel=1e-5)
    assert after.code.mean().item() == pytest.approx(1, rel=1e-5)
    torch.testing.assert_close(after.logits, before.logits)
    torch.testing.assert_close(after.pooled, before.pooled)


def test_weights_come_back_as_they_were(tmp_path):
    job = plan.training(load_experiment({"datasets": {"digits": {"seeds": 1}}}), "digits", "classifier", 0)
    classifier = network_of("classifier", "digits").eval().requires_grad_(False)
    again = load.load(save_network(tmp_path / "weights", job, classifier), job.network)
    images = torch.rand(4, 1, 16, 16)
    torch.testing.assert_close(again(images).logits, classifier(images).logits)
    assert not any(weight.requires_grad for weight in again.parameters())


def test_what_a_network_sees_is_the_middle_of_the_image_normalised_channel_by_channel():
    images = torch.rand(2, 3, 10, 10)
    seen = Seeing(SeeingOptions(crop=7, mean=(0.1, 0.2, 0.3), std=(0.5, 1.0, 2.0)))(images)
    mean, std = torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1), torch.tensor([0.5, 1.0, 2.0]).view(3, 1, 1)
    torch.testing.assert_close(seen, (images[:, :, 1:8, 1:8] - mean) / std)
    assert Seeing(SeeingOptions())(images) is images


def test_a_classifier_of_227_pixels_reads_a_generator_of_256():
    sizes = Sizes(3, 256, 5, 0, 32)
    generator = load.built(ARCHITECTURES["generator"].network, {"widths": (8, 8, 4)}, sizes)
    options = {"crop": 227, "mean": (0.4, 0.5, 0.6), "std": (0.2,), "code_size": 32, "widths": (4, 4, 4, 4)}
    classifier = load.built(ARCHITECTURES["classifier"].network, options, sizes)
    images = generator(torch.rand(2, 32))
    assert images.shape == (2, 3, 256, 256)
    output = classifier(images)
    assert output.code.shape == (2, 32)
    assert output.h1.shape[-1] == 14  # 227, 114, 57, 29 and pooled


@pytest.mark.parametrize("size", [16, 24, 28, 32, 96, 227, 256])
def test_without_widths_networks_suit_the_images_size(size):
    sizes = Sizes(1, size, 3, 0, 16)
    images = torch.rand(1, 1, size, size)
    for name in ("classifier", "discriminator", "judge"):
        network = load.built(ARCHITECTURES[name].network, {}, sizes).eval()
        assert network(*([images, torch.rand(1, 16)] if name == "discriminator" else [images])) is not None
    misfit = options_of("generator").misfit(sizes)
    assert misfit == ("image_size: must be a multiple of 2, got 227" if size == 227 else "")
    if not misfit:
        generator = load.built(ARCHITECTURES["generator"].network, {}, sizes)
        assert generator(torch.rand(1, 16)).shape == images.shape


def test_the_papers_code_denoiser_is_a_choice_of_widths():
    sizes = Sizes(3, 256, 10, 0, 4096)
    options = CodeDenoiserOptions(widths=(0.5, 0.25, 0.12207, 0.25, 0.5))
    layers = [m for m in resolve(ARCHITECTURES["code_denoiser"].network)(sizes, options) if isinstance(m, nn.Linear)]
    assert [layer.out_features for layer in layers] == [2048, 1024, 500, 1024, 2048, 4096]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_option_that_there_is_not_or_of_another_kind_is_refused_by_its_name(architecture):
    with pytest.raises(ValueError, match=f"^bais: the architecture '{architecture}' has no such option; "):
        options_of(architecture, {"bais": 1})
    for name, usual in defaults(architecture).items():
        wrong = 0.5 if isinstance(usual, str) else "words"
        assert wrong_option(architecture, name, wrong).startswith("must be ")
        with pytest.raises(ValueError, match=f"^{name}: must be "):
            options_of(architecture, {name: wrong})


def test_options_that_are_given_later_count_more():
    options = options_of("classifier", {"bias": 0.5, "code_size": 8}, {"bias": 0.2})
    assert (options.bias, options.code_size, options.dropout) == (0.2, 8, 0.5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_network_has_the_options_of_its_entry(architecture):
    entry = ARCHITECTURES[architecture]
    assert resolve(entry.network).options_class is entry.options

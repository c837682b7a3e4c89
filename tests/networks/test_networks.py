"""Networks: shapes that fit each other, and layers that do what they say."""

import pytest
import torch
from torch import nn

from ppgn_bench.config.load import load_experiment
from ppgn_bench.data.table import DATASETS
from ppgn_bench.networks import load
from ppgn_bench.networks.classifier import Classifier
from ppgn_bench.networks.denoisers import CodeDenoiser, ImageDenoiser
from ppgn_bench.networks.discriminator import Discriminator
from ppgn_bench.networks.generator import Generator, UpsampledConv2d
from ppgn_bench.networks.judge import Judge
from ppgn_bench.workflow import plan
from tests.configs import save_network, sizes_of


def test_a_folded_convolution_is_nearest_upsampling_and_a_convolution():
    torch.manual_seed(0)
    folded = UpsampledConv2d(5, 3).double()
    plain = nn.Conv2d(5, 3, 3, padding=1).double()
    plain.load_state_dict(folded.state_dict())
    images = torch.randn(2, 5, 6, 7, dtype=torch.float64)
    expected = plain(nn.functional.interpolate(images, scale_factor=2, mode="nearest"))
    torch.testing.assert_close(folded(images), expected)


@pytest.mark.parametrize("name", DATASETS)
def test_networks_fit_each_other_and_the_images_and_the_judge_tells_modes_where_they_are_known(name):
    sizes = sizes_of(name)
    codes = torch.rand(3, sizes.code_size)
    images = Generator(sizes)(codes)
    assert images.shape == (3, sizes.channels, sizes.image_size, sizes.image_size)
    assert images.min() >= 0
    assert images.max() <= 1
    output = Classifier(sizes)(images)
    assert output.code.shape == codes.shape
    assert output.code.min() >= 0
    assert output.logits.shape == (3, sizes.num_classes)
    assert ImageDenoiser(sizes)(images).shape == images.shape
    assert CodeDenoiser(sizes)(codes).shape == codes.shape
    assert Discriminator(sizes)(images, codes).shape == (3,)
    judgement = Judge(sizes)(images)
    assert judgement.features.shape == (3, 32)
    modes = judgement.mode_logits
    assert modes.shape == (3, sizes.num_modes) if sizes.num_modes else modes is None


def test_dropout_hides_half_of_the_code_from_the_class_alone_and_only_in_training():
    sizes = sizes_of("digits")
    torch.manual_seed(0)
    classifier = Classifier(sizes)
    images = torch.rand(4, sizes.channels, sizes.image_size, sizes.image_size)
    first, second = classifier(images), classifier(images)
    assert not torch.equal(first.logits, second.logits)
    assert torch.equal(first.code, second.code)
    assert torch.equal(first.pooled, second.pooled)
    frozen = classifier.eval()(images)
    torch.testing.assert_close(frozen.logits, classifier.classes(frozen.code))


def test_the_code_denoiser_has_seven_fully_connected_layers():
    layers = [m for m in CodeDenoiser(sizes_of("digits")) if isinstance(m, nn.Linear)]
    assert len(layers) == 7
    assert layers[3].out_features == min(layer.out_features for layer in layers)


def test_rescaling_makes_the_mean_activations_one_and_changes_no_output():
    classifier, images = Classifier(sizes_of("digits")).eval(), torch.rand(20, 1, 16, 16)
    before = classifier(images)
    classifier.rescale(images)
    after = classifier(images)
    assert after.h1.mean().item() == pytest.approx(1, rel=1e-5)
    assert after.code.mean().item() == pytest.approx(1, rel=1e-5)
    torch.testing.assert_close(after.logits, before.logits)
    torch.testing.assert_close(after.pooled, before.pooled)


def test_weights_come_back_as_they_were(tmp_path):
    job = plan.training(load_experiment({}), "digits", "classifier", 0)
    classifier = Classifier(job.sizes).eval().requires_grad_(False)
    again = load.load(save_network(tmp_path / "weights", job, classifier), job.network)
    images = torch.rand(4, 1, 16, 16)
    torch.testing.assert_close(again(images).logits, classifier(images).logits)
    assert not any(weight.requires_grad for weight in again.parameters())

"""Networks of factors: a head a factor, of two families, for data sets that have factors alone."""

import math

import pytest
import torch

from ppgn_bench.config.networks import misfit
from ppgn_bench.data.table import DATASETS
from ppgn_bench.networks import load
from ppgn_bench.networks.factor_options import FactorsOptions, ResidualFactorsOptions
from ppgn_bench.networks.factors import answers
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.networks.table import ARCHITECTURES
from ppgn_bench.training.recipes import FACTOR_JUDGE, JUDGES, RECIPES
from ppgn_bench.workflow import plan
from tests.configs import load as experiment_of

KINDS = [RECIPES[recipe].architecture for recipe in ("factors", FACTOR_JUDGE)]
FACTORS = {"hue": 8, "size": 3}
SIZES = [Sizes(1, 16, 10, 0, factors={"loop": 2}), Sizes(3, 27, 4, 0, factors=FACTORS), Sizes(3, 32, 2, 0, 9, FACTORS)]


def network_of(kind: str, sizes: Sizes) -> torch.nn.Module:
    torch.manual_seed(0)
    return load.built(ARCHITECTURES[kind].network, {}, sizes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sizes", SIZES)
def test_every_factor_has_as_many_logits_as_values_in_the_order_of_the_sizes(kind: str, sizes: Sizes) -> None:
    said = network_of(kind, sizes)(torch.rand(5, sizes.channels, sizes.image_size, sizes.image_size))
    assert {name: logits.shape for name, logits in said.logits.items()} == {
        name: (5, values) for name, values in sizes.factors.items()
    }
    assert [*said.logits] == [*sizes.factors]
    assert said.features.shape == (5, 32)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_of_an_image_does_not_hang_on_those_beside_it(kind: str) -> None:
    network, images = network_of(kind, SIZES[1]), torch.rand(5, 3, 27, 27)
    whole, alone = network(images), network(images[2:3])
    torch.testing.assert_close(whole.features[2:3], alone.features)
    torch.testing.assert_close(whole.logits["hue"][2:3], alone.logits["hue"])


@pytest.mark.parametrize("kind", KINDS)
def test_its_gradient_reaches_every_pixel_of_the_image(kind: str) -> None:
    images = torch.rand(2, 3, 32, 32, requires_grad=True)
    (gradient,) = torch.autograd.grad(network_of(kind, SIZES[2])(images).logits["size"][:, 1].sum(), images)
    assert gradient.abs().amin() > 0


def test_the_one_that_steers_and_the_judge_are_of_different_families_and_no_judge_of_classes() -> None:
    assert {ARCHITECTURES[kind].gives for kind in KINDS} == {"factors"}
    assert len({ARCHITECTURES[kind].network for kind in KINDS}) == 2
    assert FACTOR_JUDGE not in JUDGES
    assert (RECIPES["factors"].split, RECIPES[FACTOR_JUDGE].split) == ("train", "judge")
    assert not RECIPES[FACTOR_JUDGE].budgeted


def test_the_recipes_weigh_every_factor_of_every_data_set() -> None:
    known = {name for entry in DATASETS.values() for name in entry.factors}
    assert set(RECIPES["factors"].weights) == known
    assert set(RECIPES[FACTOR_JUDGE].weights) == known | {"noise"}


@pytest.mark.parametrize("options", [FactorsOptions(), ResidualFactorsOptions()])
def test_a_data_set_without_factors_and_too_many_poolings_do_not_fit(options: FactorsOptions) -> None:
    assert "the data set has no factors" in options.misfit(Sizes(1, 16, 10, 0))
    assert options.misfit(SIZES[0]) == ""
    assert options.misfit(Sizes(1, 4, 10, 0, factors=FACTORS)).startswith("widths: 3 layers leave nothing of 4 pixels")


def test_an_answer_is_what_is_surer_than_half_of_the_way_from_a_guess_to_certainty() -> None:
    probabilities = torch.tensor([[0.74, 0.26], [0.76, 0.24], [0.1, 0.9]])
    assert answers(probabilities.log()).tolist() == [-1, 0, 1]
    assert answers(torch.tensor([[0.65, 0.3, 0.05], [0.05, 0.28, 0.67]]).log()).tolist() == [-1, 2]
    assert answers(torch.zeros(1, 8)).tolist() == [-1]
    assert answers(torch.tensor([[0.0, 0.0, math.log(100)]])).tolist() == [2]


def test_a_config_is_told_that_a_data_set_has_no_factors_and_where_that_is_asked_for() -> None:
    for recipe in ("factors", FACTOR_JUDGE):
        said = misfit(DATASETS["cifar10"], 32, recipe)
        assert said.startswith(f"networks.{recipe}.architecture: the data set has no factors")
        assert misfit(DATASETS["shapes"], 32, recipe) == ""


@pytest.mark.usefixtures("config_folder")
def test_a_network_of_factors_knows_them_and_all_others_do_not() -> None:
    experiment = experiment_of("datasets: {digits: {seeds: 1}}")
    for recipe in ("factors", FACTOR_JUDGE):
        assert plan.training(experiment, "digits", recipe, 0).sizes.factors == {"loop": 2, "thickness": 3}
    for recipe in ("judge", "classifier", "joint"):
        assert plan.training(experiment, "digits", recipe, 0).sizes.factors == {}

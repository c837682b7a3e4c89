"""Changed recipes: what can be changed, and the names of what comes out."""

from dataclasses import replace
from typing import Any

import pytest

from ppgn_bench.training.changes import changed, name_of, named, title_of
from ppgn_bench.training.recipes import RECIPES


@pytest.mark.parametrize(
    ("base", "changes", "name"),
    [
        ("joint", {"noise": 0.1}, "joint"),
        ("joint", {"noise": 0.2}, "joint+noise=0.2"),
        ("joint", {"noise": 0.0, "weights.code": 0.0}, "generator"),
        ("generator", {"weights.code": 1.0, "noise": 0.1}, "joint"),
        ("joint", {"noise.h1": 0.0}, "joint+noise.h1=0"),
        ("joint", {"weights.gan": 0.0, "iterations": 10.0}, "joint+iterations=10+weights.gan=0"),
        ("code_denoiser", {"noise": 0.5, "learning_rate": 1e-4}, "code_denoiser+learning_rate=0.0001+noise=0.5"),
        ("joint", {"iterations": 2e6}, "joint+iterations=2000000"),
        ("classifier", {"bias": 0.2}, "classifier+bias=0.2"),
        ("classifier", {"bias": 0.0}, "classifier"),  # the default
        ("classifier", {"normalised": 0.0}, "classifier+normalised=0"),
        ("classifier", {"normalised": 1.0}, "classifier"),
        ("classifier", {"widths": (8.0,)}, "classifier+widths=8,"),
        ("joint", {"encoder.bias": 0.2, "rival.widths": (8.0, 16.0)}, "joint+encoder.bias=0.2+rival.widths=8,16"),
        ("joint", {"encoder.bias": 0.0}, "joint"),
        ("judge", {"features": 8.0}, "judge+features=8"),
        ("joint", {"precision": "bfloat16", "accumulate": 4.0}, "joint+accumulate=4+precision=bfloat16"),
        ("joint", {"precision": "float32", "accumulate": 1.0}, "joint"),
        (
            "generator",
            {"rival.beta1": 0.9, "rival.every": 1.0, "rival.rate": 1.0},
            "generator+rival.beta1=0.9+rival.every=1+rival.rate=1",
        ),
        ("joint", {"rival.architecture": "discriminator", "rival.every": 2.0, "rival.beta1": 0.5}, "joint"),
        ("joint", {"architecture": "released_generator"}, "joint+architecture=released_generator"),
        (
            "joint",
            {"encoder.architecture": "caffenet", "architecture": "released_generator", "batch_size": 16.0},
            "joint+architecture=released_generator+batch_size=16+encoder.architecture=caffenet",
        ),
    ],
)
def test_equal_recipes_have_one_name_and_a_name_is_its_recipe(base: str, changes: dict[str, Any], name: str) -> None:
    recipe = RECIPES[base]
    for key, value in changes.items():
        recipe = changed(recipe, key, value)
    assert name_of(recipe) == name
    assert name_of(named(name)) == name
    assert (named(name).weights, named(name).noise) == (recipe.weights, recipe.noise)
    assert (named(name).needs, named(name).iterations) == (recipe.needs, recipe.iterations)
    assert (named(name).rival, named(name).precision) == (recipe.rival, recipe.precision)


def test_the_papers_networks_bring_the_numbers_that_the_paper_trains_them_with() -> None:
    joint, encoder = (
        named(f"{name}+architecture={own}")
        for name, own in (("joint", "released_generator"), ("classifier", "caffenet"))
    )
    assert (joint.batch_size, joint.iterations, joint.learning_rate) == (64, 1_300_000, 5e-5)
    assert joint.rival is not None
    assert (joint.rival.architecture, joint.rival.every, joint.rival.rate) == ("paper_discriminator", 1, 1)
    assert joint.rival.betas == (0.9, 0.999)
    assert (encoder.batch_size, encoder.iterations) == (256, 450_000)


def test_weights_that_are_given_are_told_from_weights_of_losses() -> None:
    assert title_of("classifier+architecture=alexnet+weights=nets%2Fa.pth").endswith(", weights: nets/a.pth")
    told = title_of("generator+architecture=released_generator+encoder.architecture=caffenet+encoder.weights=c.pth")
    assert told.endswith("encoder's weights: c.pth")
    assert title_of("joint+weights.gan=0.5").endswith("weight of L_GAN: 0.5")


def test_a_recipe_that_differs_in_what_has_no_name_keeps_its_own() -> None:
    for other in (
        replace(RECIPES["classifier"], after=None),
        replace(RECIPES["joint"], needs={"encoder": "judge"}),
        replace(RECIPES["joint"], rival=replace(RECIPES["joint"].rival, gives=("features",))),
    ):
        with pytest.raises(ValueError, match="min"):
            name_of(other)  # no entry of the table is of its kind


def test_a_weight_of_zero_drops_the_loss() -> None:
    assert "gan" not in named("joint+weights.gan=0").weights

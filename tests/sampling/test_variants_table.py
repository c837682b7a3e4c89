"""The table of variants: every name in it stands for something, and variants differ in what they are to compare."""

import pytest

from ppgn_bench.lookup import names, resolve
from ppgn_bench.sampling.variants import CONDITIONS, PLAIN, STARTS, VARIANTS, epsilons
from ppgn_bench.training.recipes import RECIPES

CODE = [name for name, variant in VARIANTS.items() if variant.space == "code"]
PIXEL = [name for name, variant in VARIANTS.items() if variant.space == "image"]
ROLES = {"classifier": "Classifier", "generator": "Generator"}
DENOISERS = {"image": "ImageDenoiser", "code": "CodeDenoiser"}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_name_in_the_table_stands_for_something(name: str) -> None:
    variant = VARIANTS[name]
    assert all(callable(resolve(own)) for own in names(variant))
    roles = ROLES | {"denoiser": DENOISERS[variant.space]}
    found = {role: RECIPES[recipe].network.short for role, recipe in variant.networks.items()}
    assert found == {role: roles[role] for role in found}
    needed = {"classifier"} | ({"generator"} if name in CODE else set())
    assert set(found) == needed | ({"denoiser"} if variant.prior.short == "denoised" else set())


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_has_epsilons_that_are_no_less_than_zero_and_bounds_where_it_walks_pixels(name: str) -> None:
    variant = VARIANTS[name]
    assert variant.bounds == ((0, 1) if name in PIXEL else None)
    assert variant.epsilon["condition"] > 0
    assert variant.epsilon["noise"] >= 0
    assert (variant.epsilon["prior"] > 0) == (variant.prior.short != "absent")


def test_every_name_that_an_update_may_have_stands_for_something() -> None:
    assert all(callable(resolve(name)) for table in (CONDITIONS, STARTS) for name in table.values())


def test_a_term_that_there_is_not_is_no_epsilon() -> None:
    assert epsilons(condition=0.5) == {"prior": 0.0, "condition": 0.5, "noise": 0.0}
    with pytest.raises(TypeError, match="no term of the update: prio; there are prior, condition, noise"):
        epsilons(prio=0.1)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_of_the_paper_has_the_plain_update_of_its_space(name: str) -> None:
    assert VARIANTS[name].update == PLAIN[VARIANTS[name].space]


def test_all_but_joint_ppgn_h_draw_with_the_same_generator() -> None:
    """What differs between them is the prior alone, not the network's luck in training."""
    recipes = {name: VARIANTS[name].networks["generator"] for name in CODE}
    assert recipes.pop("joint_ppgn_h") == "joint"
    assert set(recipes.values()) == {"generator"}


def test_all_variants_are_steered_by_the_same_classifier() -> None:
    assert {variant.networks["classifier"] for variant in VARIANTS.values()} == {"classifier"}

"""The table of variants: every name stands for something, every role is served, and who shares what."""

from dataclasses import replace

import pytest

from ppgn_bench.lookup import names, resolve
from ppgn_bench.sampling.roles import condition_roles, lacking_roles, prior_roles
from ppgn_bench.sampling.steering import CONDITIONS
from ppgn_bench.sampling.variants import PLAIN, STARTS, VARIANTS, Update, epsilons
from ppgn_bench.training.recipes import RECIPES

CODE = [name for name, variant in VARIANTS.items() if variant.space == "code"]


RELEASED = ("dgn_am_released", "ppgn_h_released", "joint_released", "noiseless_released")
DENOISERS = {"image": "image_denoiser", "code": "code_denoiser"}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_name_in_the_table_stands_for_something(name: str) -> None:
    variant = VARIANTS[name]
    assert all(callable(resolve(own)) for own in names(variant))
    needed = {"condition": "classifier"} | ({"generator": "generator"} if name in CODE else {})
    needed |= {"generator": "variational"} if variant.prior.short == "standard_normal" else {}
    needed |= {"denoiser": DENOISERS[variant.space]} if variant.prior.short == "denoised" else {}
    needed |= {"encoder": "classifier"} if variant.prior.short == "joint" else {}
    assert {role: RECIPES[recipe].architecture for role, recipe in variant.networks.items()} == needed
    assert lacking_roles(variant) == ""
    assert {*prior_roles(variant), *condition_roles(variant)} == variant.networks.keys() - {"generator"}


def test_a_role_that_no_network_serves_is_named_with_who_asks_for_it() -> None:
    joint = VARIANTS["joint_ppgn_h"]
    for role, who in {"encoder": "the prior 'joint' asks for", "generator": "chains in codes need",
                      "condition": "the condition 'own_class' asks for"}.items():  # fmt: skip
        others = {own: recipe for own, recipe in joint.networks.items() if own != role}
        said = lacking_roles(replace(joint, networks=others))
        assert said == f"{who} the role {role!r}, which no network serves; there are {', '.join(others)}"


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_has_the_plain_update_epsilons_from_zero_up_and_bounds_where_it_walks_pixels(name: str) -> None:
    variant = VARIANTS[name]
    if name in RELEASED:
        assert (variant.update.normalise, variant.update.noise_inside, variant.bounds) == (1, True, (0, 30))
        assert variant.epsilon == {**variant.epsilon, "condition": 1, "noise": 1e-17}
    else:
        normal = variant.prior.short == "standard_normal"  # then codes are N(0, I) beforehand, and chains start there
        assert variant.update == (Update(start=STARTS["normal"]) if normal else PLAIN[variant.space])
        assert variant.bounds == (None if name in CODE else (0, 1))
    assert variant.epsilon["condition"] > 0
    assert variant.epsilon["noise"] >= 0
    assert (variant.epsilon["prior"] > 0) == (variant.prior.short != "absent")


def test_every_name_that_an_update_may_have_stands_for_something() -> None:
    assert all(callable(resolve(name)) for table in (CONDITIONS, STARTS) for name in names(table))
    alone = {key: entry.experts[0].log_prob.short for key, entry in CONDITIONS.items() if len(entry.experts) == 1}
    assert alone.pop("context") == "known_pixels"
    assert all(key == short for key, short in alone.items())


def test_what_steers_brings_the_networks_that_its_variants_do_not_have_and_they_are_recipes() -> None:
    for key, entry in CONDITIONS.items():
        steered = replace(VARIANTS["joint_ppgn_h"], conditions={key: 1.0})
        lacking = {*condition_roles(steered)} - VARIANTS["joint_ppgn_h"].networks.keys()
        assert entry.networks.keys() == lacking, key
        assert {*entry.networks.values()} <= RECIPES.keys()


def test_a_term_that_there_is_not_is_no_epsilon() -> None:
    assert epsilons(condition=0.5) == {"prior": 0.0, "condition": 0.5, "noise": 0.0, "context": 0.0}
    with pytest.raises(TypeError, match="no term of the update: prio; there are prior, condition, noise, context"):
        epsilons(prio=0.1)


def test_all_of_the_paper_but_joint_ppgn_h_draw_with_one_generator_and_all_have_the_same_classifier() -> None:
    """What differs between them is the prior alone, not the network's luck in training."""
    recipes = {name: VARIANTS[name].networks["generator"] for name in CODE}
    assert {recipes.pop(name) for name in ("joint_ppgn_h", "joint_released")} == {"joint"}
    assert recipes.pop("vae_gan") == "vae_gan"  # a relative
    assert set(recipes.values()) == {"generator"}
    assert {variant.networks["condition"] for variant in VARIANTS.values()} == {"classifier"}

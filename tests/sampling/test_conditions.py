"""Conditions: what each one's log probability is, and that its gradient is that of finite differences."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from ppgn_bench.sampling import conditions, update
from ppgn_bench.sampling.steering import CONDITIONS
from ppgn_bench.sampling.transitions import Climbed, Sampler, transition

CHAINS, CODE, CHANNELS, SIZE = 3, 4, 2, 6
LABELS = torch.tensor([2, 0, 1])


class Output(NamedTuple):
    logits: Tensor
    h1: Tensor


def smooth(*layers: nn.Module) -> nn.Module:
    """Layers with no corner, in double precision, whose weights ask for no gradient."""
    return nn.Sequential(*layers).double().requires_grad_(False)


@pytest.fixture
def networks() -> dict[str, Callable[..., Any]]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        draw = smooth(nn.Linear(CODE, CHANNELS * SIZE**2), nn.Sigmoid(), nn.Unflatten(1, (CHANNELS, SIZE, SIZE)))
        layer = smooth(nn.Conv2d(CHANNELS, 5, 3), nn.Tanh())
        classify = smooth(nn.Flatten(), nn.Linear(5 * (SIZE - 2) ** 2, 3))
        heads = {name: smooth(nn.Flatten(), nn.Linear(CHANNELS * SIZE**2, n)) for name, n in (("hue", 4), ("size", 3))}

    def classifier(images: Tensor) -> Output:
        h1 = layer(images)
        return Output(classify(h1), h1)

    def factors(images: Tensor) -> SimpleNamespace:
        return SimpleNamespace(logits={name: head(images) for name, head in heads.items()})

    return {"generator": draw, "condition": classifier, "factors": factors}


@pytest.fixture
def images() -> Tensor:
    return torch.rand(CHAINS, CHANNELS, SIZE, SIZE, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def target(images: Tensor) -> dict[str, Tensor]:
    """A class, values, a unit and a context of each chain; the last chain asks nothing of its hue."""
    known = torch.ones(CHAINS, 1, SIZE, SIZE, dtype=torch.float64)
    known[0, :, :, :3] = 0
    known[1, :, 2:4] = 0
    known[2] = torch.arange(SIZE) % 2
    return {
        "label": LABELS,
        "hue": torch.tensor([3, 0, -1]),
        "size": torch.tensor([1, 2, 0]),
        "channel": torch.tensor([4, 0, 2]),
        "row": torch.tensor([0, 3, 1]),
        "column": torch.tensor([2, 3, 0]),
        "context": images.flip(3),
        "known": known,
    }


EXPERTS = {
    "own_class": ("condition",),
    "own_values": ("factors",),
    "hidden_unit": ("condition",),
    "unit_activation": ("condition",),
    "known_pixels": (),
}


@pytest.mark.parametrize("name", EXPERTS)
def test_its_gradient_in_the_image_is_that_of_finite_differences(
    name: str, images: Tensor, target: dict[str, Tensor], networks: dict[str, Callable[..., Any]]
) -> None:
    own = {role: networks[role] for role in EXPERTS[name]}
    state = images.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda at: getattr(conditions, name)(at, target, **own), state)


def test_every_condition_is_among_those_whose_gradient_is_tested() -> None:
    """Captions in `test_captions`; the released gradients are those of no function (`test_released`)."""
    known = {expert.log_prob.short for condition in CONDITIONS.values() for expert in condition.experts}
    assert known - {*EXPERTS} == {"caption", "target_only", "raw_logit"}


@pytest.mark.parametrize("name", EXPERTS)
def test_chains_do_not_look_at_each_other(
    name: str, images: Tensor, target: dict[str, Tensor], networks: dict[str, Callable[..., Any]]
) -> None:
    own = {role: networks[role] for role in EXPERTS[name]}
    together = getattr(conditions, name)(images, target, **own)
    for chain in range(CHAINS):
        alone = getattr(conditions, name)(
            images[chain : chain + 1], {key: of[chain : chain + 1] for key, of in target.items()}, **own
        )
        torch.testing.assert_close(alone, together[chain : chain + 1])


def test_the_gradient_of_a_sum_through_a_generator_with_a_context_is_that_of_finite_differences(
    target: dict[str, Tensor], networks: dict[str, Callable[..., Any]]
) -> None:
    """Class and values with weights, seen in their context, beside the context itself: the terms of Eq. 12."""
    experts = [
        Climbed(conditions.own_class, ("condition",)),
        Climbed(conditions.own_values, ("factors",), 0.3),
        Climbed(conditions.known_pixels, (), 2.0, "context"),
    ]
    sampler = Sampler(networks=networks, experts=experts, target=target)
    codes = torch.randn(CHAINS, CODE, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    nothing = {term: torch.zeros(CHAINS, dtype=torch.float64) for term in ("prior", "condition", "context")}
    _, seen = transition(sampler, nothing, None)(codes, 0)

    def climbed(term: str, at: Tensor) -> Tensor:
        image = networks["generator"](at)
        if term == "context":
            return 2 * conditions.known_pixels(image, target)
        shown = torch.where(target["known"] > 0, target["context"], image)
        classes = conditions.own_class(shown, target, networks["condition"])
        return classes + 0.3 * conditions.own_values(shown, target, networks["factors"])

    torch.testing.assert_close(seen.log_prob, climbed("condition", codes))
    step = 1e-5
    for term in ("condition", "context"):
        for unit in range(CODE):
            shift = torch.zeros_like(codes)
            shift[:, unit] = step
            slope = (climbed(term, codes + shift) - climbed(term, codes - shift)) / (2 * step)
            torch.testing.assert_close(seen.terms[term][:, unit], slope, rtol=1e-6, atol=1e-8)


# ------------------------------------------------------------------------------------------------ what they are


def test_values_are_the_sum_over_the_factors_that_a_chain_asks_for(
    images: Tensor, target: dict[str, Tensor], networks: dict[str, Callable[..., Any]]
) -> None:
    logits = networks["factors"](images).logits
    size = conditions.class_log_prob(logits["size"], target["size"])
    hue = conditions.class_log_prob(logits["hue"], target["hue"].clamp_min(0))
    expected = size + torch.where(torch.tensor([True, True, False]), hue, 0.0)
    torch.testing.assert_close(conditions.own_values(images, target, networks["factors"]), expected)


def test_a_value_that_a_chain_does_not_ask_for_gives_it_no_gradient(
    images: Tensor, networks: dict[str, Callable[..., Any]]
) -> None:
    state = images.clone().requires_grad_()
    asked = {"hue": torch.tensor([3, -1, -1])}
    (gradient,) = torch.autograd.grad(conditions.own_values(state, asked, networks["factors"]).sum(), state)
    assert gradient[0].any()
    assert not gradient[1:].any()


def test_a_hidden_unit_is_a_softmax_over_the_channels_at_its_place(
    images: Tensor, target: dict[str, Tensor], networks: dict[str, Callable[..., Any]]
) -> None:
    layer = networks["condition"](images).h1
    found = conditions.hidden_unit(images, target, networks["condition"])
    fired = conditions.unit_activation(images, target, networks["condition"])
    places = zip(*(target[name].tolist() for name in ("channel", "row", "column")), strict=True)
    for chain, (channel, row, column) in enumerate(places):
        here = layer[chain, :, row, column]
        torch.testing.assert_close(found[chain], here.log_softmax(0)[channel])
        torch.testing.assert_close(fired[chain], here[channel])


@pytest.mark.parametrize("channel", [-1, 5])
def test_a_channel_that_the_layer_does_not_have_is_refused(
    channel: int, images: Tensor, target: dict[str, Tensor], networks: dict[str, Callable[..., Any]]
) -> None:
    wrong = target | {"channel": torch.tensor([0, channel, 0])}
    with pytest.raises(IndexError, match=str(channel)):
        conditions.hidden_unit(images, wrong, networks["condition"])


def test_known_pixels_are_minus_the_squared_residual_around_the_hole(images: Tensor, target: dict[str, Tensor]) -> None:
    found = conditions.known_pixels(images, target)
    for chain in range(CHAINS):
        around = target["known"][chain, 0] > 0
        residual = (images[chain] - target["context"][chain])[:, around]
        torch.testing.assert_close(found[chain], -(residual**2).sum())
    in_holes = torch.where(target["known"] > 0, target["context"], images)
    assert not conditions.known_pixels(in_holes, target).any()


# --------------------------------------------------------------------------------------------------- in a context


def test_what_is_composed_has_the_known_pixels_to_the_bit_and_its_own_in_the_hole(
    images: Tensor, target: dict[str, Tensor]
) -> None:
    shown = conditions.composed(images, target)
    around = (target["known"] > 0).expand_as(images)
    assert torch.equal(shown[around], target["context"][around])
    assert torch.equal(shown[~around], images[~around])
    assert conditions.composed(images, {"label": LABELS}) is images


def test_the_gradient_of_what_is_composed_comes_from_the_hole_alone(
    images: Tensor, target: dict[str, Tensor], networks: dict[str, Callable[..., Any]]
) -> None:
    state = images.clone().requires_grad_()
    result = conditions.own_class(conditions.composed(state, target), target, networks["condition"])
    (gradient,) = torch.autograd.grad(result.sum(), state)
    around = (target["known"] > 0).expand_as(images)
    assert not gradient[around].any()
    assert gradient[~around].all()


def test_a_context_has_a_term_of_its_own_whose_gradient_comes_from_around_the_hole_alone(
    images: Tensor, target: dict[str, Tensor], networks: dict[str, Callable[..., Any]]
) -> None:
    log_probs = {
        "condition": lambda image: conditions.own_class(image, target, networks["condition"]),
        "context": lambda image: conditions.known_pixels(image, target),
    }
    seen = update.look(images, lambda state: state, log_probs, lambda state, image: torch.zeros_like(state))
    assert seen.terms.keys() == {"prior", "condition", "context"}
    torch.testing.assert_close(seen.terms["context"], -2 * (images - target["context"]) * target["known"])
    torch.testing.assert_close(seen.log_prob, log_probs["condition"](images))  # of the condition alone
    epsilon = {term: torch.full((CHAINS,), value) for term, value in (("prior", 0), ("condition", 0), ("context", 0.5))}
    moved = update.step(images, seen.terms, epsilon, None)
    torch.testing.assert_close(moved, torch.where(target["known"] > 0, target["context"], images))

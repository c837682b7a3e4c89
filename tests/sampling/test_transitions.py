"""One step of a sampler: who sees which image, what weights do, and that each network runs once."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ppgn_bench.sampling import conditions, priors
from ppgn_bench.sampling.transitions import Climbed, Sampler, transition

CHAINS, SHAPE = 3, (1, 4, 4)
EPSILON = {"prior": 0.1, "condition": 2.0, "noise": 0.5, "context": 0.25}


class Watched:
    """A network that is linear in the image, and remembers what it was shown."""

    def __init__(self, seed: int) -> None:
        self.weights = torch.randn(3, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        self.shown: list[Tensor] = []

    def __call__(self, images: Tensor) -> Tensor:
        self.shown.append(images.detach())
        return images.flatten(1) @ self.weights.T


def squared(state: Tensor, number: int = 0) -> Tensor:
    return state.view(-1, *SHAPE) ** 2


@pytest.fixture
def states() -> Tensor:
    return torch.rand(CHAINS, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def context() -> dict[str, Tensor]:
    known = torch.zeros(CHAINS, 1, 4, 4, dtype=torch.float64)
    known[:, :, :2] = 1
    return {"context": torch.full((CHAINS, *SHAPE), 0.7, dtype=torch.float64), "known": known}


def code_prior(view: priors.View, encoder: Callable[[Tensor], Tensor]) -> Tensor:
    """A prior that asks its network twice."""
    return (encoder(view.image) + encoder(view.image)).sum(1, keepdim=True) - view.state


def epsilons(**values: float) -> dict[str, Tensor]:
    return {term: torch.full((CHAINS,), value, dtype=torch.float64) for term, value in (EPSILON | values).items()}


def a_sampler(*experts: Climbed, **parts: Any) -> Sampler:
    own = {"generator": squared} | parts.pop("networks", {})
    return Sampler(networks=own, experts=experts, target=parts.pop("target", {}), **parts)


def expert(role: str = "condition", output: int = 0, **own: Any) -> Climbed:
    """Climbs one output of a linear network."""
    return Climbed(lambda images, target, **networks: networks[role](images)[:, output], (role,), **own)


# ------------------------------------------------------------------------------------------------------------ weights


def test_experts_of_a_term_are_a_sum_with_weights(states: Tensor) -> None:
    networks = {"condition": Watched(1), "factors": Watched(2)}
    parts = expert(), expert("factors", 1)
    alone = [transition(a_sampler(part, networks=networks), epsilons(), None)(states, 0)[1] for part in parts]
    weighed = (expert(weight=0.5), expert("factors", 1, weight=3.0))
    _, both = transition(a_sampler(*weighed, networks=networks), epsilons(), None)(states, 0)
    torch.testing.assert_close(both.log_prob, 0.5 * alone[0].log_prob + 3 * alone[1].log_prob)
    expected = 0.5 * alone[0].terms["condition"] + 3 * alone[1].terms["condition"]
    torch.testing.assert_close(both.terms["condition"], expected)


def test_a_term_of_its_own_has_its_own_epsilon_and_no_say_in_log_p(states: Tensor, context: dict[str, Tensor]) -> None:
    networks = {"condition": Watched(1)}
    around = Climbed(conditions.known_pixels, (), term="context")
    move = transition(a_sampler(expert(), around, networks=networks, target=context), epsilons(), None)
    moved, seen = move(states, 0)
    assert seen.terms.keys() == {"prior", "condition", "context"}
    residual = (squared(states) - context["context"]) * context["known"]
    slope = -2 * residual.flatten(1) * 2 * states
    torch.testing.assert_close(seen.terms["context"], slope)
    torch.testing.assert_close(moved, states + 2 * seen.terms["condition"] + 0.25 * slope)
    torch.testing.assert_close(
        seen.log_prob, networks["condition"](conditions.composed(squared(states), context))[:, 0]
    )


# ------------------------------------------------------------------------------------------------------ who sees what


def test_each_network_runs_once_a_step_whoever_asks_for_it(states: Tensor, context: dict[str, Tensor]) -> None:
    """Encoder and condition are one network, which two experts and the prior ask for."""
    one, calls = Watched(1), []

    def generator(state: Tensor) -> Tensor:
        calls.append(state)
        return squared(state)

    networks = {"generator": generator, "condition": one, "encoder": one}
    for target in ({}, context):
        one.shown.clear()
        calls.clear()
        sampler = a_sampler(expert(), expert(output=2, weight=0.5), networks=networks, target=target, prior=code_prior)
        move = transition(sampler, epsilons(), None)
        for step in range(3):
            moved, _ = move(states, step)
            assert (len(one.shown), len(calls)) == (step + 1, step + 1)
            assert torch.isfinite(moved).all()


def test_condition_and_prior_see_the_real_pixels_around_the_hole_and_chains_keep_what_they_draw(
    states: Tensor, context: dict[str, Tensor]
) -> None:
    condition, encoder = Watched(1), Watched(2)
    networks = {"condition": condition, "encoder": encoder}
    sampler = a_sampler(expert(), networks=networks, target=context, prior=code_prior)
    _, seen = transition(sampler, epsilons(), None)(states, 0)
    shown = torch.where(context["known"] > 0, context["context"], squared(states))
    for network in (condition, encoder):
        assert [torch.equal(own, shown) for own in network.shown] == [True]
    torch.testing.assert_close(seen.terms["prior"], 2 * encoder(shown).sum(1, keepdim=True) - states)
    assert torch.equal(seen.image, squared(states))


def test_the_view_is_how_the_condition_looks_and_not_how_the_prior_or_the_context_does(
    states: Tensor, context: dict[str, Tensor]
) -> None:
    condition, encoder, around = Watched(1), Watched(2), []

    def residual(images: Tensor, target: dict[str, Tensor]) -> Tensor:
        around.append(images.detach())
        return images.sum((1, 2, 3))

    steps = []

    def flipped(images: Tensor, step: int) -> Tensor:
        steps.append(step)
        return images.flip(3)

    networks = {"condition": condition, "encoder": encoder}
    experts = (expert(), Climbed(residual, (), term="context"))
    sampler = a_sampler(*experts, networks=networks, target=context, prior=code_prior, view=flipped)
    transition(sampler, epsilons(), None)(states, 5)
    shown = conditions.composed(squared(states), context)
    assert torch.equal(condition.shown[0], shown.flip(3))
    assert torch.equal(encoder.shown[0], shown)
    assert torch.equal(around[0], squared(states))
    assert steps == [5]


def test_without_a_generator_the_state_is_the_image() -> None:
    images = torch.rand(CHAINS, *SHAPE, dtype=torch.float64)
    condition = Watched(1)
    sampler = Sampler(networks={"condition": condition}, experts=[expert()], target={})
    _, seen = transition(sampler, epsilons(), None)(images, 0)
    assert torch.equal(seen.image, images)
    assert torch.equal(condition.shown[0], images)


# ------------------------------------------------------------------------------------------------------- how they step


def test_noise_is_that_of_the_step_and_bounds_hold_after_it(states: Tensor) -> None:
    networks = {"condition": Watched(1)}
    drawn = []

    def noise(number: int) -> Tensor:
        drawn.append(number)
        return torch.ones_like(states)

    for step in (3, 4):
        moved, seen = transition(a_sampler(expert(), networks=networks), epsilons(), noise)(states, step)
        torch.testing.assert_close(moved, states + 2 * seen.terms["condition"] + 0.5)
    assert drawn == [3, 4]
    bounded = a_sampler(expert(), networks=networks, bounds=(0.2, 0.6))
    there, _ = transition(bounded, epsilons(), noise)(states, 3)
    free, _ = transition(a_sampler(expert(), networks=networks), epsilons(), noise)(states, 3)
    torch.testing.assert_close(there, free.clamp(0.2, 0.6))


def test_a_released_step_shortens_from_its_first_length_to_its_last(states: Tensor) -> None:
    networks = {"condition": Watched(1)}
    sampler = a_sampler(expert(), networks=networks, normalise=1.0, lr_end=0.2, steps=8)
    move = transition(sampler, epsilons(), None)
    lengths = [(move(states, step)[0] - states).abs().mean(1) for step in (0, 4, 8)]
    for length, expected in zip(lengths, (1.0, 0.6, 0.2), strict=True):
        torch.testing.assert_close(length, torch.full((CHAINS,), expected, dtype=torch.float64))

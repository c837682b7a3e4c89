"""Chains of one's own networks: the same as the workflow's, whatever the networks give, and what is refused in which
words.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ppgn_bench import conditions, priors, sample
from ppgn_bench.jobs import Run
from ppgn_bench.sampling import chains, stage
from ppgn_bench.sampling.noise import START_STREAM, streams
from ppgn_bench.workflow import plan
from tests.configs import load
from tests.sampling.test_released import CLASSES, CODE, ToyClassifier, ToyGenerator

LABELS = torch.tensor([3, 0, 2])


EPSILON = {"prior": 0.1, "condition": 2.0, "noise": 0.2}


QUIET = {"condition": 2.0}


@pytest.fixture
def networks() -> dict[str, Any]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        generator, classifier = ToyGenerator().requires_grad_(False), ToyClassifier().requires_grad_(False)
    return {"generator": generator, "condition": classifier, "encoder": classifier}


def walked(networks: Mapping[str, Any], labels: Tensor = LABELS, **other: Any) -> chains.Chains:
    """Joint's chains to these classes."""
    parts = {"prior": priors.joint, "epsilon": EPSILON, "start": (CODE,), "steps": 6, "keep_every": 4} | other
    condition = parts.pop("condition", conditions.own_class)
    return sample(condition, parts.pop("target", {"label": labels}), networks, **parts)


# --------------------------------------------------------------------------------------------------- what is given back


def test_chains_have_the_kept_draws_and_log_p_of_every_step(networks: dict[str, Any]) -> None:
    found = walked(networks)
    assert found.steps.tolist() == [0, 4, 6]
    assert found.images.shape == (3, 3, 1, 2, 2)
    assert found.states.shape == (3, 3, CODE)
    assert found.log_prob.shape == (3, 7)
    assert found.diverged.tolist() == [-1, -1, -1]
    for draw, step in enumerate(found.steps):
        images = networks["generator"](found.states[:, draw])
        torch.testing.assert_close(found.images[:, draw], images)
        of_step = conditions.own_class(images, {"label": LABELS}, networks["condition"])
        torch.testing.assert_close(found.log_prob[:, step], of_step)


def test_they_are_the_chains_of_the_workflow_with_the_same_networks_and_seed(
    networks: dict[str, Any], config_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_class = {"Generator": networks["generator"], "Classifier": networks["condition"]}
    monkeypatch.setattr(stage.load, "load", lambda path, architecture, device: by_class[architecture.short])
    text = "ablations: {x: {of: joint_ppgn_h, epsilon: {prior: 0.1, condition: 2, noise: 0.2}}}"
    run = Run(chains_per_target=2, steps=6, keep_every=2)
    job = plan.sampling(load(text), "digits", "own", "x", 5)
    job = job.model_copy(update={"targets": job.targets[:CLASSES], "state_shape": (CODE,), "runs": {"quality": run}})
    files = {role: Path(name.short) for role, name in job.networks.items()}
    arrays = stage.sample(job, files, Path("none"), torch.device("cpu"))
    found = walked(networks, torch.arange(CLASSES).repeat(2), keep_every=2, seed=5)
    torch.testing.assert_close(found.states, torch.from_numpy(arrays["quality.codes"]), rtol=0, atol=1e-6)
    torch.testing.assert_close(found.log_prob, torch.from_numpy(arrays["quality.log_prob"]), rtol=0, atol=1e-5)
    assert found.steps.tolist() == arrays["quality.steps"].tolist()


def test_a_chain_is_the_same_alone_or_among_others(networks: dict[str, Any]) -> None:
    whole, first = walked(networks), walked(networks, LABELS[:1])
    torch.testing.assert_close(whole.states[:1], first.states)
    torch.testing.assert_close(whole.log_prob[:1], first.log_prob)


def test_a_seed_gives_the_same_bits_again_and_another_other_chains(networks: dict[str, Any]) -> None:
    first, again, other = walked(networks), walked(networks), walked(networks, seed=1)
    assert torch.equal(first.states, again.states)
    assert (first.states[:, 0] != other.states[:, 0]).any(1).all()


def test_starts_are_rectified_codes_or_grey_images_by_the_seed_or_those_that_are_given(
    networks: dict[str, Any],
) -> None:
    normal = streams(START_STREAM + 7, range(3), (CODE,), 1, torch.device("cpu"))(0)
    assert torch.equal(walked(networks, seed=7).states[:, 0], normal.clamp_min(0))
    given = torch.rand(3, CODE)
    assert torch.equal(walked(networks, start=given).states[:, 0], given)
    images = {"condition": networks["condition"]}
    grey = walked(images, prior=priors.l2_decay, start=(1, 2, 2)).states[:, 0]
    assert grey.shape == (3, 1, 2, 2)
    assert 0 < grey.min() < grey.max() < 1


def test_nothing_asks_a_weight_or_what_is_given_for_a_gradient(networks: dict[str, Any]) -> None:
    own = {role: network.requires_grad_() for role, network in networks.items()}
    start = torch.rand(3, CODE, requires_grad=True)
    found = walked(own, start=start)
    assert all(weight.grad is None for network in own.values() for weight in network.parameters())
    assert start.grad is None
    assert not any(of.requires_grad for of in (found.images, found.states, found.log_prob))


# -------------------------------------------------------------------------------------------- what may be brought along


def test_a_network_may_give_its_logits_or_its_code_alone(networks: dict[str, Any]) -> None:
    plain = {
        "generator": lambda code: networks["generator"](code),
        "condition": lambda images: networks["condition"](images).logits,
        "encoder": lambda images: networks["encoder"](images).code,
    }
    torch.testing.assert_close(walked(plain).states, walked(networks).states)
    released = {"condition": conditions.target_only}
    torch.testing.assert_close(walked(plain, **released).states, walked(networks, **released).states)


def test_an_own_log_p_takes_images_alone_or_the_target_or_networks_too(networks: dict[str, Any]) -> None:
    dark = torch.tensor([0.2, 0.4, 0.6])

    def darkness(images: Tensor) -> Tensor:
        return -((images.mean((1, 2, 3)) - dark) ** 2)

    def told(images: Tensor, target: Mapping[str, Tensor]) -> Tensor:
        return -((images.mean((1, 2, 3)) - target["dark"]) ** 2)

    def asked(images: Tensor, target: Mapping[str, Tensor], meter: nn.Module) -> Tensor:
        return -((meter(images) - target["dark"]) ** 2)

    own = {**networks, "meter": lambda images: images.mean((1, 2, 3))}
    target = {"target": {"dark": dark}, "prior": priors.absent, "epsilon": QUIET}
    found = [walked(own, condition=of, **target).states for of in (darkness, told, asked)]
    torch.testing.assert_close(found[0], found[1])
    torch.testing.assert_close(found[0], found[2])
    nearer = (walked(own, condition=told, **target | {"steps": 100}).images.mean((2, 3, 4)) - dark[:, None]).abs()
    assert (nearer[:, -1] < nearer[:, 0]).all()


def test_an_own_log_p_may_be_a_module_a_partial_function_or_have_defaults(networks: dict[str, Any]) -> None:
    class Bright(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return 2.0 * images.sum((1, 2, 3))

    def bright(images: Tensor, times: float = 2.0) -> Tensor:
        return times * images.sum((1, 2, 3))

    class Away(nn.Module):
        def forward(self, view: priors.View) -> Tensor:
            return -view.state

    parts = {"epsilon": {"condition": 1.0, "prior": 0.1}, "prior": priors.standard_normal}
    found = [walked(networks, condition=of, **parts).states for of in (bright, Bright(), partial(bright, times=2.0))]
    found.append(walked(networks, condition=bright, **parts | {"prior": Away()}).states)
    for of in found[1:]:
        torch.testing.assert_close(of, found[0])


def test_several_log_p_are_a_sum_with_weights(networks: dict[str, Any]) -> None:
    def bright(images: Tensor) -> Tensor:
        return images.sum((1, 2, 3))

    both = walked(networks, condition={conditions.own_class: 1.0, bright: 0.5}, epsilon=QUIET)

    def total(images: Tensor, target: Mapping[str, Tensor], condition: nn.Module) -> Tensor:
        return conditions.own_class(images, target, condition) + 0.5 * bright(images)

    torch.testing.assert_close(both.states, walked(networks, condition=total, epsilon=QUIET).states)
    one = walked(networks, condition={conditions.own_class: 1.0}, epsilon=QUIET)
    assert torch.equal(one.states, walked(networks, epsilon=QUIET).states)


def test_a_condition_without_a_target_says_by_chains_how_many_there_are(networks: dict[str, Any]) -> None:
    def bright(images: Tensor) -> Tensor:
        return images.sum((1, 2, 3))

    assert walked(networks, condition=bright, target={}, chains=5).images.shape[:2] == (5, 3)


def test_in_a_context_the_class_comes_from_the_hole_and_epsilon_4_pulls_what_is_around(
    networks: dict[str, Any],
) -> None:
    known = torch.zeros(3, 1, 2, 2)
    known[..., 0] = 1
    target = {"label": LABELS, "context": torch.full((3, 1, 2, 2), 0.9), "known": known}
    both = {conditions.own_class: 1.0, conditions.known_pixels: 1.0}
    parts = {"target": target, "condition": both, "prior": priors.absent, "steps": 200}
    errors = {}
    for epsilon in (0.0, 1.0):
        found = walked(networks, **parts, epsilon={"condition": 0.1, "context": epsilon})
        errors[epsilon] = ((found.images[:, -1] - target["context"]) * known).abs().sum((1, 2, 3))
        shown = conditions.composed(found.images[:, -1], target)
        of_hole = conditions.own_class(shown, target, networks["condition"])
        torch.testing.assert_close(found.log_prob[:, -1], of_hole)
    assert (errors[1.0] < errors[0.0]).all()

"""A step asks nothing of the device that it runs on: a graphics card would have to be waited for, at every step.

torch's meta device stands in for a card. Its tensors have shapes and no values, so that whoever asks for one fails.
"""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.jobs import Sampling
from ppgn_bench.networks.load import built
from ppgn_bench.sampling import conditions, stage
from ppgn_bench.sampling.keeping import kept_of
from ppgn_bench.sampling.noise import redrawn, streams
from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.workflow import paths, plan

CARD = torch.device("meta")
CHAINS = 3
STEPS, BLOCK = 6, 3  # a block of noise is drawn on the way
RUN = {"chains_per_target": CHAINS, "steps": STEPS, "keep_every": 1}
COPIES = (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)
EXPERIMENT = Experiment.model_validate(
    {
        "name": "card",
        "device": "cpu",
        "datasets": {"shapes": {"image_size": 8}},
        "variants": list(VARIANTS),
        "sweeps": {"own": {"quality": RUN}},
    }
)
(FOLDER,) = paths.folders(EXPERIMENT)


@pytest.fixture(autouse=True)
def _noise_in_short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sampling, "noise_block", staticmethod(lambda shape: BLOCK))


class Unasked(TorchDispatchMode):
    """Refuses what a card would have to be waited for: whatever is copied to or from it, but where nobody waits."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """What the function gives; what a card sends is made up."""
        named = kwargs or {}
        unwaited = func in COPIES and (named.get("non_blocking") or args[2:] == (True,))
        if unwaited and named.get("device") == torch.device("cpu"):
            return torch.zeros_like(args[0], device="cpu")
        given = func(*args, **named)
        tensors = [value for value in tree_leaves((args, named, given)) if isinstance(value, Tensor)]
        devices = {value.device for value in tensors if value.dim() or func in COPIES}
        made_here = func is torch.ops.aten.lift_fresh.default and CARD in devices  # of a list of Python's
        assert made_here is False, "numbers of Python are sent to the card"
        assert len(devices) < 2 or unwaited, f"{func} waits for the card"
        return given


@pytest.mark.parametrize(
    "asks",
    [
        lambda there, here: there.sum().item(),
        lambda there, here: bool((there > 0).any()),
        lambda there, here: there[there > 0],
        lambda there, here: there.nonzero(),
        lambda there, here: there.tolist(),
        lambda there, here: there.cpu(),
        lambda there, here: there[[0, 1]],
        lambda there, here: torch.tensor([1.0, 2.0], device=CARD),
        lambda there, here: here.to(CARD),
        lambda there, here: there.copy_(here),
    ],
)
def test_this_test_sees_who_asks(asks: Callable[[Tensor, Tensor], Any]) -> None:
    with pytest.raises((AssertionError, RuntimeError)), Unasked():
        asks(torch.ones(2, device=CARD), torch.ones(2))


def walked(job: Sampling) -> list[dict[str, Tensor]]:
    """The kept draws of a job's chains on the card; from the second one on nothing may be asked."""
    networks = {recipe: network(recipe) for recipe in VARIANTS[job.variant].networks.values()}
    models = {role: networks[recipe] for role, recipe in VARIANTS[job.variant].networks.items()}
    target = {"label": torch.zeros(CHAINS, dtype=torch.int64, device=CARD)}
    sampler = stage._sampler(job, "quality", models, target)
    draws = stage._batch_draws(job, "quality", range(CHAINS), sampler, lambda split: pytest.fail(split))
    next(draws)
    with Unasked():
        return [kept_of(draw, keep_codes=True) for draw in draws]


def network(recipe: str) -> Any:
    """A recipe's network, with no weights that have values."""
    job = plan.training(EXPERIMENT, FOLDER, recipe, 0)
    made = built(job.network, job.options, job.sizes).requires_grad_(False).eval()
    return made.to(CARD, memory_format=torch.channels_last)


def job_of(name: str, **update: Any) -> Sampling:
    """A variant's, of a few chains that take more steps than a block of noise has."""
    job = plan.sampling(EXPERIMENT, FOLDER, "own", name, 0)
    return job.model_copy(update={"update": replace(job.update, **update)})


@pytest.mark.parametrize("name", VARIANTS)
def test_the_steps_of_a_variant_and_what_is_kept_of_them_ask_nothing(name: str) -> None:
    assert len(walked(job_of(name))) == STEPS


def test_resets_and_lengths_that_change_ask_nothing() -> None:
    job = job_of("joint_released", resets=2, redraw_prior=(0.1, 0.2), lr_end=1e-10)
    assert len(walked(job)) == STEPS


def test_noise_of_large_states_asks_nothing() -> None:
    noise = streams(0, range(CHAINS), (3, 80, 80), 20, CARD)
    with Unasked():
        assert noise(0).device == noise(1).device == CARD
        assert redrawn(0, range(CHAINS), (3, 80, 80), 100, CARD)[0].device == CARD


WORDS = 4
OUTPUT = SimpleNamespace(
    logits=torch.zeros(CHAINS, 5, device=CARD),
    conv5=torch.zeros(CHAINS, 5, 2, 2, device=CARD),
    h1=torch.zeros(CHAINS, 5, 2, 2, device=CARD),
)
FACTORS = SimpleNamespace(logits={"slant": torch.zeros(CHAINS, 3, device=CARD)})
PLACES = dict.fromkeys(
    ("label", "slant", "channel", "row", "column"), torch.zeros(CHAINS, dtype=torch.int64, device=CARD)
)


@pytest.mark.parametrize(
    ("condition", "networks"),
    [
        (conditions.own_class, {"condition": OUTPUT}),
        (conditions.target_only, {"condition": OUTPUT}),
        (conditions.raw_logit, {"condition": OUTPUT}),
        (conditions.hidden_unit, {"condition": OUTPUT}),
        (conditions.target_unit, {"condition": OUTPUT}),
        (conditions.own_values, {"factors": FACTORS}),
        (conditions.caption, {"captioner": torch.zeros(CHAINS, WORDS, 6, device=CARD)}),
        (conditions.known_pixels, {}),
        (conditions.composed, {}),
    ],
)
def test_a_condition_asks_nothing(condition: conditions.Condition, networks: dict[str, Any]) -> None:
    images = torch.zeros(CHAINS, 1, 8, 8, device=CARD)
    words = torch.zeros(CHAINS, WORDS, dtype=torch.int64, device=CARD)
    target = {**PLACES, "words": words, "context": images, "known": images}
    with Unasked():
        condition(images, target, **{role: lambda *_, gives=gives: gives for role, gives in networks.items()})

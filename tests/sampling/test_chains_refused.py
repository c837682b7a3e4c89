"""Chains of one's own networks: what is refused, in which words, and what they show."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

import ppgn_bench
from ppgn_bench import conditions, priors
from ppgn_bench.columns import TERMS
from ppgn_bench.errors import UserError
from tests.sampling.test_chains import networks, walked
from tests.sampling.test_released import CODE

__all__ = ["networks"]  # a fixture


UNIT = ("channel", "row", "column")
KNOWN = torch.ones(3, 1, 2, 2)
CONTEXT = torch.zeros(3, 1, 2, 2)


def flat(images: Tensor) -> Tensor:
    return images.flatten(1)


def text(images: Tensor) -> Any:
    return "likely"


def constant(images: Tensor) -> Tensor:
    return torch.zeros(len(images))


def endless(images: Tensor) -> Tensor:
    return images.sum((1, 2, 3)) / 0


def undefined(images: Tensor) -> Tensor:
    said = images.sum((1, 2, 3))
    return torch.where(torch.arange(len(images)) == 1, said * torch.nan, said)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": None}, "start: is missing; give the shape of a state, as start=(64,) for codes of 64 units, or st"),
        ({"start": torch.rand(2, CODE)}, "chains: all must be of one number, and target['label'] has 3, start has 2"),
        ({"chains": 4}, "chains: all must be of one number, and target['label'] has 3, chains has 4"),
        ({"target": {}, "condition": lambda images: images.sum((1, 2, 3))},
         "chains: all must be of one number, and nothing says"),
        ({"chains": 0}, "chains: must be a whole number of at least 1, got 0"),
        ({"steps": 0}, "steps: must be a whole number of at least 1, got 0"),
        ({"steps": True}, "steps: must be a whole number of at least 1, got True"),
        ({"keep_every": 1.5}, "keep_every: must be a whole number of at least 1, got 1.5"),
        ({"threads": "two"}, "threads: must be a whole number of at least 1, got 'two'"),
        ({"epsilon": {"nois": 1}},
         f"epsilon: there is no term 'nois'; did you mean 'noise'? known: {', '.join(TERMS)}"),
        ({"epsilon": {"noise": -1}}, "epsilon['noise']: must be a number of at least 0, or one a chain (3), got -1"),
        ({"epsilon": {"noise": float("nan")}}, "epsilon['noise']: must be a number of at least 0, or one a chain (3)"),
        ({"epsilon": {"prior": torch.ones(2)}}, "epsilon['prior']: must be a number of at least 0, or one a chain (3)"),
        ({"condition": flat}, "condition flat: must give one log p a chain, shape (3,), got (3, 4)"),
        ({"condition": text}, "condition text: must give one log p a chain, shape (3,), got str"),
        ({"condition": constant}, "condition constant: its log p does not depend on the images, so it cannot steer"),
        ({"condition": undefined}, "condition undefined: its log p of chain 1 is not a finite number, but nan"),
        ({"condition": conditions.known_pixels}, "condition: says nothing of what to draw; beside known_pixels there"),
        ({"condition": conditions.own_values}, "networks: the condition own_values asks for the role 'factors', which "
                                               "none serves; there are generator, condition, encoder"),
        ({"target": {"label": torch.tensor([0, 1, 2]), "lable": torch.tensor([0, 1, 2])}},
         "target['lable']: no condition reads it; they read label"),
        ({"target": {"labels": torch.tensor([0, 1, 2])}},
         "condition own_class: target lacks 'label'; it has labels"),
        ({"target": {"label": [0, 1, 2]}}, "target['label']: must be a tensor with an entry a chain, got [0, 1, 2]"),
        ({"target": {"label": torch.tensor(1)}}, "target['label']: must be a tensor with an entry a chain, got tensor"),
        ({"target": {"label": torch.tensor([0.0, 1.0, 2.0])}}, "condition own_class: gather(): Expected dtype"),
        ({"step": 5}, "step: there is no such option; did you mean 'steps'? known: start, chains, steps, keep_every"),
        ({"start": 8}, "start: must be the shape of a state, as (64,), or a tensor of states, got 8"),
        ({"epsilon": None}, "epsilon: is missing, and without it no chain moves"),
        ({"epsilon": {"condition": "1"}}, "epsilon['condition']: must be a number of at least 0, or one a chain (3)"),
        ({"epsilon": {"context": 1.0}}, "epsilon['context']: does nothing without conditions.known_pixels"),
        ({"prior": priors.absent}, "epsilon['prior']: does nothing without a prior"),
        ({"lr_end": 0.1}, "lr_end: does nothing without normalise"),
        ({"normalise": 0}, "normalise: must be a number above 0, got 0"),
        ({"bounds": (1.0, 0.0)}, "bounds: must be a lower number and a higher one, got (1.0, 0.0)"),
        ({"condition": {}}, "condition: is empty"),
        ({"condition": {conditions.own_class: 0}}, "condition: steers by nothing, since every weight is 0"),
        ({"condition": {conditions.own_class: -1}}, "condition own_class: its weight must be at least 0, got -1"),
        ({"condition": {conditions.own_class: float("nan")}}, "condition own_class: its weight must be at least 0"),
        ({"condition": "own_class"}, "condition: must be a function, or several with their weights, got 'own_class'"),
        ({"condition": endless}, "condition endless: its log p of chain 0 is not a finite number, but inf"),
        ({"condition": conditions.hidden_unit, "target": {name: torch.zeros(3).long() for name in UNIT}},
         "condition hidden_unit: the network must give something with .h1, the layer of the unit, got "),
        ({"prior": priors.denoised}, "networks: the prior denoised asks for the role 'denoiser', which none serves"),
    ],
)  # fmt: skip
def test_what_cannot_be_walked_is_refused_in_one_line(
    networks: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError) as caught:
        walked(networks, **changes)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"known": KNOWN}, "target['context']: is missing; a context is real images"),
        ({"context": CONTEXT}, "target['known']: is missing; a context is real images"),
        ({"known": KNOWN[..., :1], "context": CONTEXT}, "target['known']: must be (3, 1, 2, 2) of floats in [0, 1]"),
        ({"known": KNOWN[:, 0], "context": CONTEXT}, "target['known']: must be (3, 1, 2, 2) of floats in [0, 1], got "
                                                     "(3, 2, 2) of float32"),
        ({"known": KNOWN, "context": CONTEXT[..., :1]}, "target['context']: must be (3, 1, 2, 2) of floats in [0, 1]"),
        ({"known": KNOWN, "context": CONTEXT.byte()}, "target['context']: must be (3, 1, 2, 2) of floats in [0, 1], "
                                                      "got (3, 1, 2, 2) of uint8"),
    ],
)  # fmt: skip
def test_a_context_or_a_mask_that_does_not_fit_the_images_is_refused_by_its_key(
    networks: dict[str, Any], target: dict[str, Tensor], message: str
) -> None:
    both = {conditions.own_class: 1.0, conditions.known_pixels: 1.0}
    with pytest.raises(UserError) as caught:
        walked(networks, condition=both, target={"label": torch.tensor([0, 1, 2]), **target})
    assert str(caught.value).startswith(message)


def test_a_network_that_gives_neither_a_tensor_nor_logits_is_named_by_what_it_gives(networks: dict[str, Any]) -> None:
    for wrong in ({"logits": 1}, SimpleNamespace(code=torch.ones(3, 4))):
        own = {**networks, "condition": lambda images, wrong=wrong: wrong}
        said = rf"a network must give a tensor, or something with \.logits, got {type(wrong).__name__}"
        with pytest.raises(UserError, match=f"^condition own_class: {said}"):
            walked(own)


def test_a_bar_counts_the_steps_where_it_is_asked_for(
    networks: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    walked(networks)
    assert capsys.readouterr().err == ""
    walked(networks, progress=True)
    assert "6/6" in capsys.readouterr().err


def test_the_package_offers_what_it_lists_and_nothing_else() -> None:
    assert all(getattr(ppgn_bench, name) for name in ppgn_bench.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'samples'"):
        ppgn_bench.samples  # noqa: B018

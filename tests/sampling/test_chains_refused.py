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


def flat(images: Tensor) -> Tensor:
    return images.flatten(1)


def text(images: Tensor) -> Any:
    return "likely"


def constant(images: Tensor) -> Tensor:
    return torch.zeros(len(images))


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
        ({"condition": undefined}, "condition undefined: its log p of chain 1 is not a number (NaN)"),
        ({"condition": conditions.known_pixels}, "condition: says nothing of what to draw; beside known_pixels there"),
        ({"condition": conditions.own_values}, "networks: the condition own_values asks for the role 'factors', which "
                                               "none serves; there are generator, condition, encoder"),
        ({"target": {"label": torch.tensor([0, 1, 2]), "lable": torch.tensor([0, 1, 2])}},
         "target['lable']: no condition reads it; they read label"),
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


def test_a_network_that_gives_neither_a_tensor_nor_logits_is_named_by_what_it_gives(networks: dict[str, Any]) -> None:
    for wrong in ({"logits": 1}, SimpleNamespace(code=torch.ones(3, 4))):
        own = {**networks, "condition": lambda images, wrong=wrong: wrong}
        with pytest.raises(
            TypeError, match=rf"must give a tensor, or something with \.logits, got {type(wrong).__name__}"
        ):
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

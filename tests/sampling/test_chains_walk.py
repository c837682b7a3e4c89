"""Chains of one's own networks: how they walk, by their epsilons, views, bounds and the released update."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from ppgn_bench import conditions, sample
from ppgn_bench.errors import UserError
from tests.sampling.test_chains import EPSILON, LABELS, networks, walked

__all__ = ["networks"]  # a fixture


@pytest.fixture
def threads() -> Iterator[int]:
    """More threads of torch's than chains take."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield 3
    torch.set_num_threads(before)


def test_each_chain_may_have_epsilons_of_its_own(networks: dict[str, Any]) -> None:
    still = torch.tensor([1.0, 0.0, 1.0])
    found = walked(networks, epsilon={term: value * still for term, value in EPSILON.items()})
    assert torch.equal(found.states[1, -1], found.states[1, 0])
    whole = walked(networks)
    torch.testing.assert_close(found.states[[0, 2]], whole.states[[0, 2]])


def test_a_term_that_is_not_named_is_no_part_of_the_step(networks: dict[str, Any]) -> None:
    found = walked(networks, epsilon={"prior": 0.0})
    assert torch.equal(found.states[:, -1], found.states[:, 0])


def test_states_stay_within_their_bounds(networks: dict[str, Any]) -> None:
    found = walked(networks, bounds=(0.0, 0.3), epsilon={"noise": 5.0})
    assert (found.states[:, -1].min(), found.states[:, -1].max()) == (0, pytest.approx(0.3))


def test_the_condition_sees_images_as_the_view_shows_them(networks: dict[str, Any]) -> None:
    def flipped(images: Tensor, step: int) -> Tensor:
        return images.flip(3) if step else images

    seen, plain = walked(networks, view=flipped), walked(networks)
    torch.testing.assert_close(seen.log_prob[:, 0], plain.log_prob[:, 0])
    images = networks["generator"](seen.states[:, 1])  # of step 4
    of_view = conditions.own_class(images.flip(3), {"label": LABELS}, networks["condition"])
    torch.testing.assert_close(seen.log_prob[:, 4], of_view)
    assert not torch.allclose(seen.log_prob[:, 4], plain.log_prob[:, 4])


def test_the_length_of_a_released_step_goes_to_its_end(networks: dict[str, Any]) -> None:
    found = walked(networks, normalise=0.5, lr_end=0.1, noise_inside=True, keep_every=1, steps=4)
    lengths = found.states.diff(dim=1).abs().mean(2)
    torch.testing.assert_close(lengths, torch.tensor([0.5, 0.4, 0.3, 0.2]).expand(3, 4))


def test_the_released_update_walks_at_a_length_of_its_own(networks: dict[str, Any]) -> None:
    found = walked(networks, normalise=0.5, noise_inside=True, keep_every=1)
    lengths = found.states.diff(dim=1).abs().mean(2)
    torch.testing.assert_close(lengths, torch.full_like(lengths, 0.5))


def test_a_chain_that_blows_up_is_marked_with_its_step_and_the_others_go_on() -> None:
    """Its log p is no number any more, which is no fault of the function's."""

    def brightest(images: Tensor) -> Tensor:
        return torch.log_softmax(10 * images.flatten(1), 1)[:, 0]

    start = torch.tensor([0.5, 0.4]).expand(2, 1, 1, 2)
    epsilon = {"condition": torch.tensor([0.1, 1e38])}
    found = sample(brightest, {}, {}, epsilon=epsilon, start=start, steps=5, keep_every=1)
    assert found.diverged.tolist() == [-1, 1]
    assert torch.isfinite(found.states).all()
    assert torch.isfinite(found.log_prob[0]).all()
    assert found.log_prob[1].isnan().tolist() == [False, True, True, True, True, True]


def test_threads_are_as_they_were_afterwards_also_after_an_error(networks: dict[str, Any], threads: int) -> None:
    seen = []

    def watching(images: Tensor) -> Tensor:
        seen.append(torch.get_num_threads())
        return images.sum((1, 2, 3))

    walked(networks, condition=watching)
    assert set(seen) == {1}
    assert torch.get_num_threads() == threads
    walked(networks, condition=watching, threads=2)
    assert seen[-1] == 2
    with pytest.raises(UserError):
        walked(networks, condition=lambda images: images.sum())
    assert torch.get_num_threads() == threads

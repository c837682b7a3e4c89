"""How judges are trained: on images that are moved a little, and what is told of held-out ones."""

from typing import Any

import torch
from torch import Tensor, nn

from ppgn_bench.networks.judge import Judgement
from ppgn_bench.training import held_out
from ppgn_bench.training.objectives import MOST, MOVED, Material, Noise, judge, moved


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_quarter_of_the_images_stay_as_they_are_to_rounding_and_the_others_move() -> None:
    images = torch.rand(400, 1, 9, 9)
    same = (moved(images, Noise({}, rng())) - images).abs().amax((1, 2, 3)) < 1e-5
    assert 0.15 < same.float().mean() < 1 - MOVED + 0.1
    assert not same.all()


def test_every_image_moves_in_its_own_way() -> None:
    images = torch.rand(1, 1, 9, 9).expand(50, 1, 9, 9).contiguous()
    different = moved(images, Noise({}, rng()))
    rows = {tuple(image.flatten().round(decimals=4).tolist()) for image in different}
    assert len(rows) > 50 * MOVED / 2


def test_what_comes_into_an_image_is_its_border_and_not_its_other_side() -> None:
    images = torch.zeros(200, 1, 16, 16)
    images[:, :, :, 8:] = 1  # wrapped round, a shift to the right would put ones at the left edge
    different = moved(images, Noise({}, rng()))
    assert different[:, :, :, 0].max() < 1e-5
    assert different[:, :, :, -1].min() > 1 - 1e-5


def test_an_image_moves_by_no_more_than_the_constant_says() -> None:
    ramp = (
        torch.linspace(-32 / 33, 32 / 33, 33).expand(300, 1, 33, 33).contiguous()
    )  # the column's place, in half sides
    change = (moved(ramp, Noise({}, rng())) - ramp)[:, :, 16, 16].abs()
    assert change.max() <= MOST + 1e-4  # at the middle only the shift counts
    assert change.max() > 0.8 * MOST


class Recording(nn.Module):
    """A judge that says class 1 and mode 0 of everything, and keeps what it saw."""

    def __init__(self, modes: bool = True) -> None:
        super().__init__()
        self.seen: list[Tensor] = []
        self.modes = modes

    def forward(self, images: Tensor) -> Judgement:
        self.seen.append(images)
        ones = torch.ones(len(images), 1)
        logits = torch.cat([0 * ones, ones, 0 * ones], 1)
        return Judgement(ones, logits, torch.cat([ones, 0 * ones], 1) if self.modes else None, 0 * ones.repeat(1, 64))


def batch(modes: bool = True) -> Material:
    return Material(
        torch.rand(8, 1, 8, 8), torch.tensor([1, 1, 1, 1, 1, 1, 0, 2]), torch.tensor([0, 1] * 4) if modes else None
    )


def test_held_out_images_are_judged_as_they_are() -> None:
    network, own = Recording(), batch()
    judge(network.train(), own, Noise({}, rng()))
    judge(network.eval(), own, Noise({}, rng()))
    assert not torch.equal(network.seen[0], own.images)
    assert torch.equal(network.seen[1], own.images)


def test_accuracies_are_shares_of_images_and_of_modes_only_where_these_are_known() -> None:
    def told(network: nn.Module, of: Material) -> dict[str, float]:
        parts: Any = [of]
        return {name: float(value) for name, value in held_out.judge(network, parts, parts, Noise({}, rng())).items()}

    assert told(Recording(), batch()) == {"accuracy": 0.75, "mode_accuracy": 0.5}
    assert told(Recording(modes=False), batch(modes=False)).keys() == {"accuracy"}

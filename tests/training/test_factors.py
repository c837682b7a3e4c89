"""Training of networks of factors: what counts, what is left out, and that the judge does not answer to noise."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ppgn_bench.data.source import InMemory, opened
from ppgn_bench.networks.factors import FactorLogits
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.storage import files
from ppgn_bench.training import factors, stage
from ppgn_bench.training.batches import Passes, material
from ppgn_bench.training.objectives import Material, Noise
from tests.training.small import CPU, job

SIZES = Sizes(1, 16, 2, 0, factors={"brightness": 2, "side": 2})
QUIET = Noise({}, torch.Generator().manual_seed(0))


class Says(nn.Module):
    """Says of an image what a function of its mean and shape says."""

    def __init__(self, logits: Callable[[Tensor], dict[str, Tensor]]) -> None:
        super().__init__()
        self.said = logits

    def forward(self, images: Tensor) -> FactorLogits:
        """What it was told to say."""
        return FactorLogits(self.said(images), images.flatten(1))


def constant(**logits: list[float]) -> Says:
    return Says(lambda images: {name: torch.tensor([row]).repeat(len(images), 1) for name, row in logits.items()})


def batch_of(values: list[list[int]]) -> Material:
    labels = torch.tensor(values)
    return Material(torch.rand(len(labels), 1, 16, 16), torch.zeros(len(labels), dtype=torch.int64), factors=labels)


def test_each_factor_is_a_cross_entropy_over_the_images_whose_value_is_known() -> None:
    network = constant(a=[math.log(3), 0.0], b=[0.0, 0.0, 0.0])
    terms = factors.losses(network, batch_of([[0, -1], [1, -1], [-1, 2], [0, -1]]), QUIET)
    assert terms["a"].item() == pytest.approx((2 * math.log(4 / 3) + math.log(4)) / 3)
    assert terms["b"].item() == pytest.approx(math.log(3))


def test_a_factor_that_no_image_of_a_batch_has_costs_nothing_and_is_a_number() -> None:
    terms = factors.losses(constant(a=[1.0, 0.0]), batch_of([[-1], [-1]]), QUIET)
    assert terms["a"].item() == 0


def test_an_answer_to_noise_costs_the_judge_and_a_guess_costs_one() -> None:
    batch = batch_of([[0]] * 8)
    guess = factors.judge_losses(constant(a=[0.0, 0.0, 0.0]).train(), batch, QUIET)["noise"]
    sure = factors.judge_losses(constant(a=[5.0, 0.0, 0.0]).train(), batch, QUIET)["noise"]
    assert guess.item() == pytest.approx(1)
    assert sure.item() > 2
    assert "noise" not in factors.judge_losses(constant(a=[0.0, 0.0]).eval(), batch, QUIET)


def test_the_judge_sees_moved_images_in_training_and_each_as_it_is_when_it_is_measured() -> None:
    seen: list[Tensor] = []

    def note(images: Tensor) -> dict[str, Tensor]:
        seen.append(images)
        return {"a": torch.zeros(len(images), 2)}

    batch = batch_of([[0]] * 8)
    factors.judge_losses(Says(note).train(), batch, QUIET)
    factors.judge_losses(Says(note).eval(), batch, QUIET)
    assert len(seen[0]) == 8 + 8 // factors.NOISY
    assert not torch.equal(seen[0][:8], batch.images)
    assert torch.equal(seen[1], batch.images)


def test_a_shift_moves_whole_pixels_and_repeats_the_border() -> None:
    images = torch.arange(28.0).repeat(50, 2, 28, 1)  # a pixel's value is its column
    moved = factors.shifted(images, Noise({}, torch.Generator().manual_seed(0)))
    by = (moved[:, 0, 0, 14] - 14).int()
    assert set(by.tolist()) == {-2, -1, 0, 1, 2}
    for image, step in zip(moved, by.tolist(), strict=True):
        torch.testing.assert_close(image, (images[0] + step).clamp(0, 27))
    rows = factors.shifted(images.mT, Noise({}, torch.Generator().manual_seed(0)))
    assert len({image[0, 14, 0].item() for image in rows}) == 5


def test_turned_images_have_the_same_pixels_and_come_in_all_eight_ways() -> None:
    noise, images = Noise({}, torch.Generator().manual_seed(0)), torch.rand(3, 2, 4, 4)
    ways = {tuple(factors.turned(images, noise).flatten().tolist()) for _ in range(60)}
    assert len(ways) == 8
    for way in ways:
        torch.testing.assert_close(torch.tensor(way).sort().values, images.flatten().sort().values)


def test_what_turning_changes_is_not_asked_of_the_half_that_is_turned() -> None:
    """The slant is wrong in the first half alone, the hue in both."""
    network = constant(hue=[5.0, 0.0], slant=[5.0, 0.0]).train()
    terms = factors.judge_losses(network, batch_of([[1, 1]] * 4 + [[1, 0]] * 4), QUIET)
    assert terms["hue"].item() == pytest.approx(math.log1p(math.exp(-5)) + 5)
    assert terms["slant"].item() == pytest.approx(math.log1p(math.exp(-5)))


def test_noise_has_no_mean_of_its_own_and_every_contrast() -> None:
    drawn = factors.pixel_noise(torch.zeros(500, 1, 16, 16), Noise({}, torch.Generator().manual_seed(0)))
    assert drawn.mean().item() == pytest.approx(0.5, abs=0.01)
    ranges = drawn.flatten(1).amax(1) - drawn.flatten(1).amin(1)
    assert ranges.min() < 0.2
    assert 0.9 < ranges.max() <= 1


def passes_of(values: list[list[int]]) -> Passes:
    images = np.zeros((len(values), 1, 4, 4), dtype=np.uint8)
    return Passes(InMemory(images, np.zeros(len(values), dtype=np.int64), None, np.array(values)), {}, CPU)


def test_accuracy_is_of_each_factor_over_the_images_whose_value_is_known_and_the_least_is_named() -> None:
    parts = passes_of([[0, 1], [0, -1], [1, -1], [-1, 0]])
    terms = factors.told(constant(a=[1.0, 0.0], b=[0.0, 1.0]), parts, parts, QUIET)
    found = {name: value.item() for name, value in terms.items()}
    assert found == pytest.approx({"accuracy.a": 2 / 3, "accuracy.b": 0.5, "least_accuracy": 0.5})


def test_noise_that_is_answered_is_found_in_the_worst_factor() -> None:
    parts = passes_of([[0, 0]] * 20)
    for own, share in (([0.5, 0.0], 0.0), ([5.0, 0.0], 1.0)):
        terms = factors.told_of_noise(constant(a=[0.0, 0.0], b=own), parts, parts, QUIET)
        assert terms["noise_answered"].item() == share


def data(path: Path) -> Path:
    """Bright or dark images with a bar to the left or to the right, in the splits that train and show how well."""
    rng, arrays = np.random.default_rng(0), {}
    for split in ("train", "judge", "held_out"):
        values = rng.integers(0, 2, (120, 2))
        images = rng.integers(0, 40, (120, 1, 16, 16)) + 100 * values[:, 0, None, None, None]
        for image, (_, side) in zip(images, values, strict=True):
            image[0, 4:12, 3 + 8 * side : 5 + 8 * side] = 250
        values[::5, 0] = -1
        arrays |= {f"{split}.images": images.astype(np.uint8), f"{split}.labels": np.zeros(120, int)}
        arrays[f"{split}.factors"] = values
    files.save_arrays(path, arrays, {"kind": "data", "dataset": "d"})
    return path


def test_factors_of_a_file_reach_the_objectives_with_their_images(tmp_path: Path) -> None:
    source = opened(data(tmp_path / "data.safetensors"), "train")
    assert source.factors is not None
    chosen = np.array([7, 3])
    part = material(source, chosen, source.batch(chosen), {}, CPU)
    assert part.factors is not None
    np.testing.assert_array_equal(part.factors, source.factors[[7, 3]])
    np.testing.assert_array_equal(part.rows(torch.tensor([1])).factors, source.factors[[3]])


@pytest.mark.parametrize("recipe", ["factors", "factor_judge"])
def test_a_recipe_learns_factors_that_can_be_seen(recipe: str, tmp_path: Path) -> None:
    weights = {"brightness": 1.0, "side": 1.0, "noise": 1.0}
    own = job(recipe, SIZES, iterations=150, weights=weights)
    measured = run(own, data(tmp_path / "data.safetensors"))
    assert measured["accuracy.brightness"] > 0.95
    assert measured["accuracy.side"] > 0.95
    assert measured["least_accuracy"] == min(measured["accuracy.brightness"], measured["accuracy.side"])
    assert ("noise_answered" in measured) == (recipe == "factor_judge")


def run(own: Any, path: Path) -> dict[str, float]:
    """Train, and give what was measured on held-out images."""
    _, losses = stage.train(own, path, {}, CPU)
    return {term.removeprefix("held-out "): value for _, term, value in losses if term.startswith("held-out ")}

"""A batch in parts: what a step learns is that of the whole batch; and passes in lower precision."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ppgn_bench.training import loop, parts
from ppgn_bench.training.factors import pixel_noise, shifted
from ppgn_bench.training.objectives import OF_WHOLE, Material, Noise, moved
from tests.training.small import CPU, built, drawn, job, material_of

DOUBLE, SINGLE = torch.float64, torch.float32
CLOSE = {DOUBLE: {"rtol": 1e-8, "atol": 1e-11}, SINGLE: {"rtol": 2e-3, "atol": 2e-5}}
PLAIN = {"normalised": False, "dropout": 0.0}  # what a part of a batch may not know of
RECIPES = ("classifier", "image_denoiser", "code_denoiser", "generator", "joint")


def trained(recipe: str, dtype: torch.dtype = DOUBLE, iterations: int = 5, **changes: Any) -> tuple[Any, Any]:
    """Weights after a few iterations on batches of 24, and the history."""
    own = job(recipe, iterations=iterations, batch_size=24, **changes)
    if recipe == "classifier":
        own = own.model_copy(update={"options": {**own.options, **PLAIN}})
    network, rival = built(own).to(dtype), built(own.rival).to(dtype) if own.rival else None
    state = loop.start(network, rival, own, 0)
    loop.fit(state, drawn(material_of(dtype), own.batch_size, state.rng), own, lambda: None)
    return list(network.parameters()), state.history


def close(found: Any, expected: Any, dtype: torch.dtype) -> None:
    """Weights and histories are the same to rounding."""
    torch.testing.assert_close(found[0], expected[0], **CLOSE[dtype])
    for row, other in zip(found[1], expected[1], strict=True):
        assert row == pytest.approx(other, rel=CLOSE[dtype]["rtol"])


@pytest.mark.parametrize("accumulate", [2, 3])
@pytest.mark.parametrize("recipe", RECIPES)
def test_gradients_of_parts_that_add_up_train_what_the_whole_batch_does(recipe: str, accumulate: int) -> None:
    close(trained(recipe, accumulate=accumulate), trained(recipe), DOUBLE)


@pytest.mark.parametrize("recipe", ["classifier", "joint"])
def test_parts_train_what_the_whole_batch_does_in_single_precision(recipe: str) -> None:
    close(trained(recipe, SINGLE, accumulate=4), trained(recipe, SINGLE), SINGLE)


def test_training_of_another_noise_or_batch_is_not_the_same() -> None:
    """The tests above would see a difference."""
    whole = torch.cat([weight.flatten() for weight in trained("joint")[0]])
    for changes in ({"noise": {"image": 0.1, "h1": 0.1, "code": 0.11}}, {"learning_rate": 2.9e-3}):
        other = torch.cat([weight.flatten() for weight in trained("joint", **changes)[0]])
        assert not torch.allclose(whole, other, **CLOSE[DOUBLE])


def noisy(images: Tensor, count: int) -> Tensor:
    """Noise on images that come in so many parts."""
    batch, noise = Material(images, torch.zeros(len(images))), Noise({"image": 0.5}, torch.Generator().manual_seed(3))
    return torch.cat([own(part.images, "image") for part, own in parts.parted(batch, noise, count)])


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_an_image_has_the_same_noise_however_its_batch_is_parted(layout: torch.memory_format) -> None:
    images = torch.rand(12, 3, 8, 8).contiguous(memory_format=layout)
    for count in (2, 3, 12):
        assert torch.equal(noisy(images, count), noisy(images, 1))


def test_the_stream_goes_on_after_the_parts_as_after_the_whole_batch() -> None:
    def after(count: int) -> Tensor:
        rng = torch.Generator().manual_seed(0)
        batch = Material(torch.zeros(6, 1, 8, 8), torch.zeros(6))
        for part, noise in parts.parted(batch, Noise({"image": 1.0}, rng), count):
            noise(part.images, "image")
        return torch.rand(3, generator=rng)

    assert torch.equal(after(3), after(1))


@pytest.mark.parametrize("draw", [moved, shifted, pixel_noise])
def test_no_two_parts_are_drawn_for_alike(draw: Any) -> None:
    images = torch.rand(1, 1, 28, 28).expand(16, 1, 28, 28).contiguous()
    batch, noise = Material(images, torch.zeros(16)), Noise({}, torch.Generator().manual_seed(0))
    first, second = (draw(part.images, own) for part, own in parts.parted(batch, noise, 2))
    assert not torch.equal(first, second)


def test_a_part_divides_by_what_the_whole_batch_has() -> None:
    batch = material_of(DOUBLE)
    seen = [part for part, _ in parts.parted(batch, Noise({}, torch.Generator()), 4)]
    assert [len(part.images) for part in seen] == [15] * 4
    for name in OF_WHOLE:
        assert {float(part.of_whole(name)) for part in seen} == {float(batch.of_whole(name))}
    assert seen[0].images.var() != batch.images.var()


# ---------------------------------------------------------------------------------------------------------- precision


class Seeing(nn.Module):
    """A linear layer that remembers the types of what it gave."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.types = nn.Linear(4, 2), set[torch.dtype]()

    def forward(self, values: Tensor) -> Tensor:
        given: Tensor = self.layer(values)
        self.types.add(given.dtype)
        return given


def test_passes_run_in_the_precision_that_is_asked_for_and_weights_stay_in_single() -> None:
    for precision, dtype in (("float32", SINGLE), ("bfloat16", torch.bfloat16)):
        network = Seeing()
        passed: Any = parts.in_precision(precision, CPU)(network)  # type: ignore[arg-type]
        passed(torch.ones(3, 4)).sum().backward()
        assert network.types == {dtype}
        assert network.layer.weight.grad is not None
        assert (network.layer.weight.dtype, network.layer.weight.grad.dtype) == (SINGLE, SINGLE)


@pytest.mark.parametrize("recipe", ["joint", "vae_gan", "classifier", "judge"])
def test_training_in_bfloat16_gives_finite_single_precision_weights_near_those_of_single_precision(recipe: str) -> None:
    rough, exact = (trained(recipe, SINGLE, precision=precision) for precision in ("bfloat16", "float32"))
    assert all(weight.dtype == SINGLE and torch.isfinite(weight).all() for weight in rough[0])
    assert rough[1][0] == pytest.approx(exact[1][0], rel=0.05)
    assert rough[1] != exact[1]
    near, far = (torch.cat([w.detach().flatten() for w in of]) for of in (exact[0], rough[0]))
    assert (near - far).abs().mean() < 0.2 * near.abs().mean()


def gradient(precision: Any) -> Tensor:
    """Of a loss whose gradient passes a tensor of half precision, as it waits for the step."""
    torch.manual_seed(0)
    player = loop.player(nn.Linear(3, 1, bias=False), 0.1, precision=precision)
    weight: Any = player.network.weight
    player.pull((weight.half() * 1e-4).float().sum() * 1e-5)
    return weight.grad / player.scaler.get_scale()


def test_a_gradient_too_small_for_half_precision_is_not_lost_there() -> None:
    assert gradient("float32").abs().sum() == 0  # without a scale
    torch.testing.assert_close(gradient("float16"), torch.full((1, 3), 1e-9), rtol=0.01, atol=0)


def test_a_step_with_an_infinite_gradient_is_left_out_and_the_scale_falls() -> None:
    player = loop.player(nn.Linear(3, 1), 0.1, precision="float16")
    before, scale = player.network.weight.detach().clone(), player.scaler.get_scale()  # type: ignore[operator]
    player.pull(player.network(torch.full((1, 3), 1e38)).sum() * 1e10)
    player.step(0.0)
    assert torch.equal(player.network.weight, before)
    assert player.scaler.get_scale() < scale

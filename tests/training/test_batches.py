"""Training from images that lie in memory, and from such that are streamed: the same objectives, bounded memory."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ppgn_bench.data import source as sources
from ppgn_bench.networks import load
from ppgn_bench.networks.classifier import rescale
from ppgn_bench.training import batches, held_out, loop, stage
from ppgn_bench.training.checkpoint import StoppedError
from ppgn_bench.training.objectives import Noise
from tests.training.small import CPU, built, job, trained, unfinished

IMAGE_BYTES = 4 * 8 * 8  # as float32


@dataclass
class Files:
    """Streamed images, which remembers how many were asked for at once."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    modes: None = None
    factors: None = None
    shape: tuple[int, int, int] = (1, 8, 8)
    in_memory: bool = False
    asked: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        self.asked.append(len(indices))
        return self.images[indices]


def files_of(data: Path, split: str) -> Files:
    own = sources.opened(data, split)
    return Files(own.batch(np.arange(len(own))), own.labels)


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch) -> list[Files]:
    """Splits are streamed, 20 images a pass; the sources that were opened."""
    opened: list[Files] = []

    def open_files(data: Path, split: str) -> Files:
        opened.append(files_of(data, split))
        return opened[-1]

    monkeypatch.setattr(stage, "opened", open_files)
    monkeypatch.setattr(sources, "PASS_BYTES", 20 * IMAGE_BYTES)
    return opened


def state_of(recipe: str = "classifier") -> Any:
    own = job(recipe)
    return own, loop.start(built(recipe), built(own.rival) if own.rival else None, own, 0)


def test_batches_from_memory_are_drawn_from_the_states_own_stream(inputs: dict[str, Path]) -> None:
    own, state = state_of()
    source = sources.opened(inputs["data"], "train")
    drawn = batches.training(source, {}, own, state, 0)
    for _ in range(3):
        expected = torch.randint(50, (32,), generator=torch.Generator().set_state(state.rng.get_state()))
        batch = next(drawn)
        assert torch.equal(batch.labels, torch.from_numpy(source.labels)[expected])
        assert torch.equal(batch.images, torch.from_numpy(source.batch(expected.numpy())).float() / 255)


def test_a_streamed_batch_has_each_images_own_label_and_code(inputs: dict[str, Path]) -> None:
    own, state = state_of()
    source, encoder = files_of(inputs["data"], "train"), built("classifier").eval()
    batch = next(batches.training(source, {"encoder": encoder}, own, state, 0))
    number = {image.tobytes(): index for index, image in enumerate(source.images)}
    pixels = (batch.images * 255).round().to(torch.uint8).numpy()
    assert [int(source.labels[number[image.tobytes()]]) for image in pixels] == batch.labels.tolist()
    torch.testing.assert_close(batch.code, encoder(batch.images).code)
    torch.testing.assert_close(batch.h1, encoder(batch.images).h1)
    assert not batch.code.requires_grad


def test_a_streamed_training_goes_on_with_the_batch_after_those_that_are_done(inputs: dict[str, Path]) -> None:
    own, state = state_of()
    source = files_of(inputs["data"], "train")
    drawn = batches.training(source, {}, own, state, 0)
    third = [next(drawn) for _ in range(3)][-1]
    state.history += [{}, {}]
    assert torch.equal(next(batches.training(source, {}, own, state, 0)).images, third.images)


@pytest.mark.parametrize("recipe", ["classifier", "joint"])
def test_a_streamed_training_that_is_stopped_ends_in_the_same_bytes(
    recipe: str, streamed: list[Files], inputs: dict[str, Path], tmp_path: Path
) -> None:
    own = job(recipe, iterations=8)
    whole = trained(own, inputs)
    with pytest.raises(StoppedError):
        trained(own, inputs, unfinished(tmp_path, after=3))
    assert trained(own, inputs, unfinished(tmp_path)) == whole


def test_no_more_is_asked_of_a_streamed_source_at_once_than_a_batch_or_a_pass(
    streamed: list[Files], inputs: dict[str, Path]
) -> None:
    trained(job("classifier", iterations=3, batch_size=7), inputs)
    training, *after = streamed
    assert set(training.asked) == {7, 20, 10}  # batches; then passes for what follows training
    assert [files.asked for files in after] == 3 * [[20, 20, 10]]  # losses on held-out images; what is measured


def test_passes_over_a_split_are_the_split(inputs: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    source, encoder = sources.opened(inputs["data"], "train"), built("classifier").eval()
    (whole,) = batches.Passes(source, {"encoder": encoder}, CPU)
    monkeypatch.setattr(sources, "PASS_BYTES", 20 * IMAGE_BYTES)
    parts = list(batches.Passes(source, {"encoder": encoder}, CPU))
    assert [len(part.images) for part in parts] == [20, 20, 10]
    joined = batches.joined(parts)
    for name in ("images", "labels", "h1", "code"):
        torch.testing.assert_close(getattr(joined, name), getattr(whole, name))
    assert joined.modes is None
    assert joined.images.is_contiguous(memory_format=torch.channels_last)


def test_a_held_out_error_over_several_passes_is_the_mean_over_all_images(
    inputs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exact for a mean over images, as the cross entropy of the class is."""

    def class_error() -> float:
        network = built("classifier").eval()
        return stage.held_out_errors(network, job("classifier"), inputs["data"], {}, CPU)["class"]

    whole = class_error()
    monkeypatch.setattr(sources, "PASS_BYTES", 20 * IMAGE_BYTES)  # 20, 20 and 10
    assert class_error() == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize("recipe", ["classifier", "image_denoiser", "code_denoiser", "joint"])
def test_what_is_measured_of_a_network_is_of_all_images_however_few_a_pass_holds(
    recipe: str, inputs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, network = job(recipe), built(recipe).eval()
    encoder = {"encoder": load.load(inputs["encoder"], job("classifier").network, CPU)} if own.needs else {}

    def measured() -> dict[str, float]:
        return stage.measurements(network, own, inputs["data"], encoder, CPU)

    whole = measured()
    monkeypatch.setattr(sources, "PASS_BYTES", 20 * IMAGE_BYTES)  # 20, 20 and 10
    # The noise of three passes is not that of one, and each pass has a variance of its own.
    assert measured() == pytest.approx(whole, rel=0.06)


def test_a_unit_that_only_the_last_image_turns_on_is_not_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.zeros((50, 1, 8, 8), dtype=np.uint8)
    images[-1] = 255
    network: Any = lambda images: SimpleNamespace(logits=images.flatten(1), code=images.flatten(1)[:, :4] - 0.5)  # noqa: E731
    monkeypatch.setattr(sources, "PASS_BYTES", 20 * IMAGE_BYTES)
    train = batches.Passes(Files(images, np.zeros(50, dtype=np.int64)), {}, CPU)
    for passes, dead in ((train, 0.0), (train.some(20), 1.0)):
        assert held_out.classifier(network, passes, passes, Noise({}, torch.Generator()))["dead_units"] == dead


def test_rescaling_over_several_batches_gives_h1_and_h_a_mean_of_one_over_all_images() -> None:
    images, network = torch.rand(50, 1, 8, 8), built("classifier").eval()
    rescale(network, images.split(20))
    activations = network(images)
    assert activations.h1.mean().item() == pytest.approx(1, rel=1e-5)
    assert activations.code.mean().item() == pytest.approx(1, rel=1e-5)

"""What is made of targets before the first step: the units of a layer by how selective they are, contexts by name."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ppgn_bench.data.masks import MASKS, hole
from ppgn_bench.data.source import InMemory
from ppgn_bench.errors import UserError
from ppgn_bench.sampling import preparation

SIDE, CHANNELS = 3, 4
CPU = torch.device("cpu")


def source(images: np.ndarray, labels: np.ndarray | None = None) -> InMemory:
    return InMemory(images.astype(np.uint8), np.zeros(len(images), np.int64) if labels is None else labels, None)


# ------------------------------------------------------------------------------------------------------ hidden units


def layer(images: torch.Tensor) -> SimpleNamespace:
    """A layer whose channel k fires by so much, in its middle, as the image's k-th pixel says; elsewhere all alike."""
    h1 = torch.zeros(len(images), CHANNELS, SIDE, SIDE)
    h1[:, :, 1, 1] = 20 * images.flatten(1)[:, :CHANNELS]
    return SimpleNamespace(h1=h1)


def fired(*channels: int, images: int = 200) -> np.ndarray:
    """Images in turn of which each makes one of these channels fire, and its own second one less."""
    pixels = np.zeros((images, 1, 2, 2), np.uint8)
    for number, image in enumerate(pixels):
        image.reshape(-1)[channels[number % len(channels)]] = 255
    return pixels


def units(images: np.ndarray, *ranks: int) -> dict[str, torch.Tensor]:
    return preparation.most_selective({"rank": torch.tensor(ranks)}, {"train": source(images)}.__getitem__, layer)


def test_the_most_selective_unit_fires_alone_for_few_images_and_hardly_for_the_others() -> None:
    images = fired(2)  # channel 2 fires for all: its best images are as all are
    images[:30, 0, 0, 0], images[:30, 0, 1, 0] = 0, 0
    images[:30].reshape(30, -1)[:, 1] = 255  # channel 1 for thirty
    images[30:35].reshape(5, -1)[:, :] = 0
    images[30:35].reshape(5, -1)[:, 3] = 255  # channel 3 for five: fewer than are asked of
    found = units(images, 0, 1, 2, 3)
    assert found["channel"].tolist() == [1, 3, 2, 0]
    assert found["row"].tolist() == found["column"].tolist() == [1, 1, 1, 1]


def test_selectivity_is_the_mean_share_of_the_surest_images_above_that_of_all() -> None:
    images = np.random.default_rng(0).integers(0, 256, (80, 1, 2, 2)).astype(np.uint8)
    shares = torch.softmax(layer(torch.tensor(images).float() / 255).h1[:, :, 1, 1], 1).numpy()
    surest = np.sort(shares, 0)[-preparation.SUREST :].mean(0) - shares.mean(0)
    assert units(images, *range(CHANNELS))["channel"].tolist() == np.argsort(-surest).tolist()


def test_units_are_the_same_when_images_come_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(1).integers(0, 256, (50, 1, 2, 2)).astype(np.uint8)
    whole = units(images, 0, 3)
    monkeypatch.setattr("ppgn_bench.data.source.PASS_BYTES", 4 * 4 * 7)
    again = units(images, 0, 3)
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_each_chain_has_the_unit_of_its_own_rank_whatever_the_order() -> None:
    images = np.random.default_rng(2).integers(0, 256, (50, 1, 2, 2)).astype(np.uint8)
    first, second = units(images, 0, 1)["channel"].tolist()
    assert units(images, 1, 0, 1)["channel"].tolist() == [second, first, second]


def test_a_rank_that_the_layer_does_not_have_is_refused() -> None:
    with pytest.raises(UserError, match=r"^unit 5: the layer has 4 channels$"):
        units(fired(0, 1), 0, 4)


# ---------------------------------------------------------------------------------------------------------- contexts


def real_images() -> InMemory:
    """Twelve images of three classes in turn, each of a grey of its own."""
    images = np.arange(12, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 8, 8), np.uint8) * 20
    return source(images, np.arange(12) % 3)


def test_a_context_is_the_image_of_its_class_and_number_and_known_around_its_mask() -> None:
    names = [*MASKS]
    target = {"original": torch.tensor([[2, 0], [0, 3], [2, 1]]), "mask": torch.tensor([1, 0, 4])}
    found = preparation.contexts(target, {"control": real_images()}.__getitem__)
    assert found["context"].shape == (3, 2, 8, 8)
    assert (found["context"][:, 0, 0, 0] * 255 / 20).round().tolist() == [2, 9, 5]
    assert found["known"].shape == (3, 1, 8, 8)
    for row, mask in enumerate((1, 0, 4)):
        np.testing.assert_array_equal(found["known"][row, 0].numpy() == 0, hole(names[mask], 8))
    assert set(found["known"].unique().tolist()) == {0, 1}


def test_an_image_that_a_class_does_not_have_is_refused() -> None:
    target = {"original": torch.tensor([[1, 4]]), "mask": torch.tensor([0])}
    with pytest.raises(UserError, match=r"^context: no image 5 of class 1, the split control has 4$"):
        preparation.contexts(target, {"control": real_images()}.__getitem__)

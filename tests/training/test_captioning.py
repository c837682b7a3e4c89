"""The captioner's training: whose captions it learns, whose never, and what is measured of it."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ppgn_bench.data.captions import HELD_OUT, WORDS, caption, numbers
from ppgn_bench.data.shapes import HUES
from ppgn_bench.data.table import DATASETS
from ppgn_bench.networks.captioner import Captioner
from ppgn_bench.networks.captioner_options import CaptionerOptions
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.training import captioning
from ppgn_bench.training.objectives import Material, Noise
from ppgn_bench.training.recipes import RECIPES

EVERY = torch.cartesian_prod(torch.arange(10), torch.arange(2), torch.arange(8), torch.tensor([-1, 0, 1, 2]))


def batch(rows: torch.Tensor = EVERY) -> Material:
    """Random images of these shapes, hues, grounds and sizes."""
    images = torch.rand(len(rows), 3, 8, 8, generator=torch.Generator().manual_seed(0))
    return Material(images, rows[:, 0], factors=rows[:, 1:])


def quiet(**levels: float) -> Noise:
    return Noise(levels, torch.Generator().manual_seed(0))


def small() -> Captioner:
    torch.manual_seed(0)
    return Captioner(Sizes(3, 8, 10, 16), CaptionerOptions(widths=(4, 4), features=8, hidden=6)).eval()


def sure_of(words: torch.Tensor) -> Any:
    """A network that knows every word of these captions."""
    return lambda images, told: 30 * F.one_hot(words, len(WORDS)).float()


def test_the_words_of_a_batch_are_the_captions_of_its_images() -> None:
    own, new = captioning.captions(batch())
    for row, words, held_out in zip(EVERY.tolist(), own.tolist(), new.tolist(), strict=True):
        values = dict(zip(captioning.FACTORS, row[1:], strict=True))
        assert words == numbers(caption(row[0], values))
        assert held_out == ((row[0], row[2]) in HELD_OUT)


def test_the_columns_are_those_of_the_data_set() -> None:
    assert tuple(DATASETS["shapes"].factors) == captioning.FACTORS


@pytest.mark.parametrize("factors", [None, torch.zeros(len(EVERY), 2, dtype=torch.int64)])
def test_images_without_the_factors_that_captions_name_are_refused(factors: torch.Tensor | None) -> None:
    with pytest.raises(ValueError, match=r"^factors: captions are made of background, hue, size"):
        captioning.captions(batch()._replace(factors=factors))


def test_words_count_up_to_the_first_end() -> None:
    words = torch.tensor([[3, 0, 0, 5], [1, 2, 3, 4], [0, 1, 0, 0]])
    assert captioning.counted(words).tolist() == [[True, True, False, False], [True] * 4, [True] + [False] * 3]


def test_the_loss_is_the_mean_of_the_words_that_count() -> None:
    material, network = batch(torch.tensor([[0, 0, 1, 0], [9, 1, 2, 1]])), small()
    logits = network(material.images, captioning.captions(material)[0]).log_softmax(2)
    texts = ("a small orange disc on a dark ground", "a yellow half disc on a light ground")
    each = [
        -logits[row, place, WORDS.index(word)]
        for row, text in enumerate(texts)
        for place, word in enumerate([*text.split(), "<end>"])
    ]
    loss = captioning.words(network, material, quiet())["words"]
    torch.testing.assert_close(loss, torch.stack(each).mean())


def test_images_of_a_combination_that_is_held_out_change_nothing_that_is_learnt() -> None:
    material, network = batch(), small()
    _, new = captioning.captions(material)
    loss = captioning.words(network, material, quiet())["words"]
    gradients = torch.autograd.grad(loss, [*network.parameters()])
    without = captioning.words(network, material.rows(~new), quiet())["words"]
    torch.testing.assert_close(loss, without)
    for one, other in zip(gradients, torch.autograd.grad(without, [*network.parameters()]), strict=True):
        torch.testing.assert_close(one, other)
    alone = captioning.words(network, material.rows(new), quiet())["words"]
    assert alone.item() == 0
    assert not any(gradient.any() for gradient in torch.autograd.grad(alone, [*network.parameters()]))


def test_noise_of_regions_is_smooth_noise_of_pixels_is_not_and_each_image_has_a_share_of_its_own() -> None:
    images = torch.zeros(200, 3, 32, 32)
    assert torch.equal(captioning.disturbed(images, quiet()), images)
    for place, low, high in (("patch", 0.0, 0.5), ("image", 1.2, 1.6)):
        noisy = captioning.disturbed(images, quiet(**{place: 0.5}))
        levels = noisy.flatten(1).std(1)
        assert low < (noisy.diff(dim=3).std() / noisy.std()).item() < high
        assert levels.min() < 0.05 < 0.3 < levels.max() < 0.6


def test_a_captioner_that_knows_every_word_is_right_of_all_and_one_that_takes_a_hue_for_another_is_found() -> None:
    material = batch()
    own, new = captioning.captions(material)
    told = captioning.told(sure_of(own), [material], [], quiet())  # type: ignore[arg-type]
    assert set(map(float, told.values())) == {1.0}
    assert len(told) == 10
    red, pink = WORDS.index("red"), WORDS.index("pink")
    told = captioning.told(sure_of(own.where(own != red, pink)), [material], [], quiet())  # type: ignore[arg-type]
    for name, chosen in (("accuracy", ~new), ("new_accuracy", new)):
        share = (material.factors[chosen, 1] != 0).double().mean().item()  # type: ignore[index]
        assert told[f"{name}.hue"].item() == pytest.approx(share)
        assert told[name].item() == pytest.approx((3 + share) / 4)
        assert told[f"{name}.size"].item() == 1


def test_a_size_is_known_where_the_word_for_it_or_a_hue_for_none_is_the_likeliest() -> None:
    own, _ = captioning.captions(batch())
    nothing = torch.zeros(*own.shape, len(WORDS))
    nothing[:, 1, WORDS.index("small")] = 9.0
    assert torch.equal(captioning.known(nothing, own)["size"], EVERY[:, 3] == 0)
    nothing[:, 1, WORDS.index("pink")] = 10.0  # no size at all, whatever the hue
    assert torch.equal(captioning.known(nothing, own)["size"], (EVERY[:, 3] == 1) | (EVERY[:, 3] == -1))


def test_a_captioner_learns_hues_of_combinations_that_it_never_saw() -> None:
    """Images of one colour: the hue's word is then known of the combinations that were held out, too."""
    rows = EVERY
    colours = torch.tensor(HUES)[:, :, None, None] / 255
    material = Material(colours[rows[:, 2]].expand(-1, 3, 8, 8).contiguous(), rows[:, 0], factors=rows[:, 1:])
    network: nn.Module = small()
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(200):
        captioning.words(network, material, quiet())["words"].backward()
        optimizer.step()
        optimizer.zero_grad()
    with torch.no_grad():
        told = captioning.told(network, [material], [], quiet())  # type: ignore[arg-type]
    assert told["accuracy.hue"] > 0.95
    assert told["new_accuracy.hue"] > 0.7
    assert told["accuracy.shape"] < 0.5  # which no image shows


def test_the_recipe_measures_what_it_is_checked_by() -> None:
    recipe = RECIPES["captioner"]
    assert recipe.split == "train"
    assert {name.short for name in recipe.held_out} == {"told"}

"""The captioner: what its words hang on, and which data sets it fits."""

import pytest
import torch

from ppgn_bench.config import networks
from ppgn_bench.data.captions import LONGEST, WORDS, numbers
from ppgn_bench.data.table import DATASETS
from ppgn_bench.networks.captioner import Captioner
from ppgn_bench.networks.captioner_options import CaptionerOptions
from ppgn_bench.networks.sizes import Sizes

SIZES = Sizes(3, 32, 10, 16)


@pytest.fixture
def captioner() -> Captioner:
    torch.manual_seed(0)
    return Captioner(SIZES, CaptionerOptions(widths=(4, 6, 8), features=12, hidden=10))


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def words() -> torch.Tensor:
    texts = ("a red disc on a dark ground", "a small blue half disc on a light ground", "plus")
    return torch.tensor([numbers(text) for text in texts])


def test_it_gives_logits_of_every_word_at_every_place(captioner, images, words):
    assert captioner(images, words).shape == (3, LONGEST + 1, len(WORDS))


def test_a_words_logits_hang_on_the_words_before_it_alone(captioner, images, words):
    captioner.eval()
    before = captioner(images, words)
    for place in range(LONGEST + 1):
        other = words.clone()
        other[:, place] = (words[:, place] + 1) % len(WORDS)
        after = captioner(images, other)
        torch.testing.assert_close(after[:, : place + 1], before[:, : place + 1], rtol=0, atol=0)
        assert not torch.equal(after[:, place + 1 :], before[:, place + 1 :]) or place == LONGEST


def test_every_pixel_counts_for_every_word(captioner, images, words):
    captioner.eval()
    for place in range(LONGEST + 1):
        state = images.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(captioner(state, words)[:, place].square().sum(), state)
        assert (gradient != 0).all()


def test_it_says_the_same_of_an_image_whatever_is_beside_it(captioner, images, words):
    captioner.eval()
    torch.testing.assert_close(captioner(images, words)[1:2], captioner(images[1:2], words[1:2]))


def test_it_forgets_some_of_what_it_sees_in_training_alone(captioner, images, words):
    assert not torch.equal(captioner(images, words), captioner(images, words))
    captioner.eval()
    assert torch.equal(captioner(images, words), captioner(images, words))


def test_it_fits_the_shapes_and_no_other_data_set():
    for name, dataset in DATASETS.items():
        said = networks.misfit(dataset, dataset.image_size, "captioner")
        said_of_it = "captions are of 'shapes' alone; an ablation with captions needs datasets: [shapes]"
        words = f"networks.captioner.architecture: {said_of_it}"
        if dataset.pretrained:
            assert said.startswith(f"networks.captioner: {dataset.title} has no training images; say ")
        else:
            assert said == ("" if name == "shapes" else words)


def test_more_convolutions_than_halve_the_side_are_refused():
    assert CaptionerOptions(widths=(4,) * 5).misfit(SIZES) == ""
    assert CaptionerOptions(widths=(4,) * 6).misfit(SIZES) == "widths: 6 layers leave nothing of 32 pixels a side"


@pytest.mark.parametrize("side", [32, 27])
def test_its_memory_is_estimated_from_what_it_keeps_and_its_weights(side):
    sizes, options = Sizes(3, side, 10, 16), CaptionerOptions()
    network = Captioner(sizes, options).eval().requires_grad_(False)
    kept: dict[int, int] = {}

    def noted(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    images = torch.rand(8, 3, side, side, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(noted, lambda tensor: tensor):
        logits = network(images, torch.zeros(8, LONGEST + 1, dtype=torch.int64))  # held: no storage is used twice
    weights = list(network.parameters())
    for weight in weights:
        kept.pop(weight.untyped_storage().data_ptr(), None)
    assert len(logits) == 8
    assert sum(kept.values()) < 2 * 4 * 8 * options.activations(sizes) < 4 * sum(kept.values())
    assert 0.75 < options.parameters(sizes) / sum(weight.numel() for weight in weights) <= 1

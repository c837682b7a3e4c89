"""A caption as a condition: its log probability, and its gradient in the image."""

import pytest
import torch

from ppgn_bench.data.captions import WORDS, numbers
from ppgn_bench.networks.captioner import Captioner
from ppgn_bench.networks.captioner_options import CaptionerOptions
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.sampling import conditions

TEXTS = ("a large red triangle on a dark ground", "a small blue half disc on a light ground", "plus")


@pytest.fixture
def captioner():
    torch.manual_seed(0)
    return (
        Captioner(Sizes(3, 8, 10, 16), CaptionerOptions(widths=(4, 4), features=8, hidden=6))
        .double()
        .eval()
        .requires_grad_(False)
    )


@pytest.fixture
def images():
    return torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.fixture
def target():
    return {"words": torch.tensor([numbers(text) for text in TEXTS])}


def test_the_log_probability_of_a_caption_is_the_sum_over_its_words_and_the_end(captioner, images, target):
    logits = captioner(images, target["words"]).log_softmax(2)
    expected = [
        sum(logits[chain, place, WORDS.index(word)] for place, word in enumerate([*text.split(), "<end>"]))
        for chain, text in enumerate(TEXTS)
    ]
    torch.testing.assert_close(conditions.caption(images, target, captioner), torch.stack(expected))


def test_what_follows_the_end_counts_nothing_and_a_caption_without_one_counts_whole():
    words = torch.tensor([[3, 0, 0], [3, 0, 4], [3, 2, 1]])
    logits = torch.randn(3, 3, 5, generator=torch.Generator().manual_seed(0)).requires_grad_()
    found = conditions.caption_log_prob(logits, words)
    each = logits.log_softmax(2).gather(2, words[:, :, None]).squeeze(2)
    torch.testing.assert_close(found, torch.stack([each[0, :2].sum(), each[1, :2].sum(), each[2].sum()]))
    (gradient,) = torch.autograd.grad(found.sum(), logits)
    assert not gradient[:2, 2].any()
    assert gradient[2, 2].any()


def test_all_captions_together_have_a_probability_of_one():
    """Of three words, the end among them, and at most two places: each place's own softmax, whatever stood before."""
    logits = torch.randn(1, 2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    every = torch.tensor([[0, 0], *([first, second] for first in (1, 2) for second in (0, 1, 2))])
    total = conditions.caption_log_prob(logits.expand(len(every), -1, -1), every).exp().sum()
    assert total.item() == pytest.approx(1, abs=1e-12)


def test_its_gradient_in_the_image_is_that_of_finite_differences(captioner, images, target):
    state = images.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda state: conditions.caption(state, target, captioner), state, atol=1e-8)


def test_up_the_gradient_a_caption_becomes_likelier_in_every_chain(captioner, images, target):
    state = images.clone().requires_grad_()
    before = conditions.caption(state, target, captioner)
    (gradient,) = torch.autograd.grad(before.sum(), state)
    after = conditions.caption(images + 1e-3 * gradient, target, captioner)
    assert (after > before).all()


@pytest.mark.parametrize("wrong", [-1, len(WORDS)])
def test_a_number_that_is_no_words_is_refused(wrong):
    words = torch.tensor([[1, wrong]])
    with pytest.raises(IndexError, match=f"words must be in 0..{len(WORDS) - 1}, got"):
        conditions.caption_log_prob(torch.zeros(1, 2, len(WORDS)), words)

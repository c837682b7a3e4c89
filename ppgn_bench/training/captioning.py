"""The captioner's training: the loss of its words, and how many of them are right on held-out images.

The captions are made of labels and factors, by one table of all that there can be.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.data.captions import BACKGROUND_WORDS, HELD_OUT, HUE_WORDS, LONGEST, SIZE_WORDS, WORDS, caption, numbers
from ppgn_bench.data.shapes import SHAPE_NAMES
from ppgn_bench.training.batches import Passes
from ppgn_bench.training.objectives import Material, Noise, Terms

FACTORS = ("background", "hue", "size")  # columns of a batch's factors, as the entry of shapes has them
PATCHES = 8  # points a side of the noise of whole regions
SIZES = (-1, 0, 1, 2)  # the first: nobody can tell
# What can stand where a caption names something: of a middle size it says nothing, and a hue follows.
CHOICES: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "size": (*((word,) for word in SIZE_WORDS.values()), HUE_WORDS),
        "hue": tuple((word,) for word in HUE_WORDS),
        "shape": tuple((name.split()[0],) for name in SHAPE_NAMES),
        "background": tuple((word,) for word in BACKGROUND_WORDS),
    }
)


@cache
def _table() -> Tensor:
    """Numbers of the words of every caption [shape, hue, background, size + 1, T]."""
    counts = (len(SHAPE_NAMES), len(HUE_WORDS), len(BACKGROUND_WORDS), len(SIZES))
    captions = [
        numbers(caption(shape, {"hue": hue, "background": background, "size": size}))
        for shape in range(counts[0]) for hue in range(counts[1]) for background in range(counts[2]) for size in SIZES
    ]  # fmt: skip
    return torch.tensor(captions).view(*counts, LONGEST + 1)


@cache
def _new() -> Tensor:
    """Which combinations no captioner learns from [shape, hue]."""
    held_out = torch.zeros(len(SHAPE_NAMES), len(HUE_WORDS), dtype=torch.bool)
    held_out[tuple(zip(*HELD_OUT, strict=True))] = True
    return held_out


def captions(batch: Material) -> tuple[Tensor, Tensor]:
    """Words of each image's caption int64 [n, T]; and whether its shape and hue are held out together, bool [n].

    Raises ValueError for images without the factors background, hue and size.
    """
    if batch.factors is None or batch.factors.shape[1:] != (len(FACTORS),):
        raise ValueError(f"factors: captions are made of {', '.join(FACTORS)}, which these images lack")
    background, hue, size = batch.factors.unbind(1)
    table, new = _table().to(batch.labels.device), _new().to(batch.labels.device)
    return table[batch.labels, hue, background, size + 1], new[batch.labels, hue]


def counted(words: Tensor) -> Tensor:
    """Which words of captions count: up to the first <end>, which is one. words [n, T] -> bool [n, T]."""
    ended = words == 0
    return ended.cumsum(1) - ended.long() == 0


def words(network: nn.Module, batch: Material, noise: Noise) -> Terms:
    """Cross entropy of a word, the mean over the words that count, of images whose combination is not held out.

        -log p(word | words before, x)

    The images are `disturbed` by the recipe's noise.
    """
    own, new = captions(batch)
    weights = counted(own) & ~new[:, None]
    logits = network(disturbed(batch.images, noise), own)
    losses = F.cross_entropy(logits.flatten(0, 1), own.flatten(), reduction="none")
    return {"words": (losses * weights.flatten()).sum() / weights.sum().clamp_min(1)}


def disturbed(images: Tensor, noise: Noise) -> Tensor:
    """Images with two kinds of noise: "image", of each pixel, and "patch", that of PATCHES x PATCHES points between
    which it is smooth; of each an image gets a share of its own, 0 to all.

    What steers must also know images that a generator half draws. Those differ from real ones in whole regions.
    """
    count, channels, *side = images.shape
    patches = noise(images.new_zeros(count, channels, PATCHES, PATCHES), "patch")
    smooth = F.interpolate(patches, size=side, mode="bilinear")
    shares = torch.rand(2, count * noise.of, 1, 1, 1, generator=noise.rng, device=images.device)
    shares = noise.own(shares, axis=1)
    return images + shares[0] * smooth + shares[1] * noise(torch.zeros_like(images), "image")


def told(network: nn.Module, held_out: Passes, train: Passes, noise: Noise) -> Terms:
    """Share of held-out images of which the captioner knows a word that names something, given the words before it.

    "accuracy.size", "accuracy.hue", "accuracy.shape", "accuracy.background", and their mean "accuracy", of images whose
    shape and hue it learnt together; and the same as "new_accuracy" of those whose combination it never saw. Words that
    every caption has are not counted: they are right without a look.
    """
    seen = [(network(part.images, captions(part)[0]), *captions(part)) for part in held_out]
    logits, own, new = (torch.cat(parts) for parts in zip(*seen, strict=True))
    terms: Terms = {}
    for name, chosen in (("accuracy", ~new), ("new_accuracy", new)):
        shares = {kind: right[chosen].double().mean() for kind, right in known(logits, own).items()}
        terms |= {name: torch.stack([*shares.values()]).mean()}
        terms |= {f"{name}.{kind}": share for kind, share in shares.items()}
    return terms


def known(logits: Tensor, words: Tensor) -> dict[str, Tensor]:
    """Kind of word -> of which captions it is known: the right one is the likeliest of its kind, at its place.

    logits [n, T, word], words of captions of the grammar [n, T] -> bool [n].
    """
    sized = torch.isin(words[:, 1], _numbers(*SIZE_WORDS.values()).to(words.device)).long()
    ends = counted(words).sum(1)
    places = {"size": torch.ones_like(sized), "hue": sized + 1, "shape": sized + 2, "background": ends - 3}
    found = {}
    for kind, place in places.items():
        rows = torch.arange(len(words), device=words.device)
        choices = [_numbers(*choice).to(words.device) for choice in CHOICES[kind]]
        scores = torch.stack([logits[rows, place][:, choice].logsumexp(1) for choice in choices], 1)
        right = torch.stack([torch.isin(words[rows, place], choice) for choice in choices], 1)
        found[kind] = right.gather(1, scores.argmax(1, keepdim=True)).squeeze(1)
    return found


def _numbers(*words: str) -> Tensor:
    return torch.tensor([WORDS.index(word) for word in words])

"""Conditions: log p(y | x), the expert that says what an image should show (Eq. 2).

A condition takes images [chain, channel, height, width], the chains' targets (value -> tensor [chain, ...], see
`targets`) and the networks that it needs, each by its role: the names of its other parameters. It gives a log
probability [chain], natural logarithm; the update takes its gradient. Several experts are a sum, each with a weight.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ppgn_bench.sampling.outputs import conv5_of, factors_of, layer_of, logits_of

JITTER, JITTERED_SIDE = 1, 28  # pixels, and of what side; larger images are shifted by as many times as they are larger

Target = Mapping[str, Tensor]
Network = Callable[..., Any]
Condition = Callable[..., Tensor]  # (images, target, a network for each role) -> [chain]


def class_log_prob(logits: Tensor, labels: Tensor) -> Tensor:
    """Log probability of each chain's own class: the expert p(y | x) of Eq. 3.

        log p(y | x) = logits[y] - logsumexp(logits)

    logits [chain, class], labels [chain] -> [chain], natural logarithm. Raises IndexError for a label outside the
    classes (a card: an error of torch's). Its gradient also pushes the other classes down; the released code keeps only
    the target's part.
    """
    if _outside(labels, logits.shape[1]):
        raise IndexError(f"labels must be in 0..{logits.shape[1] - 1}, got {labels.min()}..{labels.max()}")
    return torch.log_softmax(logits, 1).gather(1, labels[:, None]).squeeze(1)


def _outside(places: Tensor, size: float) -> bool:
    """Whether some of the places are none of 0..size - 1. A card, whose answer every step would wait for, is told to
    stop by itself instead, with an error of torch's.
    """
    outside = ((places < 0) | (places >= size)).any()
    if places.device.type == "cpu":
        return bool(outside)
    torch._assert_async(~outside, f"places of a target must be in 0..{size - 1}")
    return False


def own_class(images: Tensor, target: Target, condition: Network) -> Tensor:
    """Each chain wants its own class."""
    return class_log_prob(logits_of(condition(images)), target["label"])


def own_values(images: Tensor, target: Target, factors: Network) -> Tensor:
    """Each chain wants its own value of every factor that its target names, as the stroke's thickness and slant.

        sum over factors of log p(value | x)

    target: a factor's name -> values [chain], -1 for chains that ask nothing of it. factors: a network whose `logits`
    are by factor, name -> [chain, value]: another network than the one that the generator was trained with, on labels
    that it never saw (Sec. 4). Raises ValueError where the target names none of its factors.
    """
    logits = factors_of(factors(images))
    named = {name: target[name] for name in logits if name in target}
    if not named:
        raise ValueError(f"target names {', '.join(target) or 'nothing'}; the factors are {', '.join(logits)}")
    each = [class_log_prob(logits[name], values.clamp_min(0)).where(values >= 0, 0.0) for name, values in named.items()]
    return torch.stack(each).sum(0)


def hidden_unit(images: Tensor, target: Target, condition: Network) -> Tensor:
    """Each chain wants a unit of a convolution layer to fire more than the layer's other channels at its place (Sec.
    4.3): the softmax over the channels.

        log p = a[channel, row, column] - logsumexp over channels of a[., row, column]

    target: channel, row, column [chain]; `condition` gives the layer's activations as h1 [chain, channel, row, column].
    Raises IndexError for a place or a channel outside the layer.
    """
    there = _at_place(layer_of(condition(images)), target)
    if _outside(target["channel"], there.shape[1]):
        raise IndexError(f"channels must be in 0..{there.shape[1] - 1}, got {target['channel'].tolist()}")
    return class_log_prob(there, target["channel"])


def unit_activation(images: Tensor, target: Target, condition: Network) -> Tensor:
    """How much each chain's own unit fires, as `hidden_unit` names it [chain]; in units of the layer, of mean 1."""
    return _at_place(layer_of(condition(images)), target).gather(1, target["channel"][:, None]).squeeze(1)


def conv5_activation(images: Tensor, target: Target, condition: Network) -> Tensor:
    """How much each chain's own unit of conv5 fires, before its ReLU, as `target_unit` names it [chain]."""
    return _at_place(conv5_of(condition(images)), target).gather(1, target["channel"][:, None]).squeeze(1)


def _at_place(layer: Tensor, target: Target) -> Tensor:
    """Activations of the layer's channels at each chain's row and column [chain, channel]."""
    for name, size in zip(("row", "column"), layer.shape[2:], strict=True):
        if _outside(target[name], size):
            raise IndexError(f"{name}s must be in 0..{size - 1}, got {target[name].tolist()}")
    chains = torch.arange(len(layer), device=layer.device)
    found: Tensor = layer[chains, :, target["row"], target["column"]]
    return found


# ---------------------------------------------------------------------------------------------- contexts: inpainting


def known_pixels(images: Tensor, target: Target) -> Tensor:
    """Each chain's image should have the known pixels of a real one: the context of Eq. 12.

        - sum over known pixels and channels of (G(h) - x)^2

    target: context x [chain, channel, height, width], known [chain, 1, height, width], 1 around the hole, 0 in it. Up
    to a constant it is the log probability of x under a Gaussian of variance 1 / 2. -> [chain]. Raises ValueError for a
    context, or a mask, of another size.
    """
    _require_context(images, target)
    return -(((images - target["context"]) * target["known"]) ** 2).flatten(1).sum(1)


def composed(images: Tensor, target: Target) -> Tensor:
    """What condition and encoder see of an image that has a context: its pixels in the hole, the real ones around [C].

    So the condition's gradient comes from the hole alone. Images without a context are seen as they are. Raises
    ValueError as `known_pixels`.
    """
    if "known" not in target and "context" not in target:
        return images
    _require_context(images, target)
    return torch.where(target["known"] > 0, target["context"], images)


def _require_context(images: Tensor, target: Target) -> None:
    """Refuse a context or a mask that would be stretched over the images, or is missing."""
    chains, _, *size = images.shape
    for name, shape in {"context": tuple(images.shape), "known": (chains, 1, *size)}.items():
        if name not in target:
            raise ValueError(
                f"target[{name!r}]: is missing; a context is real images, and where their pixels are known"
            )
        if (found := target[name]).shape != shape or not found.is_floating_point():
            got = f"{tuple(found.shape)} of {str(found.dtype).removeprefix('torch.')}"
            raise ValueError(f"target[{name!r}]: must be {shape} of floats in [0, 1], got {got}")


def caption_log_prob(logits: Tensor, words: Tensor) -> Tensor:
    """Log probability of each chain's own caption, the sum over its words up to the first <end>, which is one:

        log p(y | x) = sum over t of log p(word_t | words before, x)

    logits [chain, T, word], of a network that was told the words; words [chain, T], 0 is <end> -> [chain], natural
    logarithm. What follows the <end> counts nothing; a caption without one is all T words. Raises IndexError for a
    number that is no word's.
    """
    if _outside(words, logits.shape[2]):
        raise IndexError(f"words must be in 0..{logits.shape[2] - 1}, got {words.min()}..{words.max()}")
    each = torch.log_softmax(logits, 2).gather(2, words[:, :, None]).squeeze(2)
    ended = (words == 0).cumsum(1) - (words == 0).long()  # ends before
    return each.where(ended == 0, 0.0).sum(1)


def caption(images: Tensor, target: Target, captioner: Network) -> Tensor:
    """Each chain wants its own caption: "words" [chain, T] of its target, numbers of `data.captions.WORDS`.

    Raises ValueError for words that are no such numbers: `data.captions.numbers` makes them of a text.
    """
    words = target["words"]
    if words.dim() != 2 or words.is_floating_point() or _outside(words, math.inf):
        raise ValueError(f"words must be numbers [chain, T], got {tuple(words.shape)} of {words.dtype}")
    return caption_log_prob(captioner(images, words), words)


# ------------------------------------------------------- the same log probability, with the gradients of released code


def target_only(images: Tensor, target: Target, condition: Network) -> Tensor:
    """Each chain wants its own class, with the gradient of the released PPGN sampler [C].

        d / d logits = 1 - p(y | x) at y, 0 elsewhere

    The value is log p(y | x): the logits of the other classes are held, so that none of them is pushed down.
    """
    logits, labels = logits_of(condition(images)), target["label"]
    own = torch.arange(logits.shape[1], device=logits.device) == labels[:, None]
    return class_log_prob(torch.where(own, logits, logits.detach()), labels)


def target_unit(images: Tensor, target: Target, condition: Network) -> Tensor:
    """Each chain wants a unit of conv5 to fire more than the other channels at its place, with the gradient of the
    released PPGN sampler, and before its ReLU, where that reads it [C].

        d / d activations = 1 - p at the unit, 0 elsewhere,  p = softmax over the channels

    The value is log p. target: as of `hidden_unit`; `condition` gives conv5 [chain, channel, row, column].
    """
    there = _at_place(conv5_of(condition(images)), target)
    own = torch.arange(there.shape[1], device=there.device) == target["channel"][:, None]
    return class_log_prob(torch.where(own, there, there.detach()), target["channel"])


def raw_logit(images: Tensor, target: Target, condition: Network) -> Tensor:
    """Each chain wants its own class, with the gradient of DGN-AM's own code: that of the raw logit [C].

        d / d logits = 1 at y, 0 elsewhere

    The value is log p(y | x): the normaliser is held, so that the pull does not fade as p(y | x) nears 1.
    """
    logits, labels = logits_of(condition(images)), target["label"]
    held = logits.detach()
    return class_log_prob(held, labels) + (logits - held).gather(1, labels[:, None]).squeeze(1)


# ------------------------------------------------------------------------ views: how the condition looks at an image


def as_is(images: Tensor, step: int) -> Tensor:
    """The images themselves."""
    return images


def jittered(images: Tensor, step: int) -> Tensor:
    """Images shifted by up to a pixel each way, of 224 by up to 8 (Sec. 2.2): the gradient comes back through the
    shift, to its place.

    The shift is cyclic, the same for all chains and keyed by the step alone. images [n, channel, height, width].
    """
    most = JITTER * max(1, images.shape[-1] // JITTERED_SIDE)
    shift = torch.randint(-most, most + 1, (2,), generator=torch.Generator().manual_seed(step))
    return torch.roll(images, shift.tolist(), (2, 3))

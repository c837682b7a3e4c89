"""Conditions: log p(y | x), the expert that says what an image should show (Eq. 2).

A condition maps (images, activations of the classifier) to a log probability [chain], natural logarithm.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

JITTER = 1  # pixels

Condition = Callable[[Tensor, Any], Tensor]


def class_log_prob(logits: Tensor, labels: Tensor) -> Tensor:
    """Log probability of each chain's own class: the expert p(y | x) of Eq. 3.

        log p(y | x) = logits[y] - logsumexp(logits)

    logits [chain, class], labels [chain] -> [chain], natural logarithm. Raises IndexError for a label outside the
    classes. Its gradient also pushes the other classes down; the released code keeps only the target's part.
    """
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise IndexError(f"labels must be in 0..{logits.shape[1] - 1}, got {labels.min()}..{labels.max()}")
    return torch.log_softmax(logits, 1).gather(1, labels[:, None]).squeeze(1)


def own_class(labels: Tensor) -> Condition:
    """Each chain wants its own class; labels [chain]."""
    return lambda images, activations: class_log_prob(activations.logits, labels)


# ------------------------------------------------------- the same log probability, with the gradients of released code


def target_only(labels: Tensor) -> Condition:
    """Each chain wants its own class, with the gradient of the released PPGN sampler [C]. labels [chain].

        d / d logits = 1 - p(y | x) at y, 0 elsewhere

    The value is log p(y | x): the logits of the other classes are held, so that none of them is pushed down.
    """

    def log_prob(images: Tensor, activations: Any) -> Tensor:
        """Log p(y | x), whose gradient stops at the other classes."""
        logits = activations.logits
        own = torch.arange(logits.shape[1], device=logits.device) == labels[:, None]
        return class_log_prob(torch.where(own, logits, logits.detach()), labels)

    return log_prob


def raw_logit(labels: Tensor) -> Condition:
    """Each chain wants its own class, with the gradient of DGN-AM's own code: that of the raw logit [C].

        d / d logits = 1 at y, 0 elsewhere

    The value is log p(y | x): the normaliser is held, so that the pull does not fade as p(y | x) nears 1. labels
    [chain].
    """

    def log_prob(images: Tensor, activations: Any) -> Tensor:
        """Log p(y | x), whose gradient stops at the normaliser."""
        logits = activations.logits
        held = logits.detach()
        return class_log_prob(held, labels) + (logits - held).gather(1, labels[:, None]).squeeze(1)

    return log_prob


# ----------------------------------------------------------------------- views: how the classifier looks at an image


def as_is(images: Tensor, step: int) -> Tensor:
    """The images themselves."""
    return images


def jittered(images: Tensor, step: int) -> Tensor:
    """Images shifted by up to a pixel each way (Sec. 2.2): the gradient comes back through the shift, to its place.

    The shift is cyclic, the same for all chains and keyed by the step alone. images [n, channel, height, width].
    """
    shift = torch.randint(-JITTER, JITTER + 1, (2,), generator=torch.Generator().manual_seed(step))
    return torch.roll(images, shift.tolist(), (2, 3))

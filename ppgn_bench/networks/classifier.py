"""Encoder E and class condition C in one network."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.networks.normalised import BatchNorm1d
from ppgn_bench.networks.options import ClassifierOptions
from ppgn_bench.networks.seeing import Seeing
from ppgn_bench.networks.sizes import Sizes

POOLED = 4  # the auxiliary head regresses the image pooled to 4 x 4


class Activations(NamedTuple):
    """What one pass of the classifier makes: h1 = E1(x), code h = E2(h1), class logits, and the pooled image."""

    h1: Tensor  # [n, channel, height, width]
    code: Tensor  # [n, code]
    logits: Tensor  # [n, class]
    pooled: Tensor  # [n, channel * 16]


class Classifier(nn.Module):
    """Encoder E = E2 after E1 and class condition C: one network, as the paper's CaffeNet with fc6 and fc8.

    The head `pooled` regresses the pooled image, to keep in the code what the class would drop: hue, background, place.
    In training the class sees half of the code (dropout, as on CaffeNet's fc6), the head all of it. The code is
    normalised before its ReLU: without, half of its units never fire (docs/networks.md).
    """

    options_class = ClassifierOptions

    def __init__(self, sizes: Sizes, options: ClassifierOptions) -> None:
        super().__init__()
        widths = options.channels(sizes)
        layers: list[nn.Module] = []
        strides = (*(2 for _ in widths[1:]), 1)  # the last halving is the pooling's
        for width_in, width, stride in zip((sizes.channels, *widths), widths, strides, strict=False):
            layers += [nn.Conv2d(width_in, width, 3, stride=stride, padding=1), nn.ReLU(inplace=True)]
        self.e1 = nn.Sequential(*layers[:-1], nn.MaxPool2d(2), nn.ReLU(inplace=True))  # as ReLU first, but faster
        side = options.side(sizes)
        for _ in widths[1:]:
            side = (side + 1) // 2
        self.e2 = nn.Linear(widths[-1] * (side // 2) ** 2, options.code_size, bias=not options.normalised)
        self.norm = BatchNorm1d(options.code_size) if options.normalised else None
        with torch.no_grad():
            self.last.bias.add_(options.bias)
        self.classes = nn.Linear(options.code_size, sizes.num_classes)
        self.pooled = nn.Linear(options.code_size, sizes.channels * POOLED**2)
        self.seeing, self.dropout = Seeing(options), options.dropout

    @property
    def last(self) -> nn.Linear | nn.BatchNorm1d:
        """What gives the code before its ReLU."""
        return self.e2 if self.norm is None else self.norm

    def first(self, images: Tensor) -> Tensor:
        """E1: images [n, channel, height, width] in [0, 1] -> h1."""
        return self.e1(self.seeing(images))

    def encode(self, h1: Tensor) -> Tensor:
        """E2: h1 [n, channel, height, width] -> code [n, code], after the ReLU."""
        values = self.e2(h1.movedim(1, -1).flatten(1))  # channels last, as it lies in memory: no copy
        return F.relu(values if self.norm is None else self.norm(values))

    def scale(self, h1_mean: Tensor, code_mean: Tensor) -> None:
        """Divide h1 and h by their means, by what gives them; nothing else changes."""
        last = next(m for m in reversed(list(self.e1)) if isinstance(m, nn.Conv2d))
        last.weight.div_(h1_mean)
        last.bias.div_(h1_mean)  # type: ignore[union-attr]  # every convolution here has a bias
        self.e2.weight.mul_(h1_mean)
        self.last.weight.div_(code_mean)
        self.last.bias.div_(code_mean)
        for head in (self.classes, self.pooled):
            head.weight.mul_(code_mean)

    def forward(self, images: Tensor) -> Activations:
        """One pass that serves prior and condition alike."""
        h1 = self.first(images)
        code = self.encode(h1)
        kept = F.dropout(code, self.dropout, self.training)
        return Activations(h1, code, self.classes(kept), self.pooled(code))


@torch.no_grad()
def rescale(network: Any, batches: Iterable[Tensor]) -> None:
    """Scale a network that gives `Activations` so that h1 and h have a mean (absolute) activation of 1 over the batches
    of images; nothing else changes.

    ReLU and pooling pass a factor on and the next layer undoes it. Epsilons then mean the same on every encoder. The
    network says how: its `scale(h1_mean, code_mean)`.
    """
    sums, count = torch.zeros(2, dtype=torch.float64), 0
    for images in batches:
        activations = network(images)
        means = torch.stack([activations.h1.abs().mean(), activations.code.mean()]).double().cpu()
        sums, count = sums + len(images) * means, count + len(images)
    network.scale(*(sums / count).float().to(network.classes.weight.device))

"""Networks that tell factors: what an image shows beside its class, as the width of a stroke or a hue.

One steers and one judges, of different families. No generator or encoder was trained on what they tell.
"""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.networks.factor_options import FactorsOptions, ResidualFactorsOptions
from ppgn_bench.networks.judge import SLOPE, residual_trunk
from ppgn_bench.networks.seeing import Seeing
from ppgn_bench.networks.sizes import Sizes


class FactorLogits(NamedTuple):
    """What is said of images: factor -> logits of its values, in the order of the data set's entry."""

    logits: dict[str, Tensor]  # each [n, value]
    features: Tensor  # [n, feature]


def answers(logits: Tensor) -> Tensor:
    """The value that images have of a factor, where a network is sure enough to say; -1 where it is not [n].

        sure: max q > (1 + 1 / values) / 2,  half of the way from a guess to certainty

    logits [n, value]. An instrument may say nothing: to noise the likeliest value would be an answer, too.
    """
    surest, value = logits.softmax(1).max(1)
    return torch.where(surest > (1 + 1 / logits.shape[1]) / 2, value, -1)


class FactorHeads(nn.Module):
    """Features of a trunk's output [n, inputs], and from these a linear head a factor."""

    def __init__(self, inputs: int, features: int, sizes: Sizes) -> None:
        super().__init__()
        self.features = nn.Linear(inputs, features)
        self.heads = nn.ModuleDict({name: nn.Linear(features, values) for name, values in sizes.factors.items()})

    def forward(self, seen: Tensor) -> FactorLogits:
        """Trunk's output -> the logits of every factor, and the features."""
        features = F.leaky_relu(self.features(seen), SLOPE)
        return FactorLogits({name: head(features) for name, head in self.heads.items()}, features)


class Factors(nn.Module):
    """Strided convolutions and a head a factor: the condition of chains that are steered to factors, once a step."""

    options_class = FactorsOptions

    def __init__(self, sizes: Sizes, options: FactorsOptions) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for place, (width_in, width) in enumerate(pairwise((sizes.channels, *options.widths))):
            kernel = 3 if place else 5
            layers += [nn.Conv2d(width_in, width, kernel, stride=2, padding=kernel // 2), nn.LeakyReLU(SLOPE)]
        self.trunk = nn.Sequential(*layers, nn.Flatten())
        self.heads = FactorHeads(options.numbers(sizes), options.features, sizes)
        self.seeing = Seeing(options)

    def forward(self, images: Tensor) -> FactorLogits:
        """Images [n, channel, height, width] in [0, 1] -> what it says of them."""
        said: FactorLogits = self.heads(self.trunk(self.seeing(images)))
        return said


class ResidualFactors(nn.Module):
    """A small residual network with a head a factor: the judge of factors, which never steers."""

    options_class = ResidualFactorsOptions

    def __init__(self, sizes: Sizes, options: ResidualFactorsOptions) -> None:
        super().__init__()
        self.trunk, seen = residual_trunk(sizes, options)
        self.heads = FactorHeads(seen, options.features, sizes)
        self.seeing = Seeing(options)

    def forward(self, images: Tensor) -> FactorLogits:
        """Images [n, channel, height, width] in [0, 1] -> what it says of them."""
        said: FactorLogits = self.heads(self.trunk(self.seeing(images)))
        return said

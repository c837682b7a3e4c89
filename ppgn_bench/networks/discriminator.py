"""The discriminator D, which plays against a generator while it trains."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from ppgn_bench.networks.generator import SLOPE
from ppgn_bench.networks.options import DiscriminatorOptions
from ppgn_bench.networks.seeing import Seeing
from ppgn_bench.networks.sizes import Sizes


class Discriminator(nn.Module):
    """D: is the image real? With `sees_code`: given its code, as in a port of the authors' training files."""

    options_class = DiscriminatorOptions

    def __init__(self, sizes: Sizes, options: DiscriminatorOptions) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        widths = (sizes.channels, *options.channels(sizes))
        side = options.side(sizes)
        for width_in, width in pairwise(widths):
            layers += [nn.Conv2d(width_in, width, 3, stride=2, padding=1), nn.LeakyReLU(SLOPE)]
            side = (side + 1) // 2
        self.image = nn.Sequential(*layers, nn.Flatten())
        self.joined = nn.Sequential(
            nn.Linear(widths[-1] * side * side + sizes.code_size * options.sees_code, options.hidden),
            nn.LeakyReLU(SLOPE),
            nn.Linear(options.hidden, 1),
        )
        self.seeing, self.sees_code = Seeing(options), options.sees_code

    def features(self, images: Tensor) -> Tensor:
        """Images -> what the convolutions see in them [n, feature], before any code."""
        return self.image(self.seeing(images))

    def forward(self, images: Tensor, codes: Tensor) -> Tensor:
        """Images and their codes -> logits [n] of being real."""
        features = self.features(images)
        return self.joined(torch.cat([features, codes], 1) if self.sees_code else features).squeeze(1)

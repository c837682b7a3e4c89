"""The discriminator D, which plays against a generator while it trains."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from ppgn_bench.networks.generator import SLOPE
from ppgn_bench.networks.sizes import Sizes


class Discriminator(nn.Module):
    """D: is the image real, given its code? It sees both, as in a port of the authors' training files."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        widths = (sizes.channels, *(12 * 2**k for k in range(len(sizes.generator_widths))))
        for width_in, width in pairwise(widths):
            layers += [nn.Conv2d(width_in, width, 3, stride=2, padding=1), nn.LeakyReLU(SLOPE)]
        self.image = nn.Sequential(*layers, nn.Flatten())
        side = sizes.image_size // 2 ** len(sizes.generator_widths)
        self.joined = nn.Sequential(
            nn.Linear(widths[-1] * side * side + sizes.code_size, 64), nn.LeakyReLU(SLOPE), nn.Linear(64, 1)
        )

    def forward(self, images: Tensor, codes: Tensor) -> Tensor:
        """Images and their codes -> logits [n] of being real."""
        return self.joined(torch.cat([self.image(images), codes], 1)).squeeze(1)

"""The discriminator D of the paper, which plays against its generator, as a port of the authors' files has it [P]."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from ppgn_bench.networks.generator import SLOPE
from ppgn_bench.networks.paper_options import DISCRIMINATOR_KERNELS, PaperDiscriminatorOptions
from ppgn_bench.networks.seeing import Seeing
from ppgn_bench.networks.sizes import Sizes


class PaperDiscriminator(nn.Module):
    """D: a branch for the image, pooled over all places, one for its code, and what joins them to two units.

    The two units are the logits of real and of drawn; their difference is the one logit of being real. Convolutions are
    not padded, since no source says so; the pooling takes whatever size is left.
    """

    options_class = PaperDiscriminatorOptions

    def __init__(self, sizes: Sizes, options: PaperDiscriminatorOptions) -> None:
        super().__init__()
        widths = pairwise((sizes.channels, *options.widths))
        layers: list[nn.Module] = []
        for (width_in, width), (kernel, stride) in zip(widths, DISCRIMINATOR_KERNELS, strict=True):
            layers += [nn.Conv2d(width_in, width, kernel, stride=stride), nn.LeakyReLU(SLOPE)]
        self.image = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.code = nn.Sequential()
        for units_in, units in pairwise((sizes.code_size, *options.code_widths)) if options.sees_code else ():
            self.code.extend([nn.Linear(units_in, units), nn.LeakyReLU(SLOPE)])
        self.joined = nn.Sequential(
            nn.Dropout(options.dropout),
            nn.Linear(options.widths[-1] + options.code_widths[-1] * options.sees_code, options.hidden),
            nn.LeakyReLU(SLOPE),
            nn.Dropout(options.dropout),
            nn.Linear(options.hidden, 2),
        )
        self.seeing, self.sees_code = Seeing(options), options.sees_code

    def features(self, images: Tensor) -> Tensor:
        """Images -> what the convolutions see in them [n, feature], before any code."""
        return self.image(self.seeing(images))

    def forward(self, images: Tensor, codes: Tensor) -> Tensor:
        """Images and their codes -> logits [n] of being real."""
        features = self.features(images)
        real, drawn = self.joined(torch.cat([features, self.code(codes)], 1) if self.sees_code else features).unbind(1)
        return real - drawn

"""The VAE-GAN (Larsen et al. 2016): a generator whose codes are N(0, I) beforehand, and what gives an image's code."""

from itertools import pairwise
from typing import NamedTuple

from torch import Tensor, nn

from ppgn_bench.networks.generator import Generator
from ppgn_bench.networks.options import VariationalOptions
from ppgn_bench.networks.sizes import Sizes


class Posterior(NamedTuple):
    """q(z | x), a Gaussian with a variance of its own in each unit of the code."""

    mean: Tensor  # [n, code]
    log_variance: Tensor  # [n, code]

    def draw(self, noise: Tensor) -> Tensor:
        """Codes from standard normal numbers [n, code], so that gradients reach both parameters."""
        return self.mean + (self.log_variance / 2).exp() * noise


class Variational(nn.Module):
    """G, the same architecture as every generator here, and beside it the encoder of a VAE; samplers use G alone."""

    options_class = VariationalOptions

    def __init__(self, sizes: Sizes, options: VariationalOptions) -> None:
        super().__init__()
        self.generator = Generator(sizes, options)
        widths, side = options.of_encoder(sizes), sizes.image_size
        layers: list[nn.Module] = []
        for width_in, width in pairwise((sizes.channels, *widths)):
            layers += [nn.Conv2d(width_in, width, 3, stride=2, padding=1), nn.ReLU(inplace=True)]
            side = (side + 1) // 2
        self.trunk = nn.Sequential(*layers, nn.Flatten())
        self.parameters_of_code = nn.Linear(widths[-1] * side * side, 2 * sizes.code_size)

    def posterior(self, images: Tensor) -> Posterior:
        """Images [n, channel, height, width] -> q(z | x)."""
        return Posterior(*self.parameters_of_code(self.trunk(images)).chunk(2, dim=1))

    def forward(self, codes: Tensor) -> Tensor:
        """G: codes [n, code] -> images [n, channel, height, width] in [0, 1]."""
        return self.generator(codes)

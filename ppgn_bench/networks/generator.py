"""The generator G."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.networks.options import GeneratorOptions
from ppgn_bench.networks.sizes import Sizes

SLOPE = 0.3  # of the leaky ReLUs in G and D; the released G's


class UpsampledConv2d(nn.Conv2d):
    """Nearest upsampling by 2 and a 3 x 3 convolution, in one convolution at the low resolution.

    The four pixels that upsampling makes of one see only its 3 x 3 neighbours: each has a 3 x 3 kernel of its own, sums
    of the original's taps. The same result to rounding, without ever writing the upsampled channels to memory.
    """

    # FOLD[phase, low, tap] is 1 where a tap falls on a low-resolution neighbour: even pixels, then the odd, mirrored.
    FOLD = torch.tensor([[[1.0, 0, 0], [0, 1, 1], [0, 0, 0]], [[0, 0, 0], [1, 1, 0], [0, 0, 1]]])

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__(channels_in, channels, 3, padding=1)
        self.register_buffer("fold", self.FOLD, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Images [n, channels_in, height, width] -> [n, channels, 2 height, 2 width]."""
        assert self.bias is not None
        kernels = torch.einsum("ayi,bxj,ocij->oabcyx", self.fold, self.fold, self.weight).flatten(0, 2)
        return F.pixel_shuffle(F.conv2d(images, kernels, self.bias.repeat_interleave(4), padding=1), 2)


class Generator(nn.Module):
    """G: code -> image. Dense and transposed convolutions; upsampling before the last one keeps checkerboards away."""

    options_class = GeneratorOptions

    def __init__(self, sizes: Sizes, options: GeneratorOptions) -> None:
        super().__init__()
        widths = options.channels(sizes)
        side = sizes.image_size // 2 ** len(widths)
        self.shape = (side, side, widths[0])  # channels last, as the convolutions want it: no copy
        layers: list[nn.Module] = []
        for width_in, width in pairwise(widths):
            layers += [nn.ConvTranspose2d(width_in, width, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE, inplace=True)]
        self.dense = nn.Sequential(
            nn.Linear(sizes.code_size, options.hidden),
            nn.LeakyReLU(SLOPE, inplace=True),
            nn.Linear(options.hidden, self.shape[0] * self.shape[1] * self.shape[2]),
            nn.LeakyReLU(SLOPE, inplace=True),
        )
        self.image = nn.Sequential(*layers, UpsampledConv2d(widths[-1], sizes.channels), nn.Sigmoid())

    def forward(self, codes: Tensor) -> Tensor:
        """Codes [n, code] -> images [n, channel, height, width] in [0, 1]."""
        return self.image(self.dense(codes).unflatten(1, self.shape).movedim(-1, 1))

"""The denoising autoencoders R_x of images and R_h of codes."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.networks.options import CodeDenoiserOptions, ImageDenoiserOptions
from ppgn_bench.networks.sizes import Sizes


class ImageDenoiser(nn.Module):
    """R_x: a noisy image -> the clean one. Half resolution in the middle, a skip at full resolution."""

    options_class = ImageDenoiserOptions

    def __init__(self, sizes: Sizes, options: ImageDenoiserOptions) -> None:
        super().__init__()
        fine, coarse = options.widths
        self.fine = nn.Conv2d(sizes.channels, fine, 3, padding=1)
        self.coarse = nn.Sequential(
            nn.Conv2d(fine, coarse, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(coarse, coarse, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(coarse, coarse, 3, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(coarse, fine, 4, stride=2, padding=1),
        )
        self.last = nn.Conv2d(fine, sizes.channels, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Images -> images, the noise's estimate taken off."""
        fine = F.relu(self.fine(images))
        return images + self.last(F.relu(fine + self.coarse(fine)))


class CodeDenoiser(nn.Sequential):
    """R_h of PPGN-h: fully connected layers, narrow in the middle, as summaries of the paper describe it [S].

    They estimate the noise, which is taken off: asked for the code itself, the narrow one would lose more of it than
    there is noise. What comes out is no more negative than codes are (docs/networks.md).
    """

    options_class = CodeDenoiserOptions

    def __init__(self, sizes: Sizes, options: CodeDenoiserOptions) -> None:
        layers: list[nn.Module] = []
        for width_in, width in pairwise(options.units(sizes)):
            layers += [nn.Linear(width_in, width), nn.ReLU()]
        super().__init__(*layers[:-1])

    def forward(self, codes: Tensor) -> Tensor:
        """Codes -> codes, the noise's estimate taken off."""
        noise: Tensor = super().forward(codes)  # type: ignore[no-untyped-call]
        return F.relu(codes - noise)

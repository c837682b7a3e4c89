"""The denoising autoencoders R_x of images and R_h of codes."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.networks.sizes import Sizes


class ImageDenoiser(nn.Module):
    """R_x: a noisy image -> the clean one. Half resolution in the middle, a skip at full resolution."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.fine = nn.Conv2d(sizes.channels, 24, 3, padding=1)
        self.coarse = nn.Sequential(
            nn.Conv2d(24, 48, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(48, 48, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(48, 48, 3, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(48, 24, 4, stride=2, padding=1),
        )
        self.last = nn.Conv2d(24, sizes.channels, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Images -> images, the noise's estimate taken off."""
        fine = F.relu(self.fine(images))
        return images + self.last(F.relu(fine + self.coarse(fine)))


class CodeDenoiser(nn.Sequential):
    """R_h of PPGN-h: seven fully connected layers, narrow in the middle, as summaries of the paper describe it [S]."""

    def __init__(self, sizes: Sizes) -> None:
        code = sizes.code_size
        widths = (code, 4 * code, 2 * code, code, code // 2, code, 2 * code, code)
        layers: list[nn.Module] = []
        for width_in, width in pairwise(widths):
            layers += [nn.Linear(width_in, width), nn.ReLU()]
        super().__init__(*layers[:-1])  # a ReLU on the output would leave dead outputs dead

"""How a network looks at images: cropped and normalised, inside the network, so that gradients pass through it."""

import torch
from torch import Tensor, nn

from ppgn_bench.networks.options import SeeingOptions


class Seeing(nn.Module):
    """Images in [0, 1] -> what the first layer sees: the middle of the image, (x - mean) / std of each channel."""

    mean: Tensor  # [channel or 1, 1, 1], as std
    std: Tensor

    def __init__(self, options: SeeingOptions) -> None:
        super().__init__()
        self.crop = options.crop
        self.normalises = any(options.mean) or set(options.std) != {1.0}
        for name, values in (("mean", options.mean), ("std", options.std)):
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Images [n, channel, height, width] -> [n, channel, crop, crop]; as they are where nothing is asked for."""
        if self.crop and self.crop != images.shape[-1]:
            top = (images.shape[-1] - self.crop) // 2
            images = images[..., top : top + self.crop, top : top + self.crop]
        return (images - self.mean) / self.std if self.normalises else images


def zero_of(network: object) -> Tensor:
    """The colour that a network sees as zero, in images in [0, 1] [channel or 1, 1, 1]: its mean, or black where it has
    none.
    """
    seeing = getattr(network, "seeing", None)
    return seeing.mean if isinstance(seeing, Seeing) else torch.zeros(1, 1, 1)

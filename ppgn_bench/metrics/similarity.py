"""Structural similarity of pairs of images. It smooths by matrix products: convolutions, as torchmetrics has them, take
four times as long, and importing that library as long as measuring a seed of a sampler.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.floating]

REACH, DEVIATION = 5, 1.5  # of the Gaussian window in pixels, 11 x 11
LUMINANCE, CONTRAST = 0.01**2, 0.03**2  # c1 and c2 of images in [0, 1]


def structural_similarity(first: Array, second: Array) -> float:
    """SSIM (Wang et al. 2004), mean over pairs of images, channels and places.

        (2 m_x m_y + c1) (2 v_xy + c2) / ((m_x^2 + m_y^2 + c1) (v_x + v_y + c2))

    m, v: means and (co)variances under a Gaussian window, 11 x 11, sigma 1.5, images reflected at their border. first,
    second [n, channel, height, width] in [0, 1], at least 6 pixels a side. In double precision: in single precision
    the variance of an even ground is rounding.
    """
    import torch

    x, y = (torch.from_numpy(np.asarray(images, dtype=np.float64)) for images in (first, second))
    mean_x, mean_y = _smoothed(x), _smoothed(y)
    squares, product = mean_x**2 + mean_y**2, mean_x * mean_y
    variances, covariance = _smoothed(x**2 + y**2) - squares, _smoothed(x * y) - product
    above = (2 * product + LUMINANCE) * (2 * covariance + CONTRAST)
    return float((above / ((squares + LUMINANCE) * (variances + CONTRAST))).mean())


def _smoothed(images: "Tensor") -> "Tensor":
    """Means under the window, along rows and then along columns [n, channel, height, width]."""
    for _ in range(2):
        images = (images @ _window(images.shape[-1])).mT
    return images


def _window(side: int) -> "Tensor":
    """The matrix whose product is the Gaussian mean around each place of a row [side, side]."""
    import torch

    places = torch.arange(-REACH, side + REACH, dtype=torch.float64)
    apart = (places[:, None] - places[REACH:-REACH]).abs()
    weights = torch.exp(-((apart / DEVIATION) ** 2) / 2) * (apart <= REACH)
    reflected = (side - 1) - (side - 1 - places.abs()).abs().long()  # -1 is 1, side is side - 2
    return torch.zeros(side, side, dtype=torch.float64).index_add_(0, reflected, weights / weights.sum(0))

"""The judge: the held-out network of the metrics."""

from typing import NamedTuple

from torch import Tensor, nn

from ppgn_bench.networks.classifier import POOLED
from ppgn_bench.networks.sizes import Sizes


class Judgement(NamedTuple):
    """What the judge says of images; mode_logits is None where modes are unknown."""

    features: Tensor  # [n, 32]
    logits: Tensor  # [n, class]
    mode_logits: Tensor | None  # [n, mode]
    pooled: Tensor  # [n, channel * 16]


class Judge(nn.Module):
    """The held-out network of the metrics. It trains on images of its own and never trains or steers a sampler.

    Its 32 features stand where Inception's 2,048 stand in the field: narrow, so that a few hundred images fill them.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(sizes.channels, 24, 5, padding=2),
            nn.LeakyReLU(0.1),
            nn.AvgPool2d(2),
            nn.Conv2d(24, 48, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.AvgPool2d(2),
            nn.Conv2d(48, 64, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.Flatten(),
            nn.Linear(64 * (sizes.image_size // 4) ** 2, 32),
            nn.LeakyReLU(0.1),
        )
        self.classes = nn.Linear(32, sizes.num_classes)
        self.modes = nn.Linear(32, sizes.num_modes) if sizes.num_modes else None
        self.pooled = nn.Linear(32, sizes.channels * POOLED**2)

    def forward(self, images: Tensor) -> Judgement:
        """Images -> features, class logits and, where modes are known, mode logits."""
        features = self.trunk(images)
        modes = None if self.modes is None else self.modes(features)
        return Judgement(features, self.classes(features), modes, self.pooled(features))

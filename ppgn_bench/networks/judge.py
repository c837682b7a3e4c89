"""The judge: the held-out network of the metrics."""

from itertools import pairwise
from typing import NamedTuple

from torch import Tensor, nn

from ppgn_bench.networks.classifier import POOLED
from ppgn_bench.networks.options import JudgeOptions
from ppgn_bench.networks.seeing import Seeing
from ppgn_bench.networks.sizes import Sizes


class Judgement(NamedTuple):
    """What the judge says of images; mode_logits is None where modes are unknown."""

    features: Tensor  # [n, feature]
    logits: Tensor  # [n, class]
    mode_logits: Tensor | None  # [n, mode]
    pooled: Tensor  # [n, channel * 16]


class Judge(nn.Module):
    """The held-out network of the metrics. It trains on images of its own and never trains or steers a sampler.

    Its 32 features stand where Inception's 2,048 stand in the field: narrow, so that a few hundred images fill them.
    """

    options_class = JudgeOptions

    def __init__(self, sizes: Sizes, options: JudgeOptions) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        side = options.side(sizes)
        for place, (width_in, width) in enumerate(pairwise((sizes.channels, *options.widths))):
            if place:
                layers.append(nn.AvgPool2d(2))
                side //= 2
            kernel = 3 if place else 5
            layers += [nn.Conv2d(width_in, width, kernel, padding=kernel // 2), nn.LeakyReLU(0.1)]
        last = nn.Linear(options.widths[-1] * side**2, options.features)
        self.trunk = nn.Sequential(*layers, nn.Flatten(), last, nn.LeakyReLU(0.1))
        self.classes = nn.Linear(options.features, sizes.num_classes)
        self.modes = nn.Linear(options.features, sizes.num_modes) if sizes.num_modes else None
        self.pooled = nn.Linear(options.features, sizes.channels * POOLED**2)
        self.seeing = Seeing(options)

    def forward(self, images: Tensor) -> Judgement:
        """Images -> features, class logits and, where modes are known, mode logits."""
        features = self.trunk(self.seeing(images))
        modes = None if self.modes is None else self.modes(features)
        return Judgement(features, self.classes(features), modes, self.pooled(features))

"""The judges: held-out networks of the metrics, three of different architecture.

They train on images of their own and never train or steer a sampler. The 64 features of each stand where Inception's
2,048 stand in the field: narrow, so that a few hundred images fill them. They serve to tell the class, and to draw the
image again at 8 x 8 pixels: so they see what an image looks like, too, not its class alone.
"""

import math
from itertools import pairwise
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.networks.judge_options import JudgeOptions, MixingJudgeOptions, ResidualJudgeOptions
from ppgn_bench.networks.seeing import Seeing
from ppgn_bench.networks.sizes import Sizes

POOLED = 8  # the head `pooled` regresses the image pooled to 8 x 8
SLOPE = 0.1  # of leaky ReLUs below 0
DROPOUT = 0.3  # of what a trunk gives, in training: there are a few hundred images of a class at most
GROUPS = 8  # of channels that are normalised together


class Judgement(NamedTuple):
    """What a judge says of images; mode_logits is None where modes are unknown."""

    features: Tensor  # [n, feature]
    logits: Tensor  # [n, class]
    mode_logits: Tensor | None  # [n, mode]
    pooled: Tensor  # [n, channel * 64]


class Heads(nn.Module):
    """What every judge says from its trunk's output [n, inputs]: features, and all else from these."""

    def __init__(self, inputs: int, features: int, sizes: Sizes) -> None:
        super().__init__()
        self.features = nn.Linear(inputs, features)
        self.classes = nn.Linear(features, sizes.num_classes)
        self.modes = nn.Linear(features, sizes.num_modes) if sizes.num_modes else None
        self.pooled = nn.Linear(features, sizes.channels * POOLED**2)

    def forward(self, seen: Tensor) -> Judgement:
        """Trunk's output -> features, class logits, mode logits where modes are known, and the pooled image."""
        features = F.leaky_relu(self.features(F.dropout(seen, DROPOUT, self.training)), SLOPE)
        modes = None if self.modes is None else self.modes(features)
        return Judgement(features, self.classes(features), modes, self.pooled(features))


class Judge(nn.Module):
    """Convolutions, each with a pooling, and a dense layer that knows what was where."""

    options_class = JudgeOptions

    def __init__(self, sizes: Sizes, options: JudgeOptions) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for place, (width_in, width) in enumerate(pairwise((sizes.channels, *options.widths))):
            kernel = 3 if place else 5
            layers += [nn.Conv2d(width_in, width, kernel, padding=kernel // 2), nn.LeakyReLU(SLOPE), nn.AvgPool2d(2)]
        side = options.side(sizes) // 2 ** len(options.widths)
        self.trunk = nn.Sequential(*layers, nn.Flatten())
        self.heads = Heads(options.widths[-1] * side**2, options.features, sizes)
        self.seeing = Seeing(options)

    def forward(self, images: Tensor) -> Judgement:
        """Images in [0, 1] -> what it says of them."""
        judgement: Judgement = self.heads(self.trunk(self.seeing(images)))
        return judgement


class Residual(nn.Module):
    """x + f(x) of two convolutions, with what comes before each as He et al. (2016) have it; groups for batches."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [_normed(width), nn.LeakyReLU(SLOPE), nn.Conv2d(width, width, 3, padding=1, bias=False)]
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """[n, channel, height, width] -> the same shape."""
        changed: Tensor = images + self.layers(images)
        return changed


def _normed(width: int) -> nn.GroupNorm:
    """Normalisation that needs no other image: a judge says the same of an image whatever is beside it."""
    return nn.GroupNorm(math.gcd(GROUPS, width), width)


class ResidualJudge(nn.Module):
    """A small residual network: a block at each width, half the side from one to the next."""

    options_class = ResidualJudgeOptions

    def __init__(self, sizes: Sizes, options: ResidualJudgeOptions) -> None:
        super().__init__()
        self.trunk, seen = residual_trunk(sizes, options)
        self.heads = Heads(seen, options.features, sizes)
        self.seeing = Seeing(options)

    def forward(self, images: Tensor) -> Judgement:
        """Images in [0, 1] -> what it says of them."""
        judgement: Judgement = self.heads(self.trunk(self.seeing(images)))
        return judgement


def residual_trunk(sizes: Sizes, options: ResidualJudgeOptions) -> tuple[nn.Sequential, int]:
    """Residual blocks with a pooling between each two, and how many numbers they give of an image."""
    first, last = options.widths[0], options.widths[-1]
    layers: list[nn.Module] = [nn.Conv2d(sizes.channels, first, 5, stride=2, padding=2), Residual(first)]
    for width_in, width in pairwise(options.widths):
        layers += [nn.AvgPool2d(2), nn.Conv2d(width_in, width, 1), Residual(width)]
    side = options.half(sizes) // 2 ** (len(options.widths) - 1)
    return nn.Sequential(*layers, _normed(last), nn.LeakyReLU(SLOPE), nn.Flatten()), last * side**2


class Mixing(nn.Module):
    """Dense layers over the patches, then over the channels, each added to what came in (Tolstikhin et al. 2021)."""

    def __init__(self, patches: int, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.over_patches = nn.Sequential(nn.Linear(patches, width), nn.GELU(), nn.Linear(width, patches))
        self.over_channels = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, patches: Tensor) -> Tensor:
        """[n, patch, channel] -> the same shape."""
        mixed = patches + self.over_patches(self.norms[0](patches).mT).mT
        changed: Tensor = mixed + self.over_channels(self.norms[1](mixed))
        return changed


class MixingJudge(nn.Module):
    """Patches that do not overlap, and dense layers alone: no convolution, and every place has weights of its own."""

    options_class = MixingJudgeOptions

    def __init__(self, sizes: Sizes, options: MixingJudgeOptions) -> None:
        super().__init__()
        side = options.side(sizes)
        patch, number = options.patch(sizes), options.number(sizes)
        self.margin, self.patch = patch * number - side, patch
        self.first = nn.Linear(sizes.channels * patch**2, options.width)
        self.blocks = nn.Sequential(*(Mixing(number**2, options.width) for _ in range(options.blocks)))
        self.norm = nn.LayerNorm(options.width)
        self.heads = Heads(options.width, options.features, sizes)
        self.seeing = Seeing(options)

    def forward(self, images: Tensor) -> Judgement:
        """Images in [0, 1] -> what it says of them."""
        seen = self.seeing(images)
        if self.margin:  # zeros below and to the right, where patches do not fill the side
            seen = F.pad(seen, (0, self.margin, 0, self.margin))
        patches = self.first(F.unfold(seen, self.patch, stride=self.patch).mT)  # [n, patch, channel]
        judgement: Judgement = self.heads(self.norm(self.blocks(patches)).mean(1))
        return judgement

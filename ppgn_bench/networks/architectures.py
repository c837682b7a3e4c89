"""Architectures: E and C in one network, G, R_x, R_h, D and the judge, at the size of a data set; and their loading.

Images are float [n, channel, height, width] in [0, 1]; codes h are [n, code], rescaled to a mean activation of 1.
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.errors import UserError
from ppgn_bench.storage import files

POOLED = 4  # the auxiliary head regresses the image pooled to 4 x 4
DROPOUT = 0.5  # of the code, before the class layer
SLOPE = 0.3  # of the leaky ReLUs in G and D; the released G's


class Sizes(NamedTuple):
    """What an architecture must know of its data set."""

    channels: int
    image_size: int
    num_classes: int
    num_modes: int
    code_size: int
    encoder_widths: tuple[int, ...]
    generator_widths: tuple[int, ...]


class Activations(NamedTuple):
    """What one pass of the classifier makes: h1 = E1(x), code h = E2(h1), class logits, and the pooled image."""

    h1: Tensor  # [n, channel, height, width]
    code: Tensor  # [n, code]
    logits: Tensor  # [n, class]
    pooled: Tensor  # [n, channel * 16]


class Classifier(nn.Module):
    """Encoder E = E2 after E1 and class condition C: one network, as the paper's CaffeNet with fc6 and fc8.

    The head `pooled` regresses the pooled image, to keep in the code what the class would drop: hue, background, place.
    In training the class sees half of the code (dropout, as on CaffeNet's fc6), the head all of it.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        widths = sizes.encoder_widths
        layers: list[nn.Module] = []
        strides = (*(2 for _ in widths[1:]), 1)  # the last halving is the pooling's
        for width_in, width, stride in zip((sizes.channels, *widths), widths, strides, strict=False):
            layers += [nn.Conv2d(width_in, width, 3, stride=stride, padding=1), nn.ReLU(inplace=True)]
        self.e1 = nn.Sequential(*layers[:-1], nn.MaxPool2d(2), nn.ReLU(inplace=True))  # as ReLU first, but faster
        side = sizes.image_size // 2 ** len(widths)
        self.e2 = nn.Linear(widths[-1] * side * side, sizes.code_size)
        nn.init.ones_(self.e2.bias)  # as AlexNet's dense layers start: else half of the code never fires
        self.classes = nn.Linear(sizes.code_size, sizes.num_classes)
        self.pooled = nn.Linear(sizes.code_size, sizes.channels * POOLED**2)

    def encode(self, h1: Tensor) -> Tensor:
        """E2: h1 [n, channel, height, width] -> code [n, code], after the ReLU."""
        return F.relu(self.e2(h1.movedim(1, -1).flatten(1)))  # channels last, as it lies in memory: no copy

    def forward(self, images: Tensor) -> Activations:
        """One pass that serves prior and condition alike."""
        h1 = self.e1(images)
        code = self.encode(h1)
        kept = F.dropout(code, DROPOUT, self.training)
        return Activations(h1, code, self.classes(kept), self.pooled(code))

    @torch.no_grad()
    def rescale(self, images: Tensor) -> None:
        """Scale weights so that h1 and h have a mean activation of 1 on the images, and nothing else changes.

        ReLU and pooling pass a factor on and the next layer undoes it. Epsilons then mean the same on every encoder.
        """
        last = next(m for m in reversed(list(self.e1)) if isinstance(m, nn.Conv2d))
        activations = self(images)
        h1_mean, h_mean = activations.h1.mean(), activations.code.mean()
        last.weight.div_(h1_mean)
        last.bias.div_(h1_mean)  # type: ignore[union-attr]  # every convolution here has a bias
        self.e2.weight.mul_(h1_mean / h_mean)
        self.e2.bias.div_(h_mean)
        for head in (self.classes, self.pooled):
            head.weight.mul_(h_mean)


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

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        widths = sizes.generator_widths
        side = sizes.image_size // 2 ** len(widths)
        self.shape = (side, side, widths[0])  # channels last, as the convolutions want it: no copy
        layers: list[nn.Module] = []
        for width_in, width in pairwise(widths):
            layers += [nn.ConvTranspose2d(width_in, width, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE, inplace=True)]
        self.dense = nn.Sequential(
            nn.Linear(sizes.code_size, 256),
            nn.LeakyReLU(SLOPE, inplace=True),
            nn.Linear(256, self.shape[0] * self.shape[1] * self.shape[2]),
            nn.LeakyReLU(SLOPE, inplace=True),
        )
        self.image = nn.Sequential(*layers, UpsampledConv2d(widths[-1], sizes.channels), nn.Sigmoid())

    def forward(self, codes: Tensor) -> Tensor:
        """Codes [n, code] -> images [n, channel, height, width] in [0, 1]."""
        return self.image(self.dense(codes).unflatten(1, self.shape).movedim(-1, 1))


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


class Discriminator(nn.Module):
    """D: is the image real, given its code? It sees both, as in a port of the authors' training files."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        widths = (sizes.channels, *(12 * 2**k for k in range(len(sizes.generator_widths))))
        for width_in, width in pairwise(widths):
            layers += [nn.Conv2d(width_in, width, 3, stride=2, padding=1), nn.LeakyReLU(SLOPE)]
        self.image = nn.Sequential(*layers, nn.Flatten())
        side = sizes.image_size // 2 ** len(sizes.generator_widths)
        self.joined = nn.Sequential(
            nn.Linear(widths[-1] * side * side + sizes.code_size, 64), nn.LeakyReLU(SLOPE), nn.Linear(64, 1)
        )

    def forward(self, images: Tensor, codes: Tensor) -> Tensor:
        """Images and their codes -> logits [n] of being real."""
        return self.joined(torch.cat([self.image(images), codes], 1)).squeeze(1)


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


def load(path: Path | str, kind: str, device: torch.device | str = "cpu") -> nn.Module:
    """Frozen network of this class, in evaluation mode, built to the sizes in its file's header.

    Raises UserError for a missing or damaged file, another kind, or weights of another architecture.
    """
    arrays, header = files.load_arrays(path, kind)
    try:
        network = globals()[kind](sizes_of(header["sizes"]))
        network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    except (KeyError, TypeError, RuntimeError) as error:
        detail = str(error).splitlines()[-1].strip()
        raise UserError(f"{path}: weights of another architecture than {kind}: {detail}") from error
    return network.requires_grad_(False).eval().to(device=device, memory_format=torch.channels_last)


def sizes_of(values: Mapping[str, Any]) -> Sizes:
    """Sizes from the plain values of settings or a header."""
    plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return Sizes(**plain)

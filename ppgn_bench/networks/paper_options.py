"""The options of the paper's own networks, with their defaults: its sizes. `options` has those of all others.

Layers are those of docs/paper.md. Their files are Caffe's: channels in the order blue, green, red, pixels of 0 to 255
less the mean of ImageNet. Inside the networks images become that, so that around them they are as ever.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from ppgn_bench.networks.options import Options, SeeingOptions, Share, Width, Widths
from ppgn_bench.networks.sizes import Sizes

LEVELS = 255.0  # a pixel of the files is of 0 to 255
# Red, green and blue of the mean of ILSVRC 2012's images, as Caffe's users know them: (104.0069879, 116.6687676,
# 122.6789143) for blue, green and red. From memory and from other people's code [M]; the release rounds them to
# 104, 117, 123 where it reads images [C].
MEAN = (122.6789143 / LEVELS, 116.6687676 / LEVELS, 104.0069879 / LEVELS)
CROP = 227  # pixels a side that CaffeNet sees [C]

Classes = tuple[Annotated[int, Field(ge=0, le=2**16)], ...]


@dataclass(frozen=True)
class CaffenetOptions(SeeingOptions):
    """widths: channels of conv1 to conv5; code_size, hidden: units of fc6 and fc7; dropout: share of both that the next
    layer does not see in training; outputs: units of fc8, 0: as many as the data set has classes; classes: which of
    them are the data set's classes, in their order, (): the first; rescaled: whether h1 and the code get a mean of 1
    after training, as the suite's own; weights: a file of weights, "": it is trained. One of a file may have fewer
    outputs than the data set has classes, as the Places network, whose units are looked at; no class is asked of it.
    """

    crop: Annotated[int, Field(ge=0, le=2**14)] = CROP
    mean: tuple[float, ...] = MEAN
    std: tuple[Annotated[float, Field(gt=0)], ...] = (1 / LEVELS,)
    widths: tuple[Width, Width, Width, Width, Width] = (96, 256, 384, 384, 256)
    code_size: Width = 4096
    hidden: Width = 4096
    dropout: Share = 0.5
    outputs: Annotated[int, Field(ge=0, le=2**16)] = 0
    classes: Classes = ()
    rescaled: bool = True
    weights: str = ""

    def sides(self, sizes: Sizes) -> tuple[int, ...]:
        """Pixels a side of conv1, pool1 (= conv2), pool2 (= conv3 to conv5) and pool5, which is h1."""
        first = (self.side(sizes) - 11) // 4 + 1
        found = [first]
        for _ in range(3):
            found.append(-(-(found[-1] - 3) // 2) + 1)  # Caffe rounds up
        return tuple(found)

    def num_outputs(self, sizes: Sizes) -> int:
        """Units of fc8."""
        return self.outputs or sizes.num_classes

    def activations(self, sizes: Sizes) -> int:
        """Of every layer, with its ReLU, pooling and normalisation."""
        first, second, third, last = (side**2 for side in self.sides(sizes))
        one, two, three, four, five = self.widths
        maps = one * (2 * first + 2 * second) + two * (2 * second + 2 * third)
        return maps + 2 * (three + four + five) * third + five * last + 2 * (self.code_size + self.hidden)

    def parameters(self, sizes: Sizes) -> int:
        """Of the dense layers, which have nearly all."""
        units = self.widths[-1] * self.sides(sizes)[-1] ** 2, self.code_size, self.hidden, self.num_outputs(sizes)
        return sum(a * b for a, b in pairwise(units))

    def misfit(self, sizes: Sizes) -> str:
        """As of all that look at images; too small images; widths of no two groups; classes that there are not."""
        if wrong := super().misfit(sizes):
            return wrong
        if self.sides(sizes)[-1] < 1:
            return f"crop: {self.side(sizes)} pixels a side are too few for its poolings"
        if odd := next((width for width in self.widths if width % 2), 0):
            return f"widths: must be even, since convolutions are in two groups, got {odd}"
        if self.outputs and self.outputs < sizes.num_classes and not self.weights:
            return f"outputs: must be at least {sizes.num_classes}, as many as classes, got {self.outputs}"
        return self._wrong_classes(sizes)

    def _wrong_classes(self, sizes: Sizes) -> str:
        if not self.classes:
            return ""
        if len(self.classes) != sizes.num_classes:
            return f"classes: must be {sizes.num_classes}, one for each class of the data set, got {len(self.classes)}"
        if len(set(self.classes)) < len(self.classes) or max(self.classes) >= self.num_outputs(sizes):
            return f"classes: must be different numbers below {self.num_outputs(sizes)}, got {[*self.classes]}"
        return ""


@dataclass(frozen=True)
class ReleasedGeneratorOptions(Options):
    """hidden: units of the first two dense layers; first: channels of the smallest map, `side` pixels a side, that the
    third one makes; widths: channels of the layers that double the side, deconv5 to deconv1; refined: channels of the
    layers of stride 1 behind the first of them, conv5_1 to conv3_1; mean: of each channel, added to what the last layer
    makes, and levels: what white is there, in units of images in [0, 1]; weights: a file of weights, "": it is trained.
    """

    hidden: tuple[Width, Width] = (4096, 4096)
    first: Width = 256
    side: Width = 4
    widths: Annotated[Widths, Field(min_length=1)] = (256, 256, 128, 64, 32)
    refined: Widths = (512, 256, 128)
    mean: tuple[float, ...] = MEAN
    levels: Annotated[float, Field(gt=0)] = LEVELS
    weights: str = ""

    @property
    def drawn(self) -> int:
        """Pixels a side that the layers draw, of which the images are the middle: 256."""
        return self.side * 2 ** (len(self.widths) + 1)

    def layers(self, channels: int) -> tuple[tuple[str, int, int, int], ...]:
        """Every transposed convolution: name, channels in and out, stride; as in the release's file."""
        found, last = [], self.first
        for place, width in enumerate(self.widths):
            number = len(self.widths) - place
            found.append((f"deconv{number}", last, width, 2))
            last = width
            if place < len(self.refined):
                found.append((f"conv{number}_1", last, self.refined[place], 1))
                last = self.refined[place]
        return (*found, ("deconv0", last, channels, 2))

    def dense(self, code_size: int) -> tuple[tuple[str, int, int], ...]:
        """Every dense layer: name, units in and out."""
        units = code_size, *self.hidden, self.first * self.side**2
        return tuple((name, a, b) for name, (a, b) in zip(("defc7", "defc6", "defc5"), pairwise(units), strict=True))

    def activations(self, sizes: Sizes) -> int:
        """Of the layers, before and after their ReLU in one place, and the image before and after the crop."""
        kept, side = 2 * sizes.channels * self.drawn**2, self.side
        for _, _, width, stride in self.layers(sizes.channels)[:-1]:
            side *= stride
            kept += width * side**2
        return kept

    def parameters(self, sizes: Sizes) -> int:
        """All: 56.1 million at the paper's sizes."""
        dense = sum((a + 1) * b for _, a, b in self.dense(sizes.code_size))
        return dense + sum((a * (2 + stride) ** 2 + 1) * b for _, a, b, stride in self.layers(sizes.channels))

    def misfit(self, sizes: Sizes) -> str:
        """Images that are not the middle of what it draws; more layers of stride 1 than others; means of channels."""
        if not self.drawn // 2 < sizes.image_size <= self.drawn:
            return f"image_size: must be {self.drawn // 2 + 1} to {self.drawn}, got {sizes.image_size}"
        if len(self.refined) > len(self.widths):
            return f"refined: must be at most as many as widths, {len(self.widths)}, got {len(self.refined)}"
        if len(self.mean) not in (1, sizes.channels):
            return f"mean: must be one number or {sizes.channels}, one a channel, got {len(self.mean)}"
        return ""


@dataclass(frozen=True)
class PaperDiscriminatorOptions(SeeingOptions):
    """widths: channels of its five convolutions; code_widths: units of the layers that see the code; hidden: of the
    layer that joins both; dropout: share of what is joined that the next layer does not see in training; sees_code:
    whether it sees the code at all, or the image alone.
    """

    widths: tuple[Width, Width, Width, Width, Width] = (32, 64, 128, 256, 256)
    code_widths: Annotated[Widths, Field(min_length=1)] = (1024, 512)
    hidden: Width = 512
    dropout: Share = 0.5
    sees_code: bool = True

    def misfit(self, sizes: Sizes) -> str:
        """As of all that look at images; too small images."""
        if self.last_side(sizes) < 1:
            return f"crop: {self.side(sizes)} pixels a side are too few for its convolutions"
        return super().misfit(sizes)

    def last_side(self, sizes: Sizes) -> int:
        """Pixels a side of the last convolution's map."""
        side = self.side(sizes)
        for kernel, stride in DISCRIMINATOR_KERNELS:
            side = (side - kernel) // stride + 1
        return side


DISCRIMINATOR_KERNELS = ((7, 4), (5, 1), (3, 2), (3, 1), (3, 2))  # size and stride of each convolution [P]

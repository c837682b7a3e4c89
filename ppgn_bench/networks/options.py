"""The options of every architecture, with their defaults. One without a default must be set. Nothing imports torch.

The workflow asks them for estimates of memory, and whether they fit a data set, before anything is built.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar

from pydantic import Field

from ppgn_bench.networks.sizes import Sizes

Width = Annotated[int, Field(ge=1, le=2**16)]  # of a layer: channels or units
Widths = tuple[Width, ...]
Pixels = Annotated[int, Field(ge=0, le=2**14)]
Share = Annotated[float, Field(ge=0, lt=1)]
Above = Annotated[float, Field(gt=0)]

SMALLEST_SIDE = 6  # pixels: what is smaller is not halved again


def halvings(side: int) -> int:
    """How often a strided convolution halves an image of this side: until it is smaller than SMALLEST_SIDE."""
    number = 0
    while side >= SMALLEST_SIDE:
        side, number = (side + 1) // 2, number + 1
    return number


def doubling(first: int, number: int, most: int = 128) -> tuple[int, ...]:
    """Widths that double from layer to layer, up to `most`."""
    return tuple(min(first * 2**place, most) for place in range(number))


def strided(side: int, times: int) -> int:
    """The side after so many convolutions of stride 2."""
    for _ in range(times):
        side = (side + 1) // 2
    return side


@dataclass(frozen=True)
class Options:
    """Of any architecture. Each has a class of its own, built as Class(sizes, options)."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    def activations(self, sizes: Sizes) -> int:
        """Numbers that a pass keeps for one image, so that a gradient can come back."""
        return 0

    def parameters(self, sizes: Sizes) -> int:
        """Its weights, as many as matter for memory."""
        return 0

    def num_outputs(self, sizes: Sizes) -> int:
        """Classes that it tells, if it tells any: the data set's."""
        return sizes.num_classes

    def smallest_batch(self) -> int:
        """Images that a batch of its training has at least."""
        return 1

    def misfit(self, sizes: Sizes) -> str:
        """Say what does not fit the data set, after the name of the option or size; nothing where all does."""
        return ""


@dataclass(frozen=True)
class SeeingOptions(Options):
    """Of what looks at images: the middle `crop` pixels a side (0: all), then (x - mean) / std of each channel.

    mean, std: one number for all channels, or one a channel, in units of images in [0, 1].
    """

    crop: Pixels = 0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[Above, ...] = (1.0,)

    def side(self, sizes: Sizes) -> int:
        """Pixels a side that the network sees."""
        return self.crop or sizes.image_size

    def misfit(self, sizes: Sizes) -> str:
        """A crop larger than the image; a number of means that is no number of channels."""
        if self.crop > sizes.image_size:
            return f"crop: must be at most the images' {sizes.image_size} pixels, got {self.crop}"
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, sizes.channels):
                return f"{name}: must be one number or {sizes.channels}, one a channel, got {len(values)}"
        return ""


@dataclass(frozen=True)
class ClassifierOptions(SeeingOptions):
    """widths: channels of the convolutions, (): by the image's size; normalised: whether each unit of the code is, over
    the batch, before its ReLU; bias: added to what the library starts it with, there; dropout: share of the code that
    the class layer does not see in training.
    """

    code_size: Width = 64
    widths: Widths = ()
    normalised: bool = True
    bias: float = 0.0
    dropout: Share = 0.5

    def channels(self, sizes: Sizes) -> tuple[int, ...]:
        """The widths, or what suits the image's size."""
        return self.widths or doubling(16, halvings(self.side(sizes)))

    def smallest_batch(self) -> int:
        """One image alone has no spread to normalise by."""
        return 2 if self.normalised else 1

    def activations(self, sizes: Sizes) -> int:
        """Of the convolutions: each but the last halves the side; the pooling comes after."""
        widths, pixels = self.channels(sizes), self.side(sizes) ** 2
        return sum(width * pixels // 4 ** min(place + 1, len(widths) - 1) for place, width in enumerate(widths))

    def parameters(self, sizes: Sizes) -> int:
        """Of the layer that makes the code."""
        widths = self.channels(sizes)
        return self.code_size * widths[-1] * strided(self.side(sizes), len(widths) - 1) ** 2 // 4

    def misfit(self, sizes: Sizes) -> str:
        """As of all that look at images; too many convolutions for the side."""
        number = len(self.channels(sizes))
        if not number or strided(self.side(sizes), number - 1) < 2:
            return f"widths: {number} layers do not suit {self.side(sizes)} pixels a side"
        return super().misfit(sizes)


@dataclass(frozen=True)
class GeneratorOptions(Options):
    """widths: channels of the layers, each of which doubles the side, (): by the image's size; hidden: units of the
    dense layer between code and image.
    """

    widths: Widths = ()
    hidden: Width = 256

    def channels(self, sizes: Sizes) -> tuple[int, ...]:
        """The widths, or what suits the image's size: as many as it can be halved evenly."""
        number = halvings(sizes.image_size)
        while sizes.image_size % 2**number:
            number -= 1
        return self.widths or doubling(32, number)[::-1]

    def activations(self, sizes: Sizes) -> int:
        """Of the layers from the image down, and the image itself, before and after the sigmoid."""
        layers = enumerate(reversed(self.channels(sizes)), start=1)
        pixels = sizes.image_size**2
        return 2 * sizes.channels * pixels + sum(width * pixels // 4**place for place, width in layers)

    def parameters(self, sizes: Sizes) -> int:
        """Of the dense layers and of the transposed convolutions, 4 x 4."""
        widths = self.channels(sizes)
        first = widths[0] * (sizes.image_size // 2 ** len(widths)) ** 2
        return self.hidden * (sizes.code_size + first) + 16 * sum(a * b for a, b in pairwise(widths))

    def misfit(self, sizes: Sizes) -> str:
        """A side that the layers cannot double up to."""
        factor = 2 ** max(1, len(self.channels(sizes)))
        wrong = sizes.image_size % factor
        return f"image_size: must be a multiple of {factor}, got {sizes.image_size}" if wrong else ""


@dataclass(frozen=True)
class ImageDenoiserOptions(Options):
    """widths: channels at full and at half resolution."""

    widths: tuple[Width, Width] = (16, 32)

    def activations(self, sizes: Sizes) -> int:
        """Of the layers at full resolution."""
        return 2 * self.widths[0] * sizes.image_size**2

    def misfit(self, sizes: Sizes) -> str:
        """A side that has no half."""
        return f"image_size: must be a multiple of 2, got {sizes.image_size}" if sizes.image_size % 2 else ""


@dataclass(frozen=True)
class CodeDenoiserOptions(Options):
    """widths: units of the hidden layers, as multiples of the code's size."""

    widths: tuple[Above, ...] = (4, 2, 1, 0.5, 1, 2)

    def units(self, sizes: Sizes) -> tuple[int, ...]:
        """Of every layer, the code's at both ends."""
        return sizes.code_size, *(round(width * sizes.code_size) for width in self.widths), sizes.code_size

    def activations(self, sizes: Sizes) -> int:
        """Of all layers, before and after their ReLU."""
        return 2 * sum(self.units(sizes)[1:])

    def parameters(self, sizes: Sizes) -> int:
        """Of all layers."""
        return sum(a * b for a, b in pairwise(self.units(sizes)))

    def misfit(self, sizes: Sizes) -> str:
        """No code; a layer of nothing."""
        if not sizes.code_size:
            return "code_size: there is no code to denoise"
        return "" if min(self.units(sizes)) else f"widths: {min(self.widths):g} of {sizes.code_size} units is none"


@dataclass(frozen=True)
class DiscriminatorOptions(SeeingOptions):
    """widths: channels of the strided convolutions, (): by the image's size; hidden: units of the layer that joins
    image and code; sees_code: whether it sees the code at all, or the image alone.
    """

    widths: Widths = ()
    hidden: Width = 128
    sees_code: bool = True

    def channels(self, sizes: Sizes) -> tuple[int, ...]:
        """The widths, or what suits the image's size."""
        return self.widths or doubling(32, halvings(self.side(sizes)))


@dataclass(frozen=True)
class VariationalOptions(GeneratorOptions):
    """As a generator's, and those of what gives an image's code: encoder: channels of its convolutions, (): by the
    image's size.
    """

    code_size: Width = 64
    encoder: Widths = ()

    def of_encoder(self, sizes: Sizes) -> tuple[int, ...]:
        """The widths, or what suits the image's size."""
        return self.encoder or doubling(16, halvings(sizes.image_size))

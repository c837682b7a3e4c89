"""The options of every architecture, with their defaults. One without a default must be set. Nothing imports torch.

The workflow asks them for estimates of memory, and whether they fit a data set, before anything is built.
"""

from dataclasses import dataclass
from typing import ClassVar

from ppgn_bench.networks.sizes import Sizes

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


@dataclass(frozen=True)
class Options:
    """Of any architecture. Each has a class of its own, built as Class(sizes, options)."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    def activations(self, sizes: Sizes) -> int:
        """Numbers that a pass keeps for one image, so that a gradient can come back."""
        return 0

    def misfit(self, sizes: Sizes) -> str:
        """Say what does not fit the data set, after the name of the option or size; nothing where all does."""
        return ""


@dataclass(frozen=True)
class SeeingOptions(Options):
    """Of what looks at images: the middle `crop` pixels a side (0: all), then (x - mean) / std of each channel.

    mean, std: one number for all channels, or one a channel, in units of images in [0, 1].
    """

    crop: int = 0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def side(self, sizes: Sizes) -> int:
        """Pixels a side that the network sees."""
        return self.crop or sizes.image_size

    def misfit(self, sizes: Sizes) -> str:
        """A crop larger than the image; a number of means that is no number of channels."""
        if not 0 <= self.crop <= sizes.image_size:
            return f"crop: must be at most the images' {sizes.image_size} pixels, got {self.crop}"
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, sizes.channels):
                return f"{name}: must be one number or {sizes.channels}, one a channel, got {len(values)}"
        return "std: must be above 0" if min(self.std) <= 0 else ""


@dataclass(frozen=True)
class ClassifierOptions(SeeingOptions):
    """widths: channels of the convolutions, (): by the image's size; bias: what the code's layer starts with;
    dropout: share of the code that the class layer does not see in training.
    """

    code_size: int = 64
    widths: tuple[int, ...] = ()
    bias: float = 1.0
    dropout: float = 0.5

    def channels(self, sizes: Sizes) -> tuple[int, ...]:
        """The widths, or what suits the image's size."""
        return self.widths or doubling(16, halvings(self.side(sizes)))

    def activations(self, sizes: Sizes) -> int:
        """Of the convolutions: each but the last halves the side; the pooling comes after."""
        widths, pixels = self.channels(sizes), self.side(sizes) ** 2
        return sum(width * pixels // 4 ** min(place + 1, len(widths) - 1) for place, width in enumerate(widths))

    def misfit(self, sizes: Sizes) -> str:
        """As of all that look at images; too many convolutions for the side."""
        if self.side(sizes) < 2 ** len(self.channels(sizes)):
            return f"widths: {len(self.channels(sizes))} layers leave nothing of {self.side(sizes)} pixels a side"
        return super().misfit(sizes)


@dataclass(frozen=True)
class GeneratorOptions(Options):
    """widths: channels of the layers, each of which doubles the side, (): by the image's size; hidden: units of the
    dense layer between code and image.
    """

    widths: tuple[int, ...] = ()
    hidden: int = 256

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

    def misfit(self, sizes: Sizes) -> str:
        """A side that the layers cannot double up to."""
        factor = 2 ** max(1, len(self.channels(sizes)))
        wrong = sizes.image_size % factor
        return f"image_size: must be a multiple of {factor}, got {sizes.image_size}" if wrong else ""


@dataclass(frozen=True)
class ImageDenoiserOptions(Options):
    """widths: channels at full and at half resolution."""

    widths: tuple[int, int] = (24, 48)

    def activations(self, sizes: Sizes) -> int:
        """Of the layers at full resolution."""
        return 2 * self.widths[0] * sizes.image_size**2

    def misfit(self, sizes: Sizes) -> str:
        """A side that has no half."""
        return f"image_size: must be a multiple of 2, got {sizes.image_size}" if sizes.image_size % 2 else ""


@dataclass(frozen=True)
class CodeDenoiserOptions(Options):
    """widths: units of the hidden layers, as multiples of the code's size."""

    widths: tuple[float, ...] = (4, 2, 1, 0.5, 1, 2)

    def activations(self, sizes: Sizes) -> int:
        """Of all layers."""
        return round(2 * sizes.code_size * (1 + sum(self.widths)))


@dataclass(frozen=True)
class DiscriminatorOptions(SeeingOptions):
    """widths: channels of the strided convolutions, (): by the image's size; hidden: units of the layer that joins
    image and code.
    """

    widths: tuple[int, ...] = ()
    hidden: int = 64

    def channels(self, sizes: Sizes) -> tuple[int, ...]:
        """The widths, or what suits the image's size."""
        return self.widths or doubling(12, halvings(self.side(sizes)))


@dataclass(frozen=True)
class JudgeOptions(SeeingOptions):
    """widths: channels of the convolutions, with a pooling between each two; features: how many the metrics read."""

    widths: tuple[int, ...] = (24, 48, 64)
    features: int = 32

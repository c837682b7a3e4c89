"""The options of what tells factors, with their defaults, as `options` has those of all others."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from ppgn_bench.networks.judge_options import JudgeOptions, ResidualJudgeOptions
from ppgn_bench.networks.options import Width, Widths, strided
from ppgn_bench.networks.sizes import Sizes

NO_FACTORS = "architecture: the data set has no factors, and a network of factors tells nothing else"


@dataclass(frozen=True)
class FactorsOptions(JudgeOptions):
    """widths: channels of the convolutions, each of which halves the side; features: units before the heads."""

    widths: Annotated[Widths, Field(min_length=1)] = (16, 32, 48)
    features: Width = 32

    def activations(self, sizes: Sizes) -> int:
        """Of the convolutions, before and after their ReLU."""
        pixels = self.side(sizes) ** 2
        return sum(2 * width * pixels // 4 ** (place + 1) for place, width in enumerate(self.widths))

    def numbers(self, sizes: Sizes) -> int:
        """What the convolutions give of an image."""
        return self.widths[-1] * strided(self.side(sizes), len(self.widths)) ** 2

    def parameters(self, sizes: Sizes) -> int:
        """Of the layer that makes the features."""
        return self.features * self.numbers(sizes)

    def misfit(self, sizes: Sizes) -> str:
        """As of all that look at images; a data set without factors; too many layers for the side."""
        return super().misfit(sizes) if sizes.factors else NO_FACTORS


@dataclass(frozen=True)
class ResidualFactorsOptions(ResidualJudgeOptions):
    """widths: channels of the blocks, with a pooling between each two; features: units before the heads."""

    features: Width = 32

    def misfit(self, sizes: Sizes) -> str:
        """As of all that look at images; a data set without factors; too many poolings for the side."""
        return super().misfit(sizes) if sizes.factors else NO_FACTORS

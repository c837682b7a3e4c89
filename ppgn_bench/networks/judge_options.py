"""The options of the judges' architectures, with their defaults, as `options` has those of all others."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from ppgn_bench.networks.options import SeeingOptions, Width, Widths
from ppgn_bench.networks.sizes import Sizes


@dataclass(frozen=True)
class JudgeOptions(SeeingOptions):
    """widths: channels of the convolutions, each with a pooling; features: how many the metrics read."""

    widths: Annotated[Widths, Field(min_length=1)] = (24, 48, 64)
    features: Width = 64

    def misfit(self, sizes: Sizes) -> str:
        """As of all that look at images; too many poolings for the side."""
        if self.side(sizes) < 2 ** len(self.widths):
            return f"widths: {len(self.widths)} layers leave nothing of {self.side(sizes)} pixels a side"
        return super().misfit(sizes)


@dataclass(frozen=True)
class ResidualJudgeOptions(JudgeOptions):
    """widths: channels of the blocks, with a pooling between each two; features: how many the metrics read."""

    widths: Annotated[Widths, Field(min_length=1)] = (16, 32, 40)

    def half(self, sizes: Sizes) -> int:
        """Pixels a side after the first layer, which has a stride of 2."""
        return (self.side(sizes) + 1) // 2


@dataclass(frozen=True)
class MixingJudgeOptions(SeeingOptions):
    """patches: how many a side at most; width: channels of each; blocks: how often all are mixed; features: how many
    the metrics read.
    """

    patches: Width = 7
    width: Width = 64
    blocks: Width = 3
    features: Width = 64

    def patch(self, sizes: Sizes) -> int:
        """Pixels of a patch a side."""
        return -(-self.side(sizes) // self.patches)

    def number(self, sizes: Sizes) -> int:
        """Patches a side: as many as cover the image."""
        return -(-self.side(sizes) // self.patch(sizes))

"""The options of the captioner, with their defaults, as `options` has those of all others."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from ppgn_bench.data.captions import LONGEST, WORDS
from ppgn_bench.data.shapes import BACKGROUNDS, HUES, SHAPE_NAMES
from ppgn_bench.networks.options import SeeingOptions, Share, Width, Widths
from ppgn_bench.networks.sizes import Sizes


@dataclass(frozen=True)
class CaptionerOptions(SeeingOptions):
    """widths: channels of the convolutions, each of which halves the side; features: units that say what an image
    shows; hidden: units of the GRU; dropout: share of the features that the words do not see in training.
    """

    widths: Annotated[Widths, Field(min_length=1)] = (24, 48, 64)
    features: Width = 128
    hidden: Width = 64
    dropout: Share = 0.3

    def activations(self, sizes: Sizes) -> int:
        """Of the convolutions and of the words, before and after what bends them."""
        pixels = self.side(sizes) ** 2
        seen = sum(width * pixels // 4 ** (place + 1) for place, width in enumerate(self.widths))
        return 2 * seen + (LONGEST + 1) * (2 * self.features + len(WORDS))

    def parameters(self, sizes: Sizes) -> int:
        """Of the convolutions, 4 x 4, and of the layer that gives the features."""
        side = self.side(sizes) // 2 ** len(self.widths)
        convolutions = 16 * sum(a * b for a, b in pairwise((sizes.channels, *self.widths)))
        return convolutions + self.features * self.widths[-1] * side**2

    def misfit(self, sizes: Sizes) -> str:
        """As of all that look at images; too many convolutions for the side; a data set whose captions nobody wrote."""
        if (sizes.num_classes, sizes.num_modes) != (len(SHAPE_NAMES), len(HUES) * len(BACKGROUNDS)):
            return "architecture: captions are of 'shapes' alone; an ablation with captions needs datasets: [shapes]"
        if self.side(sizes) < 2 ** len(self.widths):
            return f"widths: {len(self.widths)} layers leave nothing of {self.side(sizes)} pixels a side"
        return super().misfit(sizes)

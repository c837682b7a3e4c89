"""The options of architectures that come with weights of their own. Nothing here imports torch."""

from dataclasses import dataclass
from typing import Literal

from ppgn_bench.networks.options import Above, SeeingOptions
from ppgn_bench.networks.sizes import Sizes

CLASSES = 1000  # of ImageNet
COLOURS = 3
NEEDED = "must say which: the network is not trained here"


@dataclass(frozen=True)
class PretrainedOptions(SeeingOptions):
    """weights: a name that the architecture knows, or the path of a file: then nothing is trained."""

    weights: str = ""

    def misfit(self, sizes: Sizes) -> str:
        """No weights; images without colour; other classes than ImageNet's."""
        if not self.weights:
            return f"weights: {NEEDED}"
        if sizes.channels != COLOURS:
            return f"architecture: sees images in colour, 3 channels, and these have {sizes.channels}"
        if sizes.num_classes != CLASSES:
            return f"architecture: tells the {CLASSES} classes of ImageNet, and here are {sizes.num_classes}"
        return super().misfit(sizes)


LITE = {"lite0": 224, "lite1": 240, "lite2": 260, "lite3": 280, "lite4": 300}  # network -> pixels a side that it sees
LITE_ACTIVATIONS, LITE_WEIGHTS = 6_700_000, 4_652_008  # of lite0 and an image of 224 pixels, counted


@dataclass(frozen=True)
class EfficientNetLiteOptions(PretrainedOptions):
    """network: which of the family, "": the one that the weights are named by, else lite0; the image is resized to what
    it was trained with; code_size: the pooled features', which is what they are.
    """

    mean: tuple[float, ...] = (127 / 255,)
    std: tuple[Above, ...] = (128 / 255,)
    network: Literal["", "lite0", "lite1", "lite2", "lite3", "lite4"] = ""
    code_size: Literal[1280] = 1280

    @property
    def member(self) -> str:
        """The network of the family."""
        return self.network or (self.weights if self.weights in LITE else "lite0")

    def activations(self, sizes: Sizes) -> int:
        """As of lite0, by the pixels that it sees."""
        return round(LITE_ACTIVATIONS * (LITE[self.member] / LITE["lite0"]) ** 2)

    def parameters(self, sizes: Sizes) -> int:
        """Of lite0, which is enough for an estimate of memory."""
        return LITE_WEIGHTS

    def misfit(self, sizes: Sizes) -> str:
        """As of all with weights; those of another network."""
        if self.weights in LITE and self.network not in ("", self.weights):
            return f"network: is {self.network}, and the weights are of {self.weights}"
        return super().misfit(sizes)


ALEXNET_SIDE = 224  # pixels
ALEXNET_ACTIVATIONS, ALEXNET_WEIGHTS = 1_200_000, 61_100_840


@dataclass(frozen=True)
class AlexNetOptions(PretrainedOptions):
    """The image is resized to 224 pixels; code_size: of its fc6."""

    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[Above, ...] = (0.229, 0.224, 0.225)
    code_size: Literal[4096] = 4096

    def activations(self, sizes: Sizes) -> int:
        """Counted."""
        return ALEXNET_ACTIVATIONS

    def parameters(self, sizes: Sizes) -> int:
        """All of them."""
        return ALEXNET_WEIGHTS

"""EfficientNet-Lite (Tan & Le 2019, without squeeze and excitation): classifiers of ImageNet, pretrained.

The network is the package efficientnet-lite-pytorch's, the weights are those of its packages of weights, or a file with
arrays of the same names.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ppgn_bench.errors import UserError
from ppgn_bench.networks.pretrained import Seen, resized, same_arrays
from ppgn_bench.networks.pretrained_options import LITE, EfficientNetLiteOptions
from ppgn_bench.networks.seeing import Seeing
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.networks.weights import INSTALL


class EfficientNetLite(nn.Module):
    """One of the family, after the real preprocessing: resized to its own side, then (x - 127) / 128 of 0 to 255."""

    options_class = EfficientNetLiteOptions

    def __init__(self, sizes: Sizes, options: EfficientNetLiteOptions) -> None:
        super().__init__()
        self.network, self.side = _network(options.member, sizes.num_classes), LITE[options.member]
        self.seeing = Seeing(options)

    @staticmethod
    def from_file(arrays: Mapping[str, Tensor], options: EfficientNetLiteOptions) -> dict[str, Tensor]:
        """The state dict from arrays as the package names them. Raises UserError for one that is not right."""
        own = _network(options.member, len(arrays["_fc.bias"]) if "_fc.bias" in arrays else 1000).state_dict()
        return {f"network.{name}": value for name, value in same_arrays(arrays, own).items()}

    def first(self, images: Tensor) -> Tensor:
        """E1: images [n, 3, height, width] in [0, 1] -> the last convolution's activations."""
        h1: Tensor = self.network.extract_features(self.seeing(resized(images, self.side)))
        return h1

    def encode(self, h1: Tensor) -> Tensor:
        """E2: their mean over all places [n, 1280], after a ReLU that ends at 6."""
        return h1.mean((2, 3))

    def forward(self, images: Tensor) -> Seen:
        """One pass that serves steering and judging alike."""
        h1 = self.first(images)
        code = self.encode(h1)
        return Seen(h1, code, self.network._fc(code), code)


def _network(member: str, num_classes: int) -> Any:
    """The package's network. Raises UserError where it is not installed."""
    try:
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError:
        raise UserError(f"efficientnet_lite needs the package efficientnet-lite-pytorch: {INSTALL}") from None
    return EfficientNet.from_name(f"efficientnet-{member}", num_classes=num_classes)

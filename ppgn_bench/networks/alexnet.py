"""AlexNet as torchvision has it: of the family of the paper's CaffeNet, with pool5 as h1 and fc6 as the code."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torchvision import models

from ppgn_bench.errors import UserError
from ppgn_bench.networks.pretrained import Seen, resized, same_arrays
from ppgn_bench.networks.pretrained_options import ALEXNET_SIDE, AlexNetOptions
from ppgn_bench.networks.seeing import Seeing
from ppgn_bench.networks.sizes import Sizes

CODE = 3  # layers of torchvision's `classifier` up to fc6's ReLU


class AlexNet(nn.Module):
    """torchvision's network after its own preprocessing: resized to 224 pixels, then normalised channel by channel."""

    options_class = AlexNetOptions

    def __init__(self, sizes: Sizes, options: AlexNetOptions) -> None:
        super().__init__()
        self.network: Any = _network(sizes.num_classes)
        self.seeing = Seeing(options)

    @staticmethod
    def from_file(arrays: Mapping[str, Tensor], options: AlexNetOptions) -> dict[str, Tensor]:
        """The state dict from arrays as torchvision names them. Raises UserError for one that is not misshapen."""
        last = "classifier.6.bias"
        own = _network(len(arrays[last]) if last in arrays else 1000).state_dict()
        return {f"network.{name}": value for name, value in same_arrays(arrays, own).items()}

    @staticmethod
    def downloaded() -> dict[str, Tensor]:
        """The weights of torchvision, from its cache or its server. Raises UserError where neither has them."""
        try:
            found: dict[str, Tensor] = dict(models.AlexNet_Weights.IMAGENET1K_V1.get_state_dict(check_hash=True))
        except (OSError, RuntimeError) as error:  # of the net, and a wrong hash
            detail = " ".join(str(error).split())
            raise UserError(f"weights of alexnet: could not be downloaded ({detail}); name a file instead") from error
        return found

    def first(self, images: Tensor) -> Tensor:
        """E1: images [n, 3, height, width] in [0, 1] -> pool5 [n, 256, 6, 6]."""
        h1: Tensor = self.network.avgpool(self.network.features(self.seeing(resized(images, ALEXNET_SIDE))))
        return h1

    def encode(self, h1: Tensor) -> Tensor:
        """E2: fc6 [n, 4096], after its ReLU."""
        code: Tensor = self.network.classifier[:CODE](h1.flatten(1))
        return code

    def forward(self, images: Tensor) -> Seen:
        """One pass that serves encoding, steering and judging alike."""
        h1 = self.first(images)
        code = self.encode(h1)
        return Seen(h1, code, self.network.classifier[CODE:](code), code)


def _network(num_classes: int) -> Any:
    return models.alexnet(weights=None, num_classes=num_classes)

"""BVLC CaffeNet, the paper's encoder E and its class condition C in one network [C]; the Places network is alike."""

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.networks import blobs
from ppgn_bench.networks.classifier import POOLED
from ppgn_bench.networks.paper_options import CaffenetOptions
from ppgn_bench.networks.seeing import Seeing
from ppgn_bench.networks.sizes import Sizes

GROUPS = 2  # of conv2, conv4 and conv5


class CaffenetActivations(NamedTuple):
    """What one pass makes, as `classifier.Activations`: h1 is pool5, the code fc6 after its ReLU, the logits fc8; and
    conv5 before its ReLU, whose units the release shows.
    """

    h1: Tensor  # [n, channel, height, width]
    code: Tensor  # [n, code]
    logits: Tensor  # [n, class]
    pooled: Tensor  # [n, channel * 16]; [n, 0] without the head
    conv5: Tensor  # [n, channel, height, width]


class Caffenet(nn.Module):
    """E1: image -> pool5 = h1; E2: h1 -> fc6 = code; C: code -> fc7, fc8. Pooling comes before normalisation.

    Images in [0, 1] become what Caffe feeds it: the middle, blue first, 0 to 255 less the mean. Its poolings round up,
    as Caffe's. The head `pooled` is this suite's, to train it as its own classifier; a network of a file has none.
    """

    options_class = CaffenetOptions

    def __init__(self, sizes: Sizes, options: CaffenetOptions) -> None:
        super().__init__()
        one, two, three, four, five = options.widths
        self.conv1 = nn.Conv2d(sizes.channels, one, 11, stride=4)
        self.conv2 = nn.Conv2d(one, two, 5, padding=2, groups=GROUPS)
        self.conv3 = nn.Conv2d(two, three, 3, padding=1)
        self.conv4 = nn.Conv2d(three, four, 3, padding=1, groups=GROUPS)
        self.conv5 = nn.Conv2d(four, five, 3, padding=1, groups=GROUPS)
        self.pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.norm = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75)  # over channels, alpha over their number: as Caffe's
        self.fc6 = nn.Linear(five * options.sides(sizes)[-1] ** 2, options.code_size)
        self.fc7 = nn.Linear(options.code_size, options.hidden)
        self.fc8 = nn.Linear(options.hidden, options.num_outputs(sizes))
        self.pooled = None if options.weights else nn.Linear(options.code_size, sizes.channels * POOLED**2)
        self.seeing, self.dropout, self.rescaled = Seeing(options), options.dropout, options.rescaled

    @property
    def classes(self) -> nn.Linear:
        """What gives the logits."""
        return self.fc8

    def last_convolution(self, images: Tensor) -> Tensor:
        """Images [n, channel, height, width] in [0, 1] -> conv5, before its ReLU."""
        seen = self.seeing(images).flip(1)  # blue first
        seen = self.norm(self.pool(F.relu(self.conv1(seen))))
        seen = self.norm(self.pool(F.relu(self.conv2(seen))))
        found: Tensor = self.conv5(F.relu(self.conv4(F.relu(self.conv3(seen)))))
        return found

    def first(self, images: Tensor) -> Tensor:
        """E1: images [n, channel, height, width] in [0, 1] -> h1."""
        return self._pool5(self.last_convolution(images))

    def _pool5(self, conv5: Tensor) -> Tensor:
        pooled: Tensor = self.pool(F.relu(conv5))
        return pooled

    def encode(self, h1: Tensor) -> Tensor:
        """E2: h1 [n, channel, height, width] -> code [n, code], after the ReLU. Channel by channel, as Caffe's."""
        return F.relu(self.fc6(h1.flatten(1)))

    def forward(self, images: Tensor) -> CaffenetActivations:
        """One pass that serves prior and condition alike."""
        conv5 = self.last_convolution(images)
        h1 = self._pool5(conv5)
        code = self.encode(h1)
        hidden = F.relu(self.fc7(F.dropout(code, self.dropout, self.training)))
        logits = self.fc8(F.dropout(hidden, self.dropout, self.training))
        pooled = code.new_zeros(len(code), 0) if self.pooled is None else self.pooled(code)
        return CaffenetActivations(h1, code, logits, pooled, conv5)

    def scale(self, h1_mean: Tensor, code_mean: Tensor) -> None:
        """Divide h1 and h by their means, by what gives them; nothing else changes. Nothing at all where the codes stay
        as they are (`rescaled`).
        """
        if not self.rescaled:
            return
        for layer, mean in ((self.conv5, h1_mean), (self.fc6, code_mean)):
            assert layer.bias is not None
            layer.weight.div_(mean)
            layer.bias.div_(mean)
        self.fc6.weight.mul_(h1_mean)
        for head in (self.fc7, self.pooled):
            if head is not None:
                head.weight.mul_(code_mean)

    @staticmethod
    def from_file(arrays: Mapping[str, Tensor], options: CaffenetOptions) -> dict[str, Tensor]:
        """The network's own weights from the arrays of a converted caffemodel, "conv1.0" its weights, "conv1.1" its
        biases, ...; fc8's units in the order of the data set's classes, the others behind them.

        Raises UserError for an array that is missing or of another shape, and for classes that the file does not have.
        """
        one, two, three, four, five = options.widths
        shapes: dict[str, blobs.Shape] = {
            "conv1": (one, None, 11, 11),
            "conv2": (two, one // GROUPS, 5, 5),
            "conv3": (three, two, 3, 3),
            "conv4": (four, three // GROUPS, 3, 3),
            "conv5": (five, four // GROUPS, 3, 3),
            "fc6": (options.code_size, None),
            "fc7": (options.hidden, options.code_size),
            "fc8": (options.outputs or None, options.hidden),
        }
        found = blobs.weights_and_biases(arrays, shapes)
        if options.classes:
            order = blobs.first_of(options.classes, len(found["fc8.bias"]))
            found |= {name: found[name][order] for name in ("fc8.weight", "fc8.bias")}
        return found

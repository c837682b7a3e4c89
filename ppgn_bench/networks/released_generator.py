"""The generator G of the release (Noiseless Joint PPGN-h), the same architecture as DGN-AM's [C]."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ppgn_bench.networks import blobs
from ppgn_bench.networks.generator import SLOPE
from ppgn_bench.networks.paper_options import ReleasedGeneratorOptions
from ppgn_bench.networks.sizes import Sizes


class ReleasedGenerator(nn.Module):
    """G: code -> three dense layers -> maps of 4 x 4 -> transposed convolutions -> image of 256 x 256.

    Leaky ReLUs after all layers but the last, no normalisation. The last layer makes pixels of about +-120, blue first,
    less the mean; here they become images as the suite has them, red first, black 0 and white 1. As in the release
    nothing cuts them there: what keeps and shows images does. Where images are smaller than 256 pixels they are the
    middle, as the release's samples are.
    """

    options_class = ReleasedGeneratorOptions
    mean: Tensor  # [channel or 1, 1, 1]

    def __init__(self, sizes: Sizes, options: ReleasedGeneratorOptions) -> None:
        super().__init__()
        self.shape = (options.first, options.side, options.side)
        dense: dict[str, nn.Module] = {}
        for name, units_in, units in options.dense(sizes.code_size):
            dense |= {name: nn.Linear(units_in, units), f"{name}_relu": nn.LeakyReLU(SLOPE)}
        maps: dict[str, nn.Module] = {}
        for name, width_in, width, stride in options.layers(sizes.channels):
            convolution = nn.ConvTranspose2d(width_in, width, 2 + stride, stride=stride, padding=1)
            maps |= {name: convolution, f"{name}_relu": nn.LeakyReLU(SLOPE, inplace=True)}
        maps.popitem()  # no ReLU after the last
        self.dense = nn.Sequential()
        self.maps = nn.Sequential()
        for layers, named in ((self.dense, dense), (self.maps, maps)):
            for name, layer in named.items():
                layers.add_module(name, layer)
        self.register_buffer("mean", torch.tensor(options.mean)[:, None, None], persistent=False)
        self.levels, self.size = options.levels, sizes.image_size

    def forward(self, codes: Tensor) -> Tensor:
        """Codes [n, code] -> images [n, channel, height, width], mostly in [0, 1]."""
        drawn = self.maps(self.dense(codes).unflatten(1, self.shape))
        top = (drawn.shape[-1] - self.size) // 2
        middle = drawn[..., top : top + self.size, top : top + self.size]
        return middle.flip(1) / self.levels + self.mean  # red first

    @staticmethod
    def from_file(arrays: Mapping[str, Tensor], options: ReleasedGeneratorOptions) -> dict[str, Tensor]:
        """The network's own weights from the arrays of the converted generator.caffemodel, "defc7.0", "deconv5.0", ...

        Raises UserError for an array that is missing or of another shape.
        """
        sizes = [(name, (b, a or None)) for name, a, b in options.dense(0)]
        dense = blobs.weights_and_biases(arrays, dict(sizes))
        shapes: dict[str, blobs.Shape] = {
            name: (width_in, width or None, 2 + stride, 2 + stride)
            for name, width_in, width, stride in options.layers(0)
        }
        maps = blobs.weights_and_biases(arrays, shapes, outputs=1)
        return {f"dense.{key}": value for key, value in dense.items()} | {
            f"maps.{key}": value for key, value in maps.items()
        }

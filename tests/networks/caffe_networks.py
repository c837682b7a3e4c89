"""Networks of the released architectures in any size: their prototxt, and files with random weights."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ppgn_bench.networks.paper_options import CaffenetOptions, ReleasedGeneratorOptions
from ppgn_bench.networks.sizes import Sizes
from tests.caffe.writing import caffemodel, of_2014

Arrays = dict[str, np.ndarray]  # "conv1.0": weights, "conv1.1": biases


@dataclass
class Network:
    """Of one architecture in one size: what Caffe is told, and arrays of its shapes."""

    prototxt: str
    types: Mapping[str, str]
    arrays: Arrays

    @property
    def has_words_of_2014(self) -> bool:
        return '"Reshape"' not in self.prototxt

    def write(self, folder: Path, generation: int = 2, legacy: bool = False) -> tuple[Path, Path]:
        """Its two files, as the release has them; or as older Caffe wrote them, in layers of 2014 and with blobs of
        four sides. A prototxt of 2014 has no word for a Reshape: then it stays today's, and the weights are older.
        """
        places = folder / "deploy.prototxt", folder / "weights.caffemodel"
        places[0].write_text(of_2014(self.prototxt) if generation == 1 and self.has_words_of_2014 else self.prototxt)
        layers = {
            name: (kind, [self.arrays[f"{name}.0"], self.arrays[f"{name}.1"]]) for name, kind in self.types.items()
        }
        places[1].write_bytes(caffemodel(layers, generation=generation, legacy=legacy))
        return places


def _input(name: str, *dims: int) -> str:
    return f'input: "{name}"\ninput_shape {{ {" ".join(f"dim: {dim}" for dim in dims)} }}\n'


def _layer(name: str, kind: str, bottom: str, top: str, parameters: str = "") -> str:
    return f'layer {{ name: "{name}" type: "{kind}" bottom: "{bottom}" top: "{top}" {parameters} }}\n'


def _relu(of: str, slope: float = 0.0) -> str:
    return _layer(f"relu_{of}", "ReLU", of, of, f"relu_param {{ negative_slope: {slope} }}")


def _normal(rng: np.random.Generator, shape: tuple[int, ...], outputs: int) -> Iterator[np.ndarray]:
    """Weights that keep the size of what passes, and biases. outputs: their axis, 1 of deconvolutions."""
    inputs = np.prod(shape) / shape[outputs]
    if outputs == 1 and shape[-1] == 4:  # of stride 2: a pixel has a quarter of the kernel
        inputs /= 4
    yield rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / inputs))
    yield rng.standard_normal(shape[outputs], np.float32) / 10


def _filled(shapes: Mapping[str, tuple[int, ...]], seed: int, outputs: Mapping[str, int]) -> Arrays:
    rng = np.random.default_rng(seed)
    return {
        f"{name}.{number}": array
        for name, shape in shapes.items()
        for number, array in enumerate(_normal(rng, shape, outputs.get(name, 0)))
    }


def caffenet(sizes: Sizes, options: CaffenetOptions, seed: int = 0) -> Network:
    """BVLC CaffeNet: pooling before normalisation."""
    side, sides = options.side(sizes), options.sides(sizes)
    text, last = _input("data", 1, sizes.channels, side, side), "data"
    kernels = {"conv1": (11, 4, 0, 1), "conv2": (5, 1, 2, 2), "conv3": (3, 1, 1, 1), "conv4": (3, 1, 1, 2),
               "conv5": (3, 1, 1, 2)}  # fmt: skip
    shapes: dict[str, tuple[int, ...]] = {}
    channels = sizes.channels
    for (name, (kernel, stride, pad, group)), width in zip(kernels.items(), options.widths, strict=True):
        own = f"num_output: {width} kernel_size: {kernel} stride: {stride} pad: {pad} group: {group}"
        text += _layer(name, "Convolution", last, name, f"convolution_param {{ {own} }}") + _relu(name)
        shapes[name], channels, last = (width, channels // group, kernel, kernel), width, name
        if name in ("conv1", "conv2", "conv5"):
            pool = f"pool{name[-1]}"
            text += _layer(pool, "Pooling", last, pool, "pooling_param { pool: MAX kernel_size: 3 stride: 2 }")
            last = pool
        if name in ("conv1", "conv2"):
            norm = f"norm{name[-1]}"
            text += _layer(norm, "LRN", last, norm, "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }")
            last = norm
    units = channels * sides[-1] ** 2
    for name, width in (("fc6", options.code_size), ("fc7", options.hidden), ("fc8", options.num_outputs(sizes))):
        text += _layer(name, "InnerProduct", last, name, f"inner_product_param {{ num_output: {width} }}")
        text += _relu(name) if name != "fc8" else ""
        shapes[name], units, last = (width, units), width, name
    types = {name: "Convolution" if name.startswith("conv") else "InnerProduct" for name in shapes}
    return Network(text, types, _filled(shapes, seed, {}))


def generator(sizes: Sizes, options: ReleasedGeneratorOptions, seed: int = 0) -> Network:
    """The release's generator: layers of stride 1 are deconvolutions too."""
    text, last = _input("feat", 1, sizes.code_size), "feat"
    shapes: dict[str, tuple[int, ...]] = {}
    for name, units_in, units in options.dense(sizes.code_size):
        text += _layer(name, "InnerProduct", last, name, f"inner_product_param {{ num_output: {units} }}")
        text += _relu(name, 0.3)
        shapes[name], last = (units, units_in), name
    dims = f"dim: 1 dim: {options.first} dim: {options.side} dim: {options.side}"
    text += _layer("reshape", "Reshape", last, "reshape", f"reshape_param {{ shape {{ {dims} }} }}")
    last = "reshape"
    layers = options.layers(sizes.channels)
    for name, width_in, width, stride in layers:
        own = f"num_output: {width} kernel_size: {2 + stride} stride: {stride} pad: 1"
        text += _layer(name, "Deconvolution", last, name, f"convolution_param {{ {own} }}")
        text += _relu(name, 0.3) if name != "deconv0" else ""
        shapes[name], last = (width_in, width, 2 + stride, 2 + stride), name
    types = {name: "InnerProduct" if name.startswith("defc") else "Deconvolution" for name in shapes}
    arrays = _filled(shapes, seed, {name: 1 for name, *_ in layers})
    arrays["deconv0.0"] *= 60  # pixels of about +-120
    return Network(text, types, arrays)

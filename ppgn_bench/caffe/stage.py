"""A file of Caffe's as arrays: what `ppgn-bench import-caffe` writes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ppgn_bench.caffe import layers, opening
from ppgn_bench.caffe.blobs import Blob, blob, values
from ppgn_bench.caffe.layers import Layer
from ppgn_bench.caffe.wire import Bytes
from ppgn_bench.errors import UserError

KIND, KIND_OF_MEAN = "caffe", "caffe-mean"

Progress = Callable[[int], object]  # takes the numbers that were read since it was last called


class Imported(NamedTuple):
    """Arrays, float32, and their header; arrays are named <layer>.<number of the blob>, conv1.0; a mean image mean."""

    arrays: dict[str, np.ndarray]
    header: dict[str, Any]


def read(path: Path, progress: Progress = lambda count: None) -> Imported:
    """Read a .caffemodel or a mean image (.binaryproto): its arrays lie in memory, the file is let go.

    Header: kind, "caffe" or "caffe-mean"; network, its name; layers, name -> type; source, the file's name; sha256, of
    its bytes. Raises UserError that names the file, the layer and the byte.
    """
    content = opening.mapped(path)
    try:
        made = _mean(content, progress) if opening.is_mean(content) else _network(content, progress)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    digest = hashlib.sha256(content).hexdigest()
    return made._replace(header={**made.header, "source": path.name, "sha256": digest})


def _network(content: Bytes, progress: Progress) -> Imported:
    found = layers.network(content)
    arrays = {}
    for layer in found.layers:
        for number, own in enumerate(layer.blobs):
            try:
                numbers = _numbers(content, own, progress)
            except UserError as error:
                raise UserError(f"layer {layer.name!r}, blob {number}: {error}") from error
            arrays[f"{layer.name}.{number}"] = numbers.reshape(layers.true_shape(layer, number))
    types = {layer.name: layer.type for layer in found.layers if layer.name}
    return Imported(arrays, {"kind": KIND, "network": found.name, "layers": types})


def _mean(content: Bytes, progress: Progress) -> Imported:
    try:
        own = blob(content, 0, len(content))
        numbers = _numbers(content, own, progress)
    except UserError as error:
        raise UserError(f"as a mean image, which it begins like: {error}") from error
    shape = layers.true_shape(Layer("mean", "", (own,)), 0)
    return Imported({"mean": numbers.reshape(shape)}, {"kind": KIND_OF_MEAN})


def _numbers(content: Bytes, own: Blob, progress: Progress) -> np.ndarray:
    numbers = values(content, own)
    progress(own.size)
    return numbers

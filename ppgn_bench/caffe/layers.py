"""A network of Caffe's (NetParameter): its layers with their blobs, in all three generations of the format.

Today's layers are field 100 and say their type in words; those of 2014 are field 2, their type a number; the oldest
lie inside these, as their field 1. Only names, types and blobs are read. A mean image is a blob alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ppgn_bench.caffe import wire
from ppgn_bench.caffe.blobs import Blob, blob
from ppgn_bench.caffe.wire import Bytes, Field
from ppgn_bench.errors import UserError

NAME = 1  # of the network
MOST_LAYERS = 10_000
MOST_BLOBS = 1000  # of a layer


class Generation(NamedTuple):
    """Field numbers of a layer; inside: the field that holds a layer of the oldest generation, if any does."""

    name: int
    type: int
    blobs: int
    inside: int = 0


OLDEST = Generation(name=1, type=2, blobs=50)
GENERATIONS = {100: Generation(name=1, type=2, blobs=7), 2: Generation(name=4, type=5, blobs=6, inside=1)}
# Caffe's V1LayerParameter.LayerType, as today's files spell it.
TYPES = {
    0: "None", 1: "Accuracy", 2: "BNLL", 3: "Concat", 4: "Convolution", 5: "Data", 6: "Dropout", 7: "EuclideanLoss",
    8: "Flatten", 9: "HDF5Data", 10: "HDF5Output", 11: "Im2col", 12: "ImageData", 13: "InfogainLoss",
    14: "InnerProduct", 15: "LRN", 16: "MultinomialLogisticLoss", 17: "Pooling", 18: "ReLU", 19: "Sigmoid",
    20: "Softmax", 21: "SoftmaxWithLoss", 22: "Split", 23: "TanH", 24: "WindowData", 25: "Eltwise", 26: "Power",
    27: "SigmoidCrossEntropyLoss", 28: "HingeLoss", 29: "MemoryData", 30: "ArgMax", 31: "Threshold", 32: "DummyData",
    33: "Slice", 34: "MVN", 35: "AbsVal", 36: "Silence", 37: "ContrastiveLoss", 38: "Exp", 39: "Deconvolution",
}  # fmt: skip
OLD_WORDS = {"conv": "Convolution", "innerproduct": "InnerProduct", "lrn": "LRN", "pool": "Pooling", "relu": "ReLU",
             "dropout": "Dropout", "softmax": "Softmax", "softmax_loss": "SoftmaxWithLoss"}  # fmt: skip
# Axes that a blob of the old form truly has, by type and number: its four dimensions begin with ones. Others: one.
AXES = {("Convolution", 0): 4, ("Deconvolution", 0): 4, ("InnerProduct", 0): 2}


class Layer(NamedTuple):
    """A layer: its type in today's words, and its blobs in their order (weights, then biases)."""

    name: str
    type: str
    blobs: tuple[Blob, ...]


class Network(NamedTuple):
    """A network: layers without weights stand among the others."""

    name: str
    layers: tuple[Layer, ...]


def network(content: Bytes) -> Network:
    """The network in a file's bytes, its numbers not looked at.

    Raises UserError, with the layer's name or number: what `wire` and `blobs` refuse, layers of two generations, two
    layers of one name of which one has weights, no weights at all.
    """
    name, layers, generations = "", list[Layer](), set()
    for field in _own_fields(content):
        if field.number == NAME:
            name = wire.text(content, field)
        elif field.number in GENERATIONS:
            generations.add(field.number)
            layers.append(_layer(content, field, f"layer number {len(layers) + 1}"))
        if len(layers) > MOST_LAYERS:
            raise UserError(f"byte {field.at}: more than {MOST_LAYERS} layers")
    if len(generations) > 1:
        raise UserError("has layers of two generations (fields 2 and 100); Caffe writes one")
    if not layers:
        raise UserError("has no layers: no network, or an empty one")
    if not any(layer.blobs for layer in layers):
        raise UserError(f"none of its {len(layers)} layers has weights: a description without them?")
    _require_own_names(layers)
    return Network(name, tuple(layers))


def _own_fields(content: Bytes) -> Iterator[Field]:
    try:
        yield from wire.fields(content, 0, len(content))
    except UserError as error:  # of the network's own fields alone: what is wrong in a layer is raised outside
        raise UserError(f"damaged, or no file of Caffe's: {error}") from error


def _require_own_names(layers: list[Layer]) -> None:
    """Refuse two layers of one name, unless none has weights: a network for training has two that are called data."""
    found: dict[str, bool] = {}
    for layer in layers:
        if layer.name in found and (layer.blobs or found[layer.name]):
            raise UserError(f"layer {layer.name!r}: there are two of this name")
        found[layer.name] = bool(layer.blobs)


def _layer(content: Bytes, message: Field, place: str) -> Layer:
    """One layer; `place` says which where its name is not known yet, or is missing."""
    name, kind, blobs = "", "", list[Blob]()
    part = ""  # of the layer, for what is wrong in it
    try:
        for field, generation in _parts(content, message):
            if field.number == generation.name:
                name = wire.text(content, field)
            elif field.number == generation.type:
                kind = _type(content, field, generation)
            elif field.number == generation.blobs:
                wire.require(field, wire.LEN)
                part = f", blob {len(blobs)}"
                blobs.append(blob(content, field.start, field.stop))
                part = ""
            if len(blobs) > MOST_BLOBS:
                raise UserError(f"byte {field.at}: more than {MOST_BLOBS} blobs")
        if blobs and not name:
            raise UserError(f"byte {message.at}: has weights and no name")
    except UserError as error:
        raise UserError(f"{f'layer {name!r}' if name else place}{part}: {error}") from error
    return Layer(name, kind, tuple(blobs))


def _parts(content: Bytes, message: Field) -> Iterator[tuple[Field, Generation]]:
    """The fields of a layer, each with the generation that says what it is."""
    wire.require(message, wire.LEN)
    outer = GENERATIONS[message.number]
    for field in wire.fields(content, message.start, message.stop):
        if field.number == outer.inside:
            wire.require(field, wire.LEN)
            yield from ((own, OLDEST) for own in wire.fields(content, field.start, field.stop))
        else:
            yield field, outer


def _type(content: Bytes, field: Field, generation: Generation) -> str:
    if generation is GENERATIONS[2]:
        wire.require(field, wire.VARINT)
        return TYPES.get(field.value, f"number {field.value}")  # some branches of Caffe have types of their own
    words = wire.text(content, field)
    return OLD_WORDS.get(words, words)


def true_shape(layer: Layer, number: int) -> tuple[int, ...]:
    """The shape of a layer's blob as today's Caffe has it: the old form's leading ones are dropped.

    1 x 1 x 4096 x 9216 of an inner product are [out, in] = 4096 x 9216, and 1 x 1 x 1 x 4096 biases are 4096; the
    weights of a convolution keep all four, [out, in / groups, height, width] (of a deconvolution in and out change
    places).
    """
    shape = layer.blobs[number].shape
    axes = AXES.get((layer.type, number), 1)
    while layer.blobs[number].legacy and len(shape) > axes and shape[0] == 1:
        shape = shape[1:]
    return shape

"""Targets: what chains are steered to. A condition makes them; every chain keeps its own, and the metrics ask it.

A target is a name for readers, the values that its condition reads, and what independent judges should see: a class
reads and asks {"label": 3}, a value of a factor {"thickness": 2}; a hidden unit is {"rank": 0}, the most selective one
of its layer, and asks nothing; a caption reads {"words": [4, 1, 7]} and asks the class and the factors that it names; a
context reads {"original": [3, 17], "mask": 1}, the class and the number of a real image and the mask of its hole. A sum
of several conditions has the values of all. Nothing here imports torch.

A function of a data set gives all targets of a condition; `named` finds one by its name, or makes it of a text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ppgn_bench.data import captions, masks
from ppgn_bench.data.contexts import SPLIT
from ppgn_bench.errors import UserError, brief, hint

if TYPE_CHECKING:
    from ppgn_bench.data.table import Dataset

Value = int | float | list[int] | list[float]

UNITS = 6  # of a layer, the most selective ones, that chains are steered to unless a config says otherwise
CONTEXTS = 1  # real images of a class whose hole is filled, likewise
HOLES = ("centre", "left")  # of these, likewise
MIDDLE = -1  # of a layer: a row or column that nobody names


@dataclass(frozen=True)
class Target:
    """What a chain is steered to; a value is a number, or a list of as many as that of every other target.

    Where another target has a value that this one lacks, this one has -1 there.
    asks: what independent judges should see, the class as "label", a factor by its name.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    values: Mapping[str, Value]
    asks: Mapping[str, int] = field(default_factory=dict)

    @property
    def label(self) -> int | None:
        """The class that a judge should see; None where the target is no class."""
        return self.asks.get("label")


def classes(dataset: Dataset) -> tuple[Target, ...]:
    """Every class of a data set, in its order."""
    return tuple(Target(name, {"label": label}, {"label": label}) for label, name in enumerate(dataset.class_names))


def values(dataset: Dataset) -> tuple[Target, ...]:
    """Every value of every factor of a data set, in their order: "thin", "hue red"."""
    return tuple(
        Target(name, {factor: number}, {factor: number})
        for factor, names in dataset.factors.items()
        for number, name in enumerate(names)
    )


def units(dataset: Dataset) -> tuple[Target, ...]:
    """The most selective units of the encoder's last convolution layer, from the first on."""
    return tuple(unit(dataset, f"unit {rank + 1}") for rank in range(UNITS))


def unit(dataset: Dataset, text: str) -> Target:
    """The unit of this rank, "unit 1" being the most selective one. Raises UserError for another text."""
    word, _, number = text.partition(" ")
    if word != "unit" or not number.isascii() or not number.isdigit() or int(number) < 1:
        raise UserError(f'unknown unit {brief(text)}; must be "unit 1" for the most selective one, "unit 2", ...')
    return Target(text, {"rank": int(number) - 1})


class Unit(NamedTuple):
    """A unit of a layer by its numbers, from 0; no row and column: in the middle of the layer."""

    layer: str  # as `networks.layers` names them
    channel: int
    row: int | None = None
    column: int | None = None

    @property
    def text(self) -> str:
        """As `unit_of_layer` reads it."""
        place = "" if self.row is None else f"@{self.row},{self.column}"
        return f"{self.layer}:{self.channel}{place}"

    @property
    def numbers(self) -> dict[str, int | None]:
        """What a condition reads of it, name -> number."""
        return {"channel": self.channel, "row": self.row, "column": self.column}


def unit_of_layer(text: str) -> Unit | None:
    """The unit of "conv2:5" or "conv2:5@3,4", layer, channel, row and column; None for a text of another form."""
    found = re.fullmatch(r"(\w+):(\d+)(?:@(\d+),(\d+))?", text, re.ASCII)
    if found is None:
        return None
    layer, *numbers = found.groups()
    channel, row, column = (None if number is None else int(number) for number in numbers)
    assert channel is not None
    return Unit(layer, channel, row, column)


def units_of_conv5(dataset: Dataset) -> tuple[Target, ...]:
    """The first channels of conv5, in its middle."""
    return tuple(unit_of_conv5(dataset, Unit("conv5", channel).text) for channel in range(UNITS))


def unit_of_conv5(dataset: Dataset, text: str) -> Target:
    """The unit of "conv5:196", in the middle of the layer, or "conv5:196@6,6". Raises UserError for another text."""
    found = unit_of_layer(text)
    if found is None or found.layer != "conv5":
        raise UserError(
            f'unknown unit {brief(text)}; must be "conv5:196", a channel, or "conv5:196@6,6", its place too'
        )
    place = [MIDDLE if number is None else number for number in (found.row, found.column)]
    return Target(text, {"unit": [found.channel, *place]})


def every_caption(dataset: Dataset) -> tuple[Target, ...]:
    """A caption of each shape and hue that no captioner sees together while it learns; grounds and sizes in turn."""
    return tuple(
        caption(dataset, captions.caption(shape, {"hue": hue, "background": place % 2, "size": place % 3}))
        for place, (shape, hue) in enumerate(sorted(captions.HELD_OUT))
    )


def caption(dataset: Dataset, text: str) -> Target:
    """The caption of a text. Raises UserError for an unknown word, with the nearest known ones."""
    return Target(text, {"words": captions.numbers(text)}, captions.asked(text))


def contexts(dataset: Dataset) -> tuple[Target, ...]:
    """A hole in each of some real images of every class, to be filled by its own class; HOLES of each."""
    texts = (
        f"{name}:{number} {mask}"
        for mask, name, number in itertools.product(HOLES, dataset.class_names, range(1, CONTEXTS + 1))
    )
    return tuple(context(dataset, text) for text in texts)


def context(dataset: Dataset, text: str) -> Target:
    """A real image with a hole, to be filled by its own class: "7:2 left" is the second real 7 without its left half.

    Raises UserError for another text, an unknown class or mask.
    """
    bare = bare_context(dataset, text)
    original = bare.values["original"]
    assert isinstance(original, list)
    label = int(original[0])
    return Target(text, {"label": label, **bare.values}, {"label": label})


def bare_context(dataset: Dataset, text: str) -> Target:
    """A real image with a hole, as `context`, which says nothing of what belongs into it."""
    front, _, mask = text.rpartition(" ")
    name, _, number = front.rpartition(":")
    if not number.isascii() or not number.isdigit() or int(number) < 1:
        form = f'"{dataset.class_names[0]}:1 centre": a class, the number of its image, a mask'
        raise UserError(f"unknown context {brief(text)}; must be as {form}")
    if name not in dataset.class_names:
        raise UserError(f"context {brief(text)}: unknown class {brief(name)}; {hint(name, dataset.class_names)}")
    if mask not in masks.MASKS:
        raise UserError(f"context {brief(text)}: unknown mask {brief(mask)}; {hint(mask, masks.MASKS)}")
    if int(number) > (most := dataset.split_sizes[SPLIT]):
        raise UserError(f"context {brief(text)}: there is no image of this number; {SPLIT} has {most} of all classes")
    original = [dataset.class_names.index(name), int(number) - 1]
    return Target(text, {"original": original, "mask": [*masks.MASKS].index(mask)})


def of_name(known: Sequence[Target], text: str) -> Target:
    """The target of this name. Raises UserError that lists those that there are."""
    by_name = {target.name: target for target in known}
    if text not in by_name:
        raise UserError(f"unknown target {brief(text)}; {hint(text, by_name)}")
    return by_name[text]


def together(parts: Sequence[Target]) -> Target:
    """What chains want that are steered by a sum of conditions: the values of all. Raises UserError for a clash."""
    name = " + ".join(part.name for part in parts)
    merged: list[dict[str, Any]] = []
    for kind in ("values", "asks"):
        found: dict[str, Any] = {}
        for key, value in (item for part in parts for item in getattr(part, kind).items()):
            if found.setdefault(key, value) != value:
                raise UserError(f"{name}: asks for two different values of {key!r}; a chain can have one")
        merged.append(found)
    return Target(name, *merged)

"""Targets: what chains are steered to. A condition makes them; every chain keeps its own, and the metrics ask it.

A target is a name for readers and the values that its condition reads: a class is {"label": 3}, a hidden unit
{"channel": 12, "row": 6, "column": 6}, a caption {"words": [4, 1, 7]}, a context {"image": 17, "hole": [4, 4, 8, 8]} by
the number of a real image; a sum of several has the values of all. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ppgn_bench.data.table import Dataset

Value = int | float | list[int] | list[float]


@dataclass(frozen=True)
class Target:
    """What a chain is steered to; a value is a number, or a list of as many as that of every other target."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    values: Mapping[str, Value]

    @property
    def label(self) -> int | None:
        """The class that a judge should see; None where the target is no class."""
        label = self.values.get("label")
        return None if label is None or isinstance(label, list) else int(label)


def classes(dataset: Dataset) -> tuple[Target, ...]:
    """Every class of a data set, in its order."""
    return tuple(Target(name, {"label": label}) for label, name in enumerate(dataset.class_names))

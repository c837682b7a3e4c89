"""What a chain is steered to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Target:
    """What a chain is steered to, as its condition reads it; the name is what a reader sees.

    values: by name, numbers or lists of them; "label" is the class that the judge should see, where the target is one.
    """

    name: str
    values: Mapping[str, int | float | list[Any]]

    @property
    def label(self) -> int | None:
        """The class that the judge should see; None where the target is no class."""
        label = self.values.get("label")
        return int(label) if isinstance(label, int | float) else None

"""What an architecture must know of its data set."""

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Sizes:
    """Of the images (pixels a side), the classes, the modes of a class, and the code; 0 where there is none.

    factors: name -> number of values, for a network that tells them; {} for all others and where there are none.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # where it is read from JSON

    channels: int
    image_size: int
    num_classes: int
    num_modes: int
    code_size: int = 0
    factors: dict[str, int] = field(default_factory=dict)

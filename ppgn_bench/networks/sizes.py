"""What an architecture must know of its data set."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Sizes:
    """Of the images, the classes and the code; widths: channels of the convolutions of encoder and generator."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # where it is read from JSON

    channels: int
    image_size: int
    num_classes: int
    num_modes: int
    code_size: int
    encoder_widths: tuple[int, ...]
    generator_widths: tuple[int, ...]

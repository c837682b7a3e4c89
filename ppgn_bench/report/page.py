"""One self-contained page: sections of blocks, put into the template. It knows nothing of what they say."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Text:
    """A paragraph; tone "plain", "note" (small) or "bad" (red)."""

    text: str
    tone: str = "plain"
    block: ClassVar[str] = "text"


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    items: Sequence[str]
    block: ClassVar[str] = "points"


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    text: str
    block: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Cell:
    """A cell of a table: the text, a smaller line below it, and marks: "best", "bad", "control", "text"."""

    text: str
    small: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table with a caption; the first column stays in sight when a narrow screen scrolls the others."""

    caption: str
    header: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    block: ClassVar[str] = "table"


@dataclass(frozen=True)
class Shown:
    """A drawn figure: name of its files, PNG (two pixels for one of the page), caption, alternative text."""

    name: str
    png: bytes
    caption: str
    alt: str

    @property
    def source(self) -> str:
        """The same pixels as a data URI, in lossless WebP: half of the PNG's bytes."""
        buffer = BytesIO()
        Image.open(BytesIO(self.png)).convert("RGB").save(buffer, "WEBP", lossless=True, method=2)
        return "data:image/webp;base64," + b64encode(buffer.getvalue()).decode()

    @property
    def width(self) -> int:
        """Width on the page in pixels: half of the PNG's, which its header holds at bytes 16 to 20."""
        return int.from_bytes(self.png[16:20], "big") // 2

    @property
    def height(self) -> int:
        """Height on the page in pixels, from bytes 20 to 24."""
        return int.from_bytes(self.png[20:24], "big") // 2


@dataclass(frozen=True)
class Figures:
    """Figures side by side, as many as fit."""

    figures: Sequence[Shown]
    block: ClassVar[str] = "figures"


@dataclass(frozen=True)
class Listing:
    """Preformatted text, folded until it is opened."""

    summary: str
    text: str
    block: ClassVar[str] = "listing"


Block = Text | Points | Heading | Table | Figures | Listing


@dataclass(frozen=True)
class Section:
    """A part of the page with an entry in its table of contents."""

    key: str
    title: str
    blocks: Sequence[Block]


def page(title: str, banner: Sequence[str], sections: Sequence[Section]) -> str:
    """The page as HTML. banner: sentences in red at its top; all texts are escaped, none is HTML."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    values: Mapping[str, Any] = {"title": title, "banner": banner, "sections": sections}
    return environment.get_template("index.html.j2").render(values)


def plain_table(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table of texts."""
    cells = [[Cell(text, marks=("text",)) for text in row] for row in rows]
    return Table(caption, [Cell(text, marks=("text",)) for text in header], cells)

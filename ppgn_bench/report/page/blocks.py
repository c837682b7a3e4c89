"""One self-contained page: sections of blocks, put into the template. It knows nothing of what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure
from PIL import Image

from ppgn_bench.report.figures import style
from ppgn_bench.report.figures.mosaics import PHOTOGRAPHS
from ppgn_bench.report.page.sprites import data_uri, photograph_uri

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_NAME = 200  # of a figure: file systems take 255 bytes, and what is written beside it has an ending more


class Block:
    """What a section is made of; the name of its class is the part of the templates that shows it."""

    @property
    def block(self) -> str:
        """That name, as the templates have it."""
        return type(self).__name__.lower()


@dataclass(frozen=True)
class Text(Block):
    """A paragraph; tone "plain", "note" (small) or "bad" (red)."""

    text: str
    tone: str = "plain"


@dataclass(frozen=True)
class Points(Block):
    """A list of sentences."""

    items: Sequence[str]


@dataclass(frozen=True)
class Heading(Block):
    """A heading inside a section."""

    text: str


@dataclass(frozen=True)
class Cell:
    """A cell of a table: the text, a smaller line below it, marks, and the number to sort by.

    marks: "best", "bad", "control", "text". value: None where there is no number.
    """

    text: str
    small: str = ""
    marks: tuple[str, ...] = ()
    value: float | None = None


@dataclass(frozen=True)
class Table(Block):
    """A table with a caption; the first column stays in sight when a narrow screen scrolls the others."""

    caption: str
    header: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Sheet(Block):
    """Tables of the same rows, which the reader sorts and filters together."""

    title: str
    tables: Sequence[Table]


@dataclass(frozen=True)
class Shown:
    """A drawn figure: name of its files, PNG (two pixels for one of the page), its caption, and whether what it shows
    are photographs.
    """

    name: str
    png: bytes
    caption: str
    photographs: bool = False

    @property
    def source(self) -> str:
        """The same pixels as a data URI, in lossless WebP: half of the PNG's bytes. Of photographs nearly the same, as
        JPEG.
        """
        picture = Image.open(BytesIO(self.png)).convert("RGB")
        return photograph_uri(picture) if self.photographs else data_uri(picture)

    @property
    def width(self) -> int:
        """Width on the page in pixels: half of the PNG's, which its header holds at bytes 16 to 20."""
        return int.from_bytes(self.png[16:20], "big") // 2

    @property
    def height(self) -> int:
        """Height on the page in pixels, from bytes 20 to 24."""
        return int.from_bytes(self.png[20:24], "big") // 2


@dataclass(frozen=True)
class Figures(Block):
    """Figures side by side, as many as fit."""

    figures: Sequence[Shown]


@dataclass(frozen=True)
class Listing(Block):
    """Preformatted text, folded until it is opened."""

    summary: str
    text: str


@dataclass(frozen=True)
class Folded(Block):
    """Blocks behind one line, until the reader opens them."""

    summary: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Widget(Block):
    """What scripts make of data that JSON can hold; without scripts nothing of it is seen.

    name: "player" or "explorer", also of its template and its script.
    """

    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """A part of the page with an entry in its table of contents."""

    key: str
    title: str
    blocks: Sequence[Block]


def page(title: str, banner: Sequence[str], sections: Sequence[Section]) -> str:
    """The page as HTML, of the sections that have blocks.

    banner: sentences in red at its top; all texts are escaped, none is HTML.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    widgets = [block.name for section in sections for block in every_block(section.blocks) if isinstance(block, Widget)]
    values: Mapping[str, Any] = {"title": title, "banner": banner, "sections": [one for one in sections if one.blocks],
                                 "widgets": widgets}  # fmt: skip
    return environment.get_template("index.html.j2").render(values)


def every_block(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks and those folded inside them."""
    for block in blocks:
        yield block
        if isinstance(block, Folded):
            yield from every_block(block.blocks)


def drawn(figure: Figure, folder: Path, name: str, caption: str) -> Shown:
    """Save a figure under this name, cut where no file can have it, and show it above this caption."""
    name = file_name(name)
    return Shown(name, style.save(figure, folder, name), caption, figure.get_label() == PHOTOGRAPHS)


def file_name(name: str) -> str:
    """The name, or where it is too long its beginning and a hash of it: a network's says all that differs of it."""
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 9]}-{sha256(name.encode()).hexdigest()[:8]}"


def headed(shown: Iterable[tuple[str, Sequence[Shown]]]) -> list[Block]:
    """Figures below their headings; no heading without a figure."""
    return [block for text, figures in shown if figures for block in (Heading(text), Figures(figures))]


def noted(key: str, title: str, how_to_read: str, blocks: Sequence[Block]) -> Section:
    """A section that first says how to read its blocks; it has none where there is nothing to read."""
    return Section(key, title, [Text(how_to_read, "note"), *blocks] if blocks else [])


def folded(section: Section, summary: str) -> Section:
    """The section with all but its first block behind one line, where there are figures or tables to fold."""
    lead, rest = section.blocks[:1], section.blocks[1:]
    if not any(isinstance(block, Figures | Table) for block in rest):
        return section
    return Section(section.key, section.title, [*lead, Folded(summary, rest)])


def plain_table(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table of texts."""
    cells = [[Cell(text, marks=("text",)) for text in row] for row in rows]
    return Table(caption, [Cell(text, marks=("text",)) for text in header], cells)

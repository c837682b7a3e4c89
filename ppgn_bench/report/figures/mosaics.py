"""Samples as pictures: every pixel of an image becomes a whole number of the figure's, never a blend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from numpy.typing import NDArray

from ppgn_bench.report.figures.style import DPI, POINT

TILE = 60  # a tile has at least so many pixels of the PNG a side, half as many on the page
GAP = 4  # white between tiles, pixels of the PNG
LABEL_LETTERS = 17  # a row label is broken after so many, or later where that makes more than two lines
LINE = round(1.7 * POINT / 72 * DPI)  # height of a line of text, pixels of the PNG

PHOTOGRAPH = 64  # pixels a side: tiles of so many are kept on the page as photographs are, smaller ones exactly
PHOTOGRAPHS = "photographs"  # the label of a figure of such tiles

Pixels = NDArray[np.uint8]


def are_photographs(tiles: Pixels) -> bool:
    """Whether tiles [..., height, width] are so large that no single pixel of one is looked at."""
    return max(tiles.shape[-2:]) >= PHOTOGRAPH


def mosaic(tiles: Pixels, gap_after_row: int | None = None, least: int = TILE) -> Pixels:
    """Tiles [row, column, channel, height, width] side by side as RGB [y, x, 3], enlarged by a whole number.

    gap_after_row: the row below which a wider gap stands; least: pixels of a tile's longer side, or more.
    """
    rows, columns, channels, height, width = tiles.shape
    scale = math.ceil(least / max(height, width))
    colour = np.repeat(tiles, 3, axis=2) if channels == 1 else tiles
    large = colour.repeat(scale, axis=3).repeat(scale, axis=4).transpose(0, 1, 3, 4, 2)
    height, width = height * scale, width * scale
    extra = 3 * GAP if gap_after_row is not None else 0
    canvas = np.full((rows * (height + GAP) - GAP + extra, columns * (width + GAP) - GAP, 3), 255, np.uint8)
    for row in range(rows):
        top = row * (height + GAP) + (extra if gap_after_row is not None and row > gap_after_row else 0)
        for column in range(columns):
            left = column * (width + GAP)
            canvas[top : top + height, left : left + width] = large[row, column]
    return canvas


def picture(
    tiles: Pixels,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    gap_after_row: int | None = None,
    least: int = TILE,
) -> Figure:
    """A figure of tiles with a label left of each row and above each column, pixel on pixel."""
    pixels = mosaic(tiles, gap_after_row, least)
    columns = tiles.shape[1]
    left, top = _margins(row_labels, column_labels, pixels.shape[1] / columns)
    width, height = left + pixels.shape[1] + GAP, top + pixels.shape[0] + GAP
    figure = _figure((width, height), tiles)
    place = (left / width, GAP / height, pixels.shape[1] / width, pixels.shape[0] / height)
    axes = figure.add_axes(place)
    axes.imshow(pixels, interpolation="none", aspect="auto")
    axes.set_axis_off()
    side = tiles.shape[3] * math.ceil(least / max(tiles.shape[3:])) + GAP
    for row, label in enumerate(_broken(row_labels)):
        lower = 3 * GAP if gap_after_row is not None and row > gap_after_row else 0
        y = row * side + side / 2 + lower
        axes.text(-3 * GAP, y, label, ha="right", va="center", linespacing=1.05)
    turned = _turned(column_labels, pixels.shape[1] / columns)
    for column, label in enumerate(column_labels):
        x = (column + 0.5) * pixels.shape[1] / columns
        axes.text(x, -2 * GAP, label, ha="center", va="bottom", rotation=90 if turned else 0)
    return figure


def noted(
    tiles: Pixels,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    notes: Sequence[Sequence[str]],
    least: int = TILE,
) -> Figure:
    """As `picture`, with a line of text below each tile; notes [row][column]."""
    rows = [mosaic(row[None], least=least) for row in tiles]
    height, wide = rows[0].shape[:2]
    tall, room = height + LINE + 2 * GAP, wide / tiles.shape[1]
    left, top = _margins(row_labels, column_labels, room)
    size = left + wide + GAP, top + tall * len(rows) + GAP
    figure = _figure(size, tiles)
    turned = _turned(column_labels, room)
    for place, (pixels, label) in enumerate(zip(rows, _broken(row_labels), strict=True)):
        axes = _placed(figure, pixels, (left, GAP + tall * (len(rows) - place) - height), size)
        axes.text(-3 * GAP, height / 2, label, ha="right", va="center", linespacing=1.05)
        for column, note in enumerate(notes[place]):
            axes.text((column + 0.5) * room, height + GAP, note, ha="center", va="top")
        for column, title in enumerate(column_labels if not place else ()):
            axes.text((column + 0.5) * room, -2 * GAP, title, ha="center", va="bottom", rotation=90 if turned else 0)
    return figure


def evenly(count: int, most: int) -> list[int]:
    """Indices of at most so many of count things, evenly spread, the first and the last among them."""
    stride = max(1, math.ceil((count - 1) / max(most - 1, 1)))
    chosen = list(range(0, count, stride))
    return chosen if chosen and chosen[-1] == count - 1 else [*chosen, count - 1]


@cache  # the same labels stand in many pictures, and to lay one out takes milliseconds
def _width(text: str) -> int:
    """Width of a line of text in pixels of the PNG."""
    if not text.strip():
        return 0
    return math.ceil(TextPath((0, 0), text, size=POINT, prop=FontProperties()).get_extents().width / 72 * DPI)


def _broken(labels: Sequence[str]) -> list[str]:
    """Row labels in lines, at most two of them, so that they stay beside their own row."""
    broken = []
    for label in labels:
        tries = (fill(label, letters) for letters in range(LABEL_LETTERS, LABEL_LETTERS + len(label) + 1))
        broken.append(next(text for text in tries if text.count("\n") < 2))
    return broken


def _turned(labels: Sequence[str], room: float) -> bool:
    """Whether column labels are too wide for their columns."""
    return max(map(_width, labels), default=0) > room


def _margins(row_labels: Sequence[str], column_labels: Sequence[str], room: float) -> tuple[int, int]:
    """Left and top margins in pixels that the labels need."""
    lines = [line for label in _broken(row_labels) for line in label.splitlines()]
    left = max(map(_width, lines), default=0)
    widest = max(map(_width, column_labels), default=0)
    top = widest if _turned(column_labels, room) else LINE * bool(column_labels)
    return left + 5 * GAP, top + 4 * GAP


def beside(groups: Mapping[str, Pixels], row_labels: Sequence[str], least: int = TILE) -> Figure:
    """Groups of columns beside each other, below their headings, with a label left of each row.

    groups: heading -> tiles [row, column, channel, height, width], all with as many rows.
    """
    parts = {heading: mosaic(tiles, least=least) for heading, tiles in groups.items()}
    wide = {heading: max(pixels.shape[1], _width(heading)) + 4 * GAP for heading, pixels in parts.items()}
    left, top = _margins(row_labels, [], 0)
    height = next(iter(parts.values())).shape[0]
    size = left + sum(wide.values()), top + LINE + height + GAP
    figure = _figure(size, next(iter(groups.values())))
    x = left
    for heading, pixels in parts.items():
        axes = _placed(figure, pixels, (x + (wide[heading] - 4 * GAP - pixels.shape[1]) // 2, GAP), size)
        axes.text(pixels.shape[1] / 2, -2 * GAP, heading, ha="center", va="bottom")
        x += wide[heading]
    rows = next(iter(groups.values())).shape[0]
    axes = figure.add_axes((0, GAP / size[1], left / size[0], height / size[1]))
    axes.set(xlim=(0, left), ylim=(height, 0))
    axes.set_axis_off()
    for row, label in enumerate(_broken(row_labels)):
        axes.text(left - 3 * GAP, (row + 0.5) * (height + GAP) / rows - GAP / 2, label, ha="right", va="center",
                  linespacing=1.05)  # fmt: skip
    return figure


def titled(tiles: Pixels, titles: Sequence[str], least: int = TILE) -> Figure:
    """Rows of tiles [row, column, channel, height, width], each below a title of its own."""
    rows = [mosaic(row[None], least=least) for row in tiles]
    wide = max([rows[0].shape[1], *map(_width, titles)]) + 2 * GAP
    tall = LINE + 2 * GAP + rows[0].shape[0]
    size = wide, tall * len(rows) + GAP
    figure = _figure(size, tiles)
    for place, (pixels, title) in enumerate(zip(rows, titles, strict=True)):
        axes = _placed(figure, pixels, (GAP, GAP + tall * (len(rows) - 1 - place)), size)
        axes.text(0, -2 * GAP, title, ha="left", va="bottom")
    return figure


def _figure(size: tuple[int, int], tiles: Pixels) -> Figure:
    """An empty figure of this width and height in pixels, for these tiles."""
    figure = Figure(figsize=(size[0] / DPI, size[1] / DPI), dpi=DPI)
    figure.set_label(PHOTOGRAPHS if are_photographs(tiles) else "")
    return figure


def _placed(figure: Figure, pixels: Pixels, at: tuple[int, int], size: tuple[int, int]) -> Axes:
    """Pixels on a figure of this size, pixel on pixel, their lower left corner at this place."""
    height, width = pixels.shape[:2]
    axes = figure.add_axes((at[0] / size[0], at[1] / size[1], width / size[0], height / size[1]))
    axes.imshow(pixels, interpolation="none", aspect="auto")
    axes.set_axis_off()
    return axes

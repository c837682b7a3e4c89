"""Samples of every variant as rows of tiles: random ones, and the best and the worst, which are named so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ppgn_bench.report.page.blocks import Block
from ppgn_bench.report.page.sprites import sprite

GAP = 1  # between tiles, in their own pixels
TILE = 32  # pixels of the page that a tile has at least
LABELS = {"best": "best", "grid": "random", "worst": "worst"}  # array of the pictures file -> label, from above


@dataclass(frozen=True)
class Rows:
    """Rows of tiles under one label; width and height on the page in pixels."""

    label: str
    source: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True)
class Card:
    """The rows of one variant."""

    title: str
    rows: Sequence[Rows]


@dataclass(frozen=True)
class Gallery(Block):
    """A card a variant; columns: what stands above the tiles, the targets."""

    columns: Sequence[str]
    cards: Sequence[Card]

    @property
    def labels(self) -> list[str]:
        """Those of its rows, each once, the random ones first."""
        found = {rows.label for card in self.cards for rows in card.rows}
        return [label for label in (LABELS["grid"], LABELS["best"], LABELS["worst"]) if label in found]


def card(title: str, pictures: Mapping[str, NDArray[Any]]) -> Card:
    """A variant's card. pictures: "grid" [target, column, channel, height, width], "best" and "worst" [target, ...]."""
    return Card(title, [_rows(title, name, pictures[name]) for name in LABELS if name in pictures])


def _rows(title: str, name: str, images: NDArray[Any]) -> Rows:
    tiles = np.swapaxes(images, 0, 1) if name == "grid" else images[np.newaxis]
    rows, columns, _, height, width = tiles.shape
    scale = math.ceil(2 * TILE / max(height, width)) / 2  # a half is whole on screens with two pixels for one
    across, down = (round(scale * (n * (side + GAP) - GAP)) for n, side in ((columns, width), (rows, height)))
    return Rows(LABELS[name], sprite(tiles, GAP), across, down, f"{title}, {LABELS[name]}: a target a column")

"""Intervals as small bars: where a line, a dot and the mark of no effect stand on an axis from 0 to 100."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LEVEL = 0.025  # one-sided, as the verdicts


@dataclass(frozen=True)
class Bar:
    """Places of an interval's ends and middle on 0 to 100, no effect at 50; tone "for", "against" or "open"."""

    low: float
    middle: float
    high: float
    tone: str


def bars(rows: Sequence[Mapping[Any, Any]], scale: str) -> list[Bar | None]:
    """Bars of intervals that share an axis, None for a row without an estimate.

    rows: with estimate, low, high, p_for and p_against. scale: "none", where 0 is no effect; else ratios: 1, drawn in
    logarithms. What is infinite ends at the edge.
    """
    placed = [[_place(row[name], scale) for name in ("low", "estimate", "high")] for row in rows]
    widest = max((abs(x) for places in placed for x in places if math.isfinite(x)), default=0.0) or 1.0
    drawn: list[Bar | None] = []
    for row, (low, middle, high) in zip(rows, placed, strict=True):
        if math.isnan(middle):
            drawn.append(None)
            continue
        ends = [middle if math.isnan(end) else end for end in (low, middle, high)]
        low, middle, high = (50 + 50 * max(-1.0, min(1.0, end / widest)) for end in ends)
        drawn.append(Bar(round(low, 2), round(middle, 2), round(high, 2), _tone(row)))
    return drawn


def _place(value: float, scale: str) -> float:
    """Signed distance from no effect."""
    if scale == "none":
        return value
    return math.log(value) if value > 0 else -math.inf if value == 0 else math.nan


def _tone(row: Mapping[Any, Any]) -> str:
    """What a part says alone, its p-values not corrected."""
    if row["p_for"] <= LEVEL:
        return "for"
    return "against" if row["p_against"] <= LEVEL else "open"

"""Numbers, intervals, seeds and lists of names as a reader sees them, on the page and in the paper alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ppgn_bench.statistics.intervals import Estimate


def number(value: float) -> str:
    """A number for readers: about three digits, never in powers of ten; a dash for what is missing."""
    if math.isnan(value):
        return "–"
    if value == 0:
        return "0"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    if size < 0.01:
        digits = min(2 - math.floor(math.log10(size)) - 1, 8)
    return f"{value:,.{digits}f}".replace("-", "−")


def p_value(value: float) -> str:
    """A p-value for readers: what is next to 0 or 1 is not spelt out."""
    if value < 1e-4:
        return "< 0.0001"
    return "1.00" if value >= 0.9995 else number(value)


def interval(low: float, high: float) -> str:
    """An interval in brackets, without commas in its numbers; nothing where there is none."""
    ends = (number(end).replace(",", "") for end in (low, high))
    return "" if math.isnan(low) else f"[{', '.join(ends)}]"


def with_interval(estimate: Estimate) -> str:
    """A mean and its interval in a sentence: "3.21 [2.98, 3.44]"."""
    return f"{number(estimate.mean)} {interval(estimate.low, estimate.high)}".rstrip()


def counted(count: float, what: str) -> str:
    """How many there are: "1 seed", "3 seeds"."""
    return f"{count:.0f} {what}{'s' if count != 1 else ''}"


def seeds(count: float) -> str:
    """How many seeds."""
    return counted(count, "seed")


def replication(counts: Iterable[int], scale: str = "") -> str:
    """How many seeds are behind the means of a figure or table, each with so many; one seed has no interval.

    counts: values behind each mean; 0, of what has no value, doesn't count. scale: how the intervals were made.
    """
    known = sorted({int(count) for count in counts if count})
    if not known:
        return "No seed has a value."
    if known[-1] == 1:
        return "One seed, so there is no interval."
    span = f"{known[0]} to {known[-1]}" if known[0] < known[-1] else str(known[0])
    return f"Mean over {span} seeds with its 95 % interval{f' ({scale})' if scale else ''}."


def listed(names: Sequence[str], most: int | None = None) -> str:
    """Names as a sentence has them; of more than `most` the first, and how many more. Names may have commas."""
    more = len(names) - most if most else 0
    shown = [*names[:most], f"{more} more"] if more > 1 else list(names)
    comma = "; " if any("," in name for name in shown) else ", "
    return " and ".join(filter(None, [comma.join(shown[:-1]), *shown[-1:]]))

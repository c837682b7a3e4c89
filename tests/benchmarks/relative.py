"""Speeds relative to the calibration workload, and what moved since the reference run. Numbers in, numbers out.

The rule: a benchmark is slower or faster where the quartiles of this run and of the reference do not overlap and the
medians differ by more than a factor of `APART`; it has not moved otherwise.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

APART = 1.25


class Speed(NamedTuple):
    """Seconds of a benchmark over those of one call of the calibration workload: median and quartiles over rounds.

    calibration is the median call's seconds: larger than on the same machine elsewhere, and the machine was busy.
    """

    benchmark: str
    relative: float
    low: float
    high: float
    rounds: int
    calibration: float


class Compared(NamedTuple):
    """A benchmark of this run beside the reference's, None where it has none; ratio, low, high: this run over it."""

    now: Speed
    reference: Speed | None
    ratio: float
    low: float
    high: float
    moved: str


def speed(benchmark: str, seconds: Sequence[float], beside: Sequence[Sequence[float]]) -> Speed:
    """The speed over rounds: seconds [round], and beside [round, call] the seconds of the calibration's calls.

    Each round is compared with the mean of the calls around it: a mean, since a round too takes all the time that the
    machine gives to others. One round has no spread of its own: low and high are then what the quartiles of the calls
    make of it, too narrow as a rule. Raises ValueError where rounds and calls do not match or a time is not positive.
    """
    times, calls = np.asarray(seconds, float), np.asarray(beside, float)
    if calls.ndim != 2 or len(calls) != len(times) or not calls.size:
        raise ValueError(f"{benchmark}: {len(times)} rounds, and calibration calls of shape {calls.shape}")
    if not (np.isfinite(times).all() and np.isfinite(calls).all() and times.min() > 0 and calls.min() > 0):
        raise ValueError(f"{benchmark}: a time is not a positive number")
    ratios = times / calls.mean(1)
    spread = ratios if len(times) > 1 else times[0] / calls[0]
    low, high = np.quantile(spread, (0.25, 0.75))
    median = float(np.median(ratios))
    # One call that took most of the time moves the mean beyond the quartiles.
    low, high = min(float(low), median), max(float(high), median)
    return Speed(benchmark, median, low, high, len(times), float(np.median(calls)))


def moved(now: Speed, reference: Speed) -> str:
    """Whether this run is "slower" or "faster" than the reference by the rule above, else "-"."""
    if now.low > reference.high and now.relative > APART * reference.relative:
        return "slower"
    if now.high < reference.low and APART * now.relative < reference.relative:
        return "faster"
    return "-"


def compared(now: Iterable[Speed], reference: Mapping[str, Speed]) -> tuple[list[Compared], list[str]]:
    """This run's benchmarks beside the reference's, and the names of the reference that this run did not measure."""
    rows = [_beside(speed, reference.get(speed.benchmark)) for speed in now]
    measured = {row.now.benchmark for row in rows}
    return rows, [name for name in reference if name not in measured]


def _beside(now: Speed, reference: Speed | None) -> Compared:
    """One row. The ratio is lowest where this run's low meets the reference's high, and the other way round."""
    if reference is None:
        return Compared(now, None, np.nan, np.nan, np.nan, "new")
    ratios = now.relative / reference.relative, now.low / reference.high, now.high / reference.low
    return Compared(now, reference, *ratios, moved(now, reference))


def lines(rows: Sequence[Compared], missing: Sequence[str]) -> list[str]:
    """The comparison as text: a line a benchmark, then what needs saying about all."""
    width = max(len(name) for name in ("benchmark", *(row.now.benchmark for row in rows)))
    text = [f"{'benchmark':{width}}  relative reference  ratio     its spread rounds moved"]
    text += [_line(row, width) for row in rows]
    text.append(_calibration("One call of the calibration took", [row.now for row in rows]))
    if before := [row.reference for row in rows if row.reference]:
        text.append(_calibration("In the reference it took", before))
    if any(1 in (row.now.rounds, row.reference.rounds if row.reference else 0) for row in rows):
        text.append("One round has no spread of its own: what is given for it is the calibration's, and too narrow.")
    if missing:
        text.append(f"In the reference, not measured now: {', '.join(missing)}")
    return text


def _line(row: Compared, width: int) -> str:
    start = f"{row.now.benchmark:{width}} {row.now.relative:9.4g} "
    if row.reference is None:
        return start + f"{'':9} {'':6} {'':14} {row.now.rounds:6} {row.moved}"
    spread = f"{row.low:.2f} to {row.high:.2f}"
    return start + f"{row.reference.relative:9.4g} {row.ratio:6.2f} {spread:>14} {row.now.rounds:6} {row.moved}"


def _calibration(start: str, speeds: Sequence[Speed]) -> str:
    """How busy the machine was: on a quiet one the calibration takes the same time beside every benchmark."""
    low, middle, high = np.quantile([1000 * speed.calibration for speed in speeds], (0, 0.5, 1))
    return f"{start} {middle:.1f} ms, from {low:.1f} to {high:.1f} beside the different benchmarks."


def differences(now: Mapping[str, Mapping[str, str]], reference: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A line for each part of hardware or versions that the reference was made with another of, and what that means."""
    text = []
    for kind in sorted(now.keys() | reference.keys()):
        ours, theirs = now.get(kind, {}), reference.get(kind, {})
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) != theirs.get(name):
                text.append(f"{name}: {ours.get(name, 'none')}, the reference's {theirs.get(name, 'none')}")
    if text:
        text.insert(0, "Made with something else than the reference, which moves speeds by itself:")
    return text

"""Are today's measurements as good as those of a reference run? Cells, their tests and their statuses.

Three tiers. "fixed networks": the same trained networks sampled anew, paired over chain starts; "training seeds":
networks trained anew, paired over their seeds, for the few cells that METRICS calls gated; "exact numbers": what must
be the same to rounding. A cell is one metric of one sampler. Regressed: significantly worse (Holm over the tier's gated
cells) AND worse by more than the metric's margin, or no longer measured. Passed: identical, within the margin (two
one-sided tests), or significantly better by more than it. Otherwise undecided.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from ppgn_bench.columns import EPSILONS, EXACT_NUMBERS, MEASURED, SAMPLER
from ppgn_bench.metrics.table import CONTROLS, METRICS, WITHOUT
from ppgn_bench.statistics.contrasts import contrast, equivalence, holm, seeds_needed
from ppgn_bench.statistics.intervals import contributions, on_scale, paired, usable_scale

ALPHA = 0.025  # of a tier: the chance that anything of it is called regressed where nothing has changed
TOLERANCE = 1e-4  # relative: versions of torch and kinds of processors differ by less
SMALL = (
    1e-4  # below it numbers are compared as if they were so large: of a mean of nearly zero rounding is all there is
)
GATED_SWEEP = "own"  # every sampler at its own epsilons
FIXED, SEEDS, NUMBERS = "fixed networks", "training seeds", "exact numbers"
REGRESSED, UNDECIDED, PASSED, IMPROVED = "regressed", "undecided", "passed", "improved"

WHOLE = -1  # where starts are numbered: all of them

Side = Mapping[int, float]  # seed -> value, or number of the starts that are left out -> value
Key = tuple[str, str, str, str, str]  # data set, sweep, variant, setting, metric


@dataclass(frozen=True)
class Cell:
    """One metric of one sampler in both runs, and whether it got worse.

    estimate, low, high: the result against the reference with the 95 % interval, a ratio where scale is "log", else
    a difference; margin likewise. setting: epsilons, where the sweep has several. p_worse, p_better: one-sided,
    corrected if the cell is gated. count: seeds, or groups of starts; needed: how many would make the interval finer
    than the margin, None for more than a hundred.
    """

    tier: str
    dataset: str
    sweep: str
    variant: str
    setting: str
    metric: str
    gated: bool
    status: str
    reason: str
    reference: float
    result: float
    scale: str = "none"
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    margin: float = math.nan
    p_worse: float = 1.0
    p_better: float = 1.0
    p_within: float = 1.0
    count: int = 0
    needed: int | None = None


def over_seeds(result: Side, reference: Side, transform: str) -> tuple[NDArray[np.float64], str]:
    """Result minus reference of every training seed that both have, and the scale that holds all their values."""
    scale = usable_scale([*_values(result), *_values(reference)], transform)
    return paired(result, reference, scale), scale


def over_starts(result: Side, reference: Side, transform: str) -> tuple[NDArray[np.float64], str]:
    """The same of every group of starts, as what it contributes: their mean is the difference of the whole."""
    scale = usable_scale([*_values(result), *_values(reference)], transform)
    groups = [number for number in reference if number in result and number != WHOLE]
    sides = [
        contributions(float(on_scale(side[WHOLE], scale)), on_scale([side[number] for number in groups], scale))
        for side in (result, reference)
    ]
    return sides[0] - sides[1], scale


def seed_cells(reference: DataFrame, results: DataFrame) -> list[Cell]:
    """All cells of the tier "training seeds"; of both runs their metrics.csv. What either lacks is in `lacking`."""
    old, new = _by_seed(reference), _by_seed(results)
    return judged([_compared(SEEDS, key, old[key], new.get(key, {})) for key in old if key in new or _gated(key)])


def start_cells(reference: DataFrame, results: DataFrame) -> list[Cell]:
    """All cells of the tier "fixed networks", every one gated; of both runs their gate/starts.csv.

    What a group contributes to a share may lie outside 0 to 1, so shares are compared as they are, not as logits.
    """
    old, new = _by_start(reference), _by_start(results)
    return judged([_compared(FIXED, key, side, new.get(key, {})) for key, side in old.items()])


def judged(cells: list[Cell]) -> list[Cell]:
    """The cells of a tier with Holm's correction over those that are gated, and the status of each; in order."""
    gated = {str(number): cell for number, cell in enumerate(cells) if cell.gated}
    worse = holm({number: cell.p_worse for number, cell in gated.items()}, len(gated))
    better = holm({number: cell.p_better for number, cell in gated.items()}, len(gated))
    corrected = [
        _with_status(replace(cell, p_worse=worse.get(number, cell.p_worse), p_better=better.get(number, cell.p_better)))
        for number, cell in zip(map(str, range(len(cells))), cells, strict=True)
    ]
    place = {name: index for index, name in enumerate(METRICS)}
    return sorted(
        corrected, key=lambda cell: (not cell.gated, cell.dataset, cell.sweep, place[cell.metric], cell.variant)
    )


def moved_numbers(reference: DataFrame, results: DataFrame) -> DataFrame:
    """The tier "exact numbers": those that are not the same to TOLERANCE, missing ones (NaN) too.

    Columns part, name, number, reference, result, relative. A number that only the results have is no difference.
    """
    both = reference.merge(results, on=[*EXACT_NUMBERS[:-1]], how="left", suffixes=("_old", "_new"))
    both = both.rename(columns={"value_old": "reference", "value_new": "result"})
    size = np.maximum(both.reference.abs(), SMALL)
    both["relative"] = (both.result - both.reference).abs() / size
    same = (both.relative <= TOLERANCE) | (both.result.isna() & both.reference.isna())
    return both[~same].reset_index(drop=True)


def lacking(reference: DataFrame, results: DataFrame) -> dict[str, list[str]]:
    """Rows of metrics.csv that only one of the runs has, "missing" or "new", counted by sampler."""
    keys = [*MEASURED, "metric"]
    both = reference[keys].merge(results[keys], how="outer", indicator="side")
    both["sampler"] = both.dataset + "/" + both.sweep + "/" + both.variant
    return {
        word: [f"{name}: {rows} rows" for name, rows in both.sampler[both.side == side].value_counts().items()]
        for word, side in {"missing": "left_only", "new": "right_only"}.items()
    }


def verdict(statuses: Iterable[str]) -> str:
    """Regressed if anything is, else undecided if anything is, else passed."""
    every = set(statuses)
    return next((status for status in (REGRESSED, UNDECIDED) if status in every), PASSED)


def _gated(key: Key) -> bool:
    return key[1] == GATED_SWEEP and key[2] in METRICS[key[-1]].gated


def _by_seed(metrics: DataFrame) -> dict[Key, dict[int, float]]:
    """What samplers measure as it is, without views for sensitivity; controls, trainings and worlds are no samplers."""
    plain = ~metrics.sweep.str.contains("+", regex=False) & ~metrics.variant.isin(list(CONTROLS))
    return _sides(metrics[plain & metrics.metric.isin(list(METRICS))], lambda row: int(row.seed))


def _by_start(starts: DataFrame) -> dict[Key, dict[int, float]]:
    """Starts that are left out -> value, WHOLE for all."""
    sweep, number = starts.sweep.str.partition(WITHOUT)[0], starts.sweep.str.partition(WITHOUT)[2]
    table = starts.assign(sweep=sweep, start=number.where(number != "", WHOLE).astype(int))
    return _sides(table[table.metric.isin(list(METRICS))], lambda row: int(row.start))


def _sides(table: DataFrame, unit: Callable[..., int]) -> dict[Key, dict[int, float]]:
    """Cells by key. A sampler's only setting has no name: with other epsilons it is still the one to compare."""
    cells: dict[Key, dict[int, float]] = {}
    if table.empty:
        return cells
    several = table.groupby([*SAMPLER])[[*EPSILONS]].transform("nunique").gt(1).any(axis=1)
    for row, is_one_of_several in zip(table.itertuples(), several, strict=True):
        epsilons = [float(getattr(row, name)) for name in EPSILONS]
        setting = ", ".join(f"{epsilon:g}" for epsilon in epsilons) if is_one_of_several else ""
        key = (str(row.dataset), str(row.sweep), str(row.variant), setting, str(row.metric))
        cells.setdefault(key, {})[unit(row)] = float(row.value)  # type: ignore[arg-type]
    return cells


def _values(side: Side) -> list[float]:
    return [value for value in side.values() if math.isfinite(value)]


def _compared(tier: str, key: Key, reference: Side, result: Side) -> Cell:
    """A cell before its tier's correction; its status is still empty, but where no test is needed."""
    metric, gated = METRICS[key[-1]], tier == FIXED or _gated(key)
    scale = "log" if metric.transform == "log" else "none"  # of the margin: a ratio or a difference, for shares too
    differences, transform = (over_seeds, metric.transform) if tier == SEEDS else (over_starts, scale)
    cell = Cell(tier, *key, gated, "", "", _middle(reference), _middle(result))
    if not _values(result) and _values(reference):
        return replace(cell, status=REGRESSED, reason="no longer measured")
    if all(_same(result.get(unit, math.nan), value) for unit, value in reference.items()):
        return replace(cell, status=PASSED, reason="identical")
    moved, scale = differences(result, reference, scale)
    bound = math.log(metric.margin) if scale == "log" else metric.margin
    tested, shown = contrast(differences(result, reference, transform)[0]), contrast(moved)
    p_values = {"lower": (tested.p_greater, tested.p_less), "higher": (tested.p_less, tested.p_greater)}
    # What should be as real images are gets worse by moving, whichever way.
    p_moved = min(1.0, 2 * min(tested.p_greater, tested.p_less))
    p_worse, p_better = p_values.get(metric.direction, (p_moved, 1.0))
    low, estimate, high, margin = (
        math.exp(end) if scale == "log" else end for end in (shown.low, shown.estimate, shown.high, bound)
    )
    needed = seeds_needed(shown.spread, shown.n, bound) if shown.n > 1 else None
    return replace(
        cell, scale=scale, estimate=estimate, low=low, high=high, margin=margin, p_worse=p_worse, p_better=p_better,
        p_within=equivalence(moved, bound), count=shown.n, needed=needed,
    )  # fmt: skip


def _with_status(cell: Cell) -> Cell:
    """The rule of the module's docstring."""
    if cell.status:
        return cell
    size, bound = (math.log(end) if cell.scale == "log" else end for end in (cell.estimate, cell.margin))
    direction = METRICS[cell.metric].direction
    worse = {"lower": size, "higher": -size}.get(direction, abs(size))
    if cell.p_worse <= ALPHA and worse > bound:
        return replace(cell, status=REGRESSED, reason="worse by more than the margin")
    if cell.p_within <= ALPHA:
        return replace(cell, status=PASSED, reason="within the margin")
    if cell.p_better <= ALPHA and -worse > bound:
        return replace(cell, status=IMPROVED, reason="better by more than the margin")
    return replace(cell, status=UNDECIDED, reason=_plan(cell))


def _plan(cell: Cell) -> str:
    """What would decide."""
    what = SEEDS if cell.tier == SEEDS else "starts of each target"
    if cell.count < 2:
        return f"{what} in common: {cell.count}, and a test needs 2"
    if cell.needed is not None and cell.needed <= cell.count:
        return "the interval is finer than the margin and holds it"
    return f"for an interval finer than the margin: {cell.needed or 'more than 100'} {what}"


def _middle(side: Side) -> float:
    """Value of the whole, or the mean over seeds; for reading alone."""
    values = _values(side)
    if WHOLE in side:
        return side[WHOLE]
    return float(np.mean(values)) if values else math.nan


def _same(first: float, second: float) -> bool:
    return first == second or (math.isnan(first) and math.isnan(second))

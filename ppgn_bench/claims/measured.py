"""What a claim's arms were measured as: training seed -> value of a sampler, resplit -> value of real images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame, Series, concat

from ppgn_bench.claims.parts import RELEASED, Alike, Arm, Claim, Difference, NotWorse, arms
from ppgn_bench.metrics.table import CONTROLS
from ppgn_bench.statistics.intervals import from_resplits, paired, usable_scale

Values = Mapping[int, float]  # training seed -> value; of real images the number of the resplit -> value
Measured = Mapping[tuple[str, str], Mapping[str, DataFrame]]  # (sweep, variant) -> metric -> its rows


class NotMeasuredError(Exception):
    """An arm has no value, or not one a seed; the text says which."""


@dataclass(frozen=True)
class Sides:
    """Both sides of a part. They are paired by training seed, unless the second is a control under resplits.

    A control with one measurement has it beside each seed.
    """

    first: Values
    second: Values
    resplit: bool = False

    def scale(self, transform: str) -> str:
        """The scale that holds all values."""
        both = np.array([*self.first.values(), *self.second.values()], dtype=float)
        return usable_scale(both[~np.isnan(both)], transform)

    def apart(self, scale: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Differences of seeds on a scale, and what real images score under resplits, as `contrast` takes them."""
        if self.resplit:
            return from_resplits(self.first, self.second, scale)
        return paired(self.first, self.second, scale), np.empty(0)


def by_arm(metrics: DataFrame) -> Measured:
    """The measurements of one data set as `tested` looks them up: a ledger asks for the same arms many times."""
    measured: dict[tuple[str, str], dict[str, DataFrame]] = {}
    for (sweep, variant, metric), rows in metrics.groupby(["sweep", "variant", "metric"]):
        measured.setdefault((str(sweep), str(variant)), {})[str(metric)] = rows
    return measured


def as_measured(claim: Claim, metrics: Measured) -> Claim:
    """The claim of the release's own networks where these were measured, else as it is."""
    of_release = [(arm.sweep, arm.variant) for part in claim.at_release for arm in arms(part)]
    if of_release and all(arm in metrics for arm in of_release):
        return replace(claim, parts=claim.at_release, at_release=(), config=RELEASED)
    return claim


def sides(part: Difference | NotWorse | Alike, metrics: Measured) -> Sides:
    """Both sides of a part. Raises NotMeasuredError."""
    first = values(part.first, part.metric, metrics)
    if not isinstance(part.second, Arm):
        return Sides(first, dict.fromkeys(first, part.second))
    if part.second.variant not in CONTROLS:
        return Sides(first, values(part.second, part.metric, metrics))
    control = values(_of_the_same_size(part.first, part.second, metrics), part.metric, metrics)
    if len(control) > 1:
        return Sides(first, control, resplit=True)
    return Sides(first, dict.fromkeys(first, next(iter(control.values()))))


def _of_the_same_size(arm: Arm, control: Arm, metrics: Measured) -> Arm:
    """The control of as many images as the arm has samples: of the arm's sweep, where that has controls of its own.

    Under a check they are those of the sweep as the check names it, or there are none.
    """
    sweep = arm.sweep.partition("+")[0]
    return replace(control, sweep=arm.sweep) if (sweep, control.variant) in metrics else control


def _at_setting(arm: Arm, rows: DataFrame) -> DataFrame:
    for term, value in arm.epsilon.items():
        rows = rows[np.isclose(rows[f"epsilon_{term}"], value, rtol=1e-9, atol=0)]
    return rows


def every_value(arm: Arm, metrics: Measured) -> Series:
    """Every metric of every seed. Raises NotMeasuredError."""
    parts = [_at_setting(arm, rows) for rows in metrics.get((arm.sweep, arm.variant), {}).values()]
    if all(rows.empty for rows in parts):
        raise NotMeasuredError(named(arm))
    return concat(parts).set_index(["metric", "seed"])["value"].sort_index()


def values(arm: Arm, metric: str, metrics: Measured) -> Values:
    """Seed -> value. Raises NotMeasuredError for none, and for several settings of which the arm does not name one."""
    rows = metrics.get((arm.sweep, arm.variant), {}).get(metric)
    if rows is None or (rows := _at_setting(arm, rows)[["seed", "value"]].dropna()).empty:
        raise NotMeasuredError(f"{metric} of {named(arm)}")
    if rows.seed.duplicated().any():
        raise NotMeasuredError(f"{metric} of {named(arm)} at a single setting")
    return dict(zip(rows.seed.astype(int), rows.value.astype(float), strict=True))


def named(arm: Arm | float) -> str:
    """The arm in words, with its setting; a number as it is."""
    if not isinstance(arm, Arm):
        return f"{arm:g}"
    return ", ".join([arm.variant, *(f"epsilon {term} {value:g}" for term, value in arm.epsilon.items())])

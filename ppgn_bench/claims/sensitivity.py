"""What a verdict might depend on, and the arms that a claim has then: another judge, fewer samples, another update."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ppgn_bench.claims.parts import Arm, Claim, Ordered, Part, arms
from ppgn_bench.metrics.table import HALF_SAMPLES, SECOND_JUDGE, THIRD_JUDGE

PIXELS = ("am", "ppgn_x")  # samplers of claims that walk in them
UNSAMPLED = ("training", "world")  # sweeps without samples: neither judge nor update has a part in them
# Samplers with everything as in the release's class script.
RELEASED: Mapping[str, str] = MappingProxyType(
    {
        "dgn_am": "dgn_am_released",
        "dgn_am_noise": "dgn_am_released",
        "ppgn_h": "ppgn_h_released",
        "joint_ppgn_h": "joint_released",
        "noiseless_joint_ppgn_h": "noiseless_released",
    }
)


def _view(ending: str) -> Callable[[Arm], Arm]:
    return lambda arm: arm if arm.sweep in UNSAMPLED else replace(arm, sweep=arm.sweep + ending)


def _released(arm: Arm) -> Arm | None:
    """The same arm for pixels and real images, which the release does not sample; None where a sampler has no other."""
    if arm.sweep not in ("own", "matched") or arm.variant in PIXELS:
        return arm
    return replace(arm, variant=RELEASED[arm.variant], sweep="released") if arm.variant in RELEASED else None


# A check that asks another judge -> the ending of its rows. It is made of metrics that this judge is admitted for.
JUDGES: Mapping[str, str] = MappingProxyType({"the second judge": SECOND_JUDGE, "the third judge": THIRD_JUDGE})
CHECKS: Mapping[str, Callable[[Arm], Arm | None]] = MappingProxyType(
    {
        **{check: _view(ending) for check, ending in JUDGES.items()},
        "half the samples": _view(HALF_SAMPLES),
        "the released update": _released,
    }
)


def changed(claim: Claim, check: str) -> Claim | None:
    """The claim with its arms under a key of CHECKS; None where the check changes none of them, or lacks one."""
    change = CHECKS[check]
    if any(change(arm) is None for part in claim.parts for arm in arms(part)):
        return None
    parts = tuple(_with(part, change) for part in claim.parts)
    return replace(claim, parts=parts) if parts != claim.parts else None


def _with(part: Part, change: Callable[[Arm], Arm | None]) -> Part:
    if isinstance(part, Ordered):
        return replace(part, levels=tuple(change(arm) or arm for arm in part.levels))
    changes: dict[str, Any] = {name: change(value) for name, value in vars(part).items() if isinstance(value, Arm)}
    return replace(part, **changes)

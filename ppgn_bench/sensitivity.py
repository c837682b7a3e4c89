"""What a verdict might hang on, and how the arms of a claim are then others: a judge, a sample's size, an update."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ppgn_bench.hypotheses import Arm, Claim
from ppgn_bench.metrics import HALF_SAMPLES, SECOND_JUDGE

UNSAMPLED = ("training", "world")  # sweeps without samples: neither judge nor update has a part in them
# Samplers with everything as in the release's class script, in config/ablations.yaml; pixels have none.
RELEASED: Mapping[str, str] = MappingProxyType(
    {
        "dgn_am": "dgn_am_start",
        "dgn_am_noise": "dgn_am_start",
        "ppgn_h": "ppgn_h_start",
        "joint_ppgn_h": "joint_start",
        "noiseless_joint_ppgn_h": "noiseless_start",
    }
)


def _seen(ending: str) -> Callable[[Arm], Arm]:
    return lambda arm: arm if arm.sweep in UNSAMPLED else replace(arm, sweep=arm.sweep + ending)


def _released(arm: Arm) -> Arm:
    if arm.sweep not in ("own", "matched") or arm.variant not in RELEASED:
        return arm
    return replace(arm, variant=RELEASED[arm.variant], sweep="released")


CHECKS: Mapping[str, Callable[[Arm], Arm]] = MappingProxyType(
    {
        "the second judge": _seen(SECOND_JUDGE),
        "half the samples": _seen(HALF_SAMPLES),
        "the released update": _released,
    }
)


def changed(claim: Claim, check: str) -> Claim | None:
    """The claim with its arms under a key of CHECKS; None where the check changes none of them."""
    parts = tuple(replace(part, **_arms(vars(part), CHECKS[check])) for part in claim.parts)
    return replace(claim, parts=parts) if parts != claim.parts else None


def _arms(fields: Mapping[str, Any], change: Callable[[Arm], Arm]) -> dict[str, Any]:
    found: dict[str, Any] = {name: change(value) for name, value in fields.items() if isinstance(value, Arm)}
    levels = fields.get("levels")
    return found | ({"levels": tuple(change(arm) for arm in levels)} if levels else {})

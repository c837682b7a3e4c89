"""What of a recipe's rival can be changed beside the options of its architecture. Nothing here imports torch."""

from collections.abc import Mapping
from dataclasses import replace

from ppgn_bench.errors import brief
from ppgn_bench.networks.table import architecture_of
from ppgn_bench.training.recipes import Rival

OF_RIVALS = ("architecture", "every", "rate", "beta1")
WORDS: Mapping[str, str] = {
    "every": "iterations a step of the rival",
    "rate": "rival's learning rate over the other's",
    "beta1": "beta1 of the rival's Adam",
}  # what a reader sees

Value = float | str | tuple[float, ...]


def values(rival: Rival) -> dict[str, Value]:
    """All of it by key."""
    return {"architecture": rival.architecture, "every": rival.every, "rate": rival.rate, "beta1": rival.betas[0]}


def changed(rival: Rival, key: str, value: Value) -> Rival:
    """The rival with one of OF_RIVALS or an option changed. Raises ValueError for a value of another kind."""
    if key == "architecture":
        other, own = (architecture_of(str(name)).gives for name in (value, rival.architecture))
        if other != own:
            raise ValueError(f"{value!r} gives {other}, and a rival must give {own}")
        return replace(rival, architecture=str(value), options={})
    if key not in OF_RIVALS:
        return replace(rival, options={**rival.options, key: value})
    if not isinstance(value, float | int):
        raise ValueError(f"must be a number, got {brief(value)}")
    if key == "beta1":
        return replace(rival, betas=(value, rival.betas[1]))
    return replace(rival, every=int(value)) if key == "every" else replace(rival, rate=value)

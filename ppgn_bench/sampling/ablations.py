"""Ablations: a sampler of the table with something changed, in a few lines of a config. A list is an axis.

`expanded` makes a sampler for each combination of the axes' values, named by them: "joint_noise+noise=0.3". What
differs in a network is a recipe of its own (`recipes.name_of`), so equal networks are trained once.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from ppgn_bench.sampling.variants import Variant, epsilons
from ppgn_bench.training.recipes import RECIPES, change_in_words, changed, name_of, named

Values = Mapping[str, Sequence[float]]

NEEDS = {"lr_end": "normalise", "noise_inside": "normalise", "redraw_prior": "resets"}  # switch -> the one it needs
SHARED = ("classifier",)  # every sampler of a seed has the same: another one would change all of them


class Change(NamedTuple):
    """One thing that an ablation changes: where it stands in the config, its short name, and its values."""

    place: str  # "networks.generator" or "epsilon"
    key: str  # "noise", "weights.gan", "prior"
    values: tuple[float, ...]

    @property
    def label(self) -> str:
        """The key; an epsilon's has a prefix."""
        return f"epsilon_{self.key}" if self.place == "epsilon" else self.key

    def in_words(self, value: float) -> str:
        """What a reader sees: "epsilon prior: 0.1", "training noise on h: 0"."""
        return f"epsilon {self.key}: {value:g}" if self.place == "epsilon" else change_in_words(self.key, value)


def changes(networks: Mapping[str, Values], epsilon: Values) -> list[Change]:
    """All changes of an ablation, those of networks first."""
    found = [Change(f"networks.{role}", k, tuple(v)) for role, keys in networks.items() for k, v in keys.items()]
    return found + [Change("epsilon", term, tuple(values)) for term, values in epsilon.items()]


def problems(variant: Variant, found: Sequence[Change], switches: Mapping[str, Any]) -> Iterator[str]:
    """What cannot be changed in this sampler, each after its key; switches: of the update, and bounds."""
    if not found and not switches:
        yield "networks: nothing is changed; say what, or an epsilon, or the update"
    yield from _idle(variant, switches)
    for change in found:
        role = change.place.removeprefix("networks.")
        if change.place == "epsilon":
            continue
        if role in SHARED:
            yield f"{change.place}: all samplers share it, so no ablation can change it"
        elif role not in variant.networks:
            roles = [name for name in variant.networks if name not in SHARED]
            yield f"{change.place}: {variant.title} has no such network; it has {', '.join(roles) or 'none to change'}"
        else:
            yield from _unchangeable(change, variant.networks[role])


def _idle(variant: Variant, switches: Mapping[str, Any]) -> Iterator[str]:
    """Switches that would change nothing, or not what they say."""
    for name, needed in NEEDS.items():
        if name in switches and needed not in switches:
            yield f"update.{name}: does nothing without update.{needed}"
    if "redraw_prior" in switches and variant.prior.short == "absent":
        yield f"update.redraw_prior: does nothing, {variant.title} has no prior"
    for name in ("bounds", "start"):
        if name in switches and variant.space == "image":
            yield f"update.{name}: is for samplers that walk in codes; {variant.title} walks in pixels"


def _unchangeable(change: Change, recipe: str) -> Iterator[str]:
    path = f"{change.place}.{change.key}"
    try:
        changed(RECIPES[recipe], change.key, 1.0)
    except KeyError:
        entry = RECIPES[recipe]
        known = ["iterations", "batch_size", "learning_rate", "noise", *(f"noise.{place}" for place in entry.noise)]
        known += [f"weights.{term}" for term in entry.weights]
        yield f"{path}: the recipe of {entry.title} has no such number; it has {', '.join(known)}"
        return
    if change.key in ("iterations", "batch_size", "learning_rate") and min(change.values) <= 0:
        yield f"{path}: must be greater than 0, got {min(change.values):g}"
    if change.key in ("iterations", "batch_size") and any(value % 1 for value in change.values):
        yield f"{path}: must be a whole number, got {next(value for value in change.values if value % 1):g}"


def expanded(
    name: str, title: str, of: Variant, found: Sequence[Change], switches: Mapping[str, Any]
) -> dict[str, Variant]:
    """Samplers of an ablation by name: one for each combination of the values of its axes; switches as `problems`."""
    own = {switch: value for switch, value in switches.items() if switch != "bounds"}
    updated = replace(of, update=replace(of.update, **own), bounds=switches.get("bounds", of.bounds))
    samplers = {}
    for values in itertools.product(*(change.values for change in found)):
        along = [(c, v) for c, v in zip(found, values, strict=True) if len(c.values) > 1]
        variant = updated
        for change, value in zip(found, values, strict=True):
            variant = _changed(variant, change, value)
        differs = [f"{change.label}={value:g}" for change, value in along]
        words = [change.in_words(value) for change, value in along]
        source = f"ablation of {of.title}"
        samplers["+".join([name, *differs])] = replace(variant, title=", ".join([title, *words]), source=source)
    return samplers


def _changed(variant: Variant, change: Change, value: float) -> Variant:
    if change.place == "epsilon":
        return replace(variant, epsilon=epsilons(**{**variant.epsilon, change.key: value}))
    role = change.place.removeprefix("networks.")
    recipe = changed(named(variant.networks[role]), change.key, value)
    return replace(variant, networks=MappingProxyType({**variant.networks, role: name_of(recipe)}))

"""Ablations: a sampler of the table with something changed, in a few lines of a config. A list is an axis.

`expanded` makes a sampler for each combination of the axes' values, named by them: "joint_noise+noise=0.3". What
differs in a network is a recipe of its own (`changes.name_of`), so equal networks are trained once.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from ppgn_bench.errors import brief
from ppgn_bench.sampling.roles import condition_roles, prior_roles, start_roles
from ppgn_bench.sampling.steering import CONDITIONS
from ppgn_bench.sampling.variants import Variant, epsilons
from ppgn_bench.training.allowed import BESIDE_WEIGHTS, idle_beside_weights, wrong_values
from ppgn_bench.training.changes import Value, as_text, change_in_words, changed, name_of, named

Values = Mapping[str, Sequence[Value]]

NEEDS = {"lr_end": "normalise", "noise_inside": "normalise", "redraw_prior": "resets"}  # switch -> the one it needs


class Change(NamedTuple):
    """One thing that an ablation changes: where it stands in the config, its short name, and its values."""

    place: str  # "networks.<role or recipe>" or "epsilon"
    key: str  # "noise", "weights.gan", "prior"
    values: tuple[Value, ...]

    @property
    def network(self) -> str:
        """The role, or the recipe, of a network."""
        return self.place.removeprefix("networks.")

    @property
    def label(self) -> str:
        """The key; an epsilon's has a prefix."""
        return f"epsilon_{self.key}" if self.place == "epsilon" else self.key

    def in_words(self, value: Value) -> str:
        """What a reader sees: "epsilon prior: 0.1", "training noise on h: 0"."""
        return f"epsilon {self.key}: {as_text(value)}" if self.place == "epsilon" else change_in_words(self.key, value)


def changes(networks: Mapping[str, Values], epsilon: Values) -> list[Change]:
    """All changes of an ablation, those of networks first."""
    found = [Change(f"networks.{role}", k, tuple(v)) for role, keys in networks.items() for k, v in keys.items()]
    found.sort(key=lambda change: change.key != "architecture")  # whose options the others are
    return found + [Change("epsilon", term, tuple(values)) for term, values in epsilon.items()]


def problems(variant: Variant, found: Sequence[Change], switches: Mapping[str, Any]) -> Iterator[str]:
    """What cannot be changed in this sampler, each after its key; switches: of the update, and bounds."""
    if not found and not switches:
        yield "networks: nothing is changed; say what, or an epsilon, or the update"
    yield from _idle(variant, switches)
    yield from _unsteered(switches.get("condition", variant.conditions), found, switches.get("targets", ()))
    variant = steered(variant, switches)  # whose condition may bring networks
    for change in found:
        if change.place == "epsilon":
            continue
        recipes = [recipe for recipe in _used(variant) if _is(change.network, recipe)]
        recipes += [need for recipe in _used(variant) for need in _needs(recipe, change.network).values()]
        recipes += [variant.networks[change.network]] if change.network in variant.networks else []
        if not recipes:
            yield f"{change.place}: {variant.title} has no such network; it has {', '.join(_changeable(variant))}"
        for recipe in list(dict.fromkeys(recipes))[:1]:
            built = _built(recipe, change, found)
            yield from wrong_values(change.place, change.key, change.values, built)
            if _given(change, found) and idle_beside_weights(named(built), change.key):
                yield f"{change.place}.{change.key}: {BESIDE_WEIGHTS}"
        if len(change.values) > 1 and not all(isinstance(value, float) for value in change.values):
            yield f"{change.place}.{change.key}: only numbers are an axis; what is no number has an ablation of its own"
    labels = [change.label for change in found if len(change.values) > 1]
    yield from (f"networks: two axes are called {label}; one at a time" for label in labels if labels.count(label) > 1)


def _unsteered(
    conditions: Mapping[str, float], found: Sequence[Change], wanted: Sequence[Sequence[str]]
) -> Iterator[str]:
    """What of its targets and epsilons these conditions cannot use, and a context that stands alone."""
    for own in wanted:
        if len(own) != len(conditions):
            names = ", ".join(conditions)
            parts = "one part" if len(conditions) == 1 else f"{len(conditions)} parts"
            yield f"targets: {brief(list(own))} must have {parts}, one for each condition ({names})"
    terms = {expert.term for name, weight in conditions.items() if weight for expert in CONDITIONS[name].experts}
    if not terms:
        yield f"update.condition: steers by nothing, since every weight is 0 ({', '.join(conditions)})"
    elif "condition" not in terms:
        alone = next(name for name, weight in conditions.items() if weight)
        yield f"update.condition: {alone} says nothing of what to draw; add own_class, or take inpainting"
    if "context" not in terms and any(c.place == "epsilon" and c.key == "context" and any(c.values) for c in found):
        yield "epsilon.context: does nothing without a context; add inpainting or context to update.condition"


def _built(recipe: str, change: Change, found: Sequence[Change]) -> str:
    """The recipe with the architecture that another change of the same network gives it."""
    for other in found:
        if (other.place, other.key) == (change.place, "architecture") and other != change:
            with suppress(ValueError):  # which is said of the architecture itself
                return name_of(changed(named(recipe), "architecture", other.values[0]))
    return recipe


def _given(change: Change, found: Sequence[Change]) -> bool:
    """Whether another change gives the same network its weights."""
    return any((other.place, other.key) == (change.place, "weights") and any(other.values) for other in found)


def _used(variant: Variant) -> list[str]:
    return list(dict.fromkeys(variant.networks.values()))


def _is(network: str, recipe: str) -> bool:
    """Whether a network, by its recipe's name, is one of this recipe."""
    return recipe.partition("+")[0] == network


def _needs(recipe: str, network: str) -> dict[str, str]:
    """Role -> recipe of what a recipe needs in this role, or of this recipe."""
    return {role: need for role, need in named(recipe).needs.items() if network == role or _is(network, need)}


def _changeable(variant: Variant) -> list[str]:
    """Roles of a sampler, roles of what its networks need, and recipes."""
    needs = [need for recipe in _used(variant) for need in named(recipe).needs.items()]
    return list(dict.fromkeys([*variant.networks, *(name for need in needs for name in need), *_used(variant)]))


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
    for role in start_roles(steered(variant, switches)) if "start" in switches else ():
        if role not in variant.networks:
            yield f"update.start: {switches['start'].short} asks for the role {role!r}, which {variant.title} lacks"


def expanded(name: str, title: str, of: Variant, found: Sequence[Change]) -> dict[str, Variant]:
    """Samplers of an ablation by name: one for each combination of the values of its axes; of: `steered` already."""
    samplers = {}
    for values in itertools.product(*(change.values for change in found)):
        along = [(c, v) for c, v in zip(found, values, strict=True) if len(c.values) > 1]
        variant = of
        for change, value in zip(found, values, strict=True):
            variant = _changed(variant, change, value)
        differs = [f"{change.label}={as_text(value)}" for change, value in along]
        words = [change.in_words(value) for change, value in along]
        source = f"ablation of {of.title}"
        samplers["+".join([name, *differs])] = replace(variant, title=", ".join([title, *words]), source=source)
    return samplers


def steered(of: Variant, switches: Mapping[str, Any], recipe: Callable[[str], str] = str) -> Variant:
    """The sampler with these switches; what steers it brings its networks, and who no longer serves is left out.

    recipe: a table's recipe -> its name on the data set that the sampler is on.
    """
    own = {switch: value for switch, value in switches.items() if switch not in ("bounds", "condition", "targets")}
    found = replace(of, update=replace(of.update, **own), bounds=switches.get("bounds", of.bounds))
    if "targets" in switches:
        found = replace(found, wanted=switches["targets"])
    if "condition" not in switches:
        return found
    conditions = MappingProxyType(switches["condition"])
    brought = {role: recipe(own) for name in conditions for role, own in CONDITIONS[name].networks.items()}
    found = replace(found, conditions=conditions)
    asked = {*prior_roles(found), *condition_roles(found), *start_roles(found)}
    asked |= {"generator"} if found.space == "code" else set()
    serving = {role: own for role, own in {**brought, **found.networks}.items() if role in asked}
    return replace(found, networks=MappingProxyType(serving))


def _changed(variant: Variant, change: Change, value: Value) -> Variant:
    """A role's network is changed, or those of a recipe; and what needs it is trained with the changed one."""
    if change.place == "epsilon":
        assert isinstance(value, float)
        return replace(variant, epsilon=epsilons(**{**variant.epsilon, change.key: value}))
    networks = {}
    for role, recipe in variant.networks.items():
        entry = named(recipe)
        if change.network == role or (change.network not in variant.networks and _is(change.network, recipe)):
            entry = changed(entry, change.key, value)
        for need in _needs(recipe, change.network):
            entry = changed(entry, f"{need}.{change.key}", value)
        networks[role] = name_of(entry)
    return replace(variant, networks=MappingProxyType(networks))

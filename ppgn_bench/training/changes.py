"""Recipes with something changed, and their names.

A recipe that differs from one of the table has a name that says so, "joint+noise.h1=0.2+weights.gan=0", and its
networks a folder of that name. What a network needs is part of it: "joint+encoder.bias=0.2" is trained with the encoder
"classifier+bias=0.2". A word is quoted as in an address, so that a file of the user's own may stand in a name:
"classifier+architecture=nets%2Fmine.py%3AEncoder". Nothing here imports torch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from urllib.parse import quote, unquote

from ppgn_bench.data.table import DATASETS
from ppgn_bench.errors import UserError, brief, hint
from ppgn_bench.networks.table import architecture_of, defaults
from ppgn_bench.training import rivals
from ppgn_bench.training.recipes import PRECISIONS, RECIPES, Recipe, Rival
from ppgn_bench.training.suited import SUITED

SYMBOLS = {
    "image": "img",
    "h1": "h1",
    "code": "h",
    "gan": "GAN",
    "kl": "prior",
    "features": "D",
}  # loss -> what stands below its L
PLACES = {"image": "x", "code": "h"}  # of training noise -> what a reader knows them by, where that is another name
NUMBERS = ("iterations", "batch_size", "learning_rate", "accumulate")  # of every recipe
Value = float | str | tuple[float, ...]  # of a recipe's key: a number; a name; several numbers, as widths


def changed(recipe: Recipe, key: str, value: Value) -> Recipe:
    """The recipe with one thing changed.

    key: iterations, batch_size, accumulate, learning_rate; precision; noise (at every place that it has one) or
    noise.<place>; a loss' weights.<term>, where 0 drops the loss; budget, a factor on the iterations; architecture,
    which brings its own options; an option of the architecture; rival.<key> of what plays against it, an option or one
    of `rivals.OF_RIVALS`; <role>.<key> of a network that it needs. Raises KeyError for another key, ValueError for a
    value of another kind.
    """
    group, _, part = key.partition(".")
    if key == "architecture":
        other, own = (architecture_of(name) for name in (as_text(value, quoted=False), recipe.architecture))
        if own.gives not in other.given:
            raise ValueError(f"{value!r} gives {other.gives}, and the recipe {recipe.title} needs {own.gives}")
        return _trained_as(replace(recipe, architecture=str(value), options={}), SUITED.get(str(value), {}))
    if group in recipe.needs and part:
        need = name_of(changed(named(recipe.needs[group]), part, value))
        return replace(recipe, needs=MappingProxyType({**recipe.needs, group: need}))
    if group == "rival" and recipe.rival and part in (*rivals.OF_RIVALS, *defaults(recipe.rival.architecture)):
        return replace(recipe, rival=rivals.changed(recipe.rival, part, value))
    if key in defaults(recipe.architecture):
        return replace(recipe, options=MappingProxyType({**recipe.options, key: value}))
    if key == "precision":
        for known in PRECISIONS:
            if value == known:
                return replace(recipe, precision=known)
        raise ValueError(f"unknown precision {brief(value)}; {hint(str(value), PRECISIONS)}")
    return _renumbered(recipe, key, value)


def _trained_as(recipe: Recipe, suited: Mapping[str, Value]) -> Recipe:
    """The recipe with what suits its new architecture."""
    for key, value in suited.items():
        recipe = changed(recipe, key, value) if recipe.rival or not key.startswith("rival.") else recipe
    return recipe


def _renumbered(recipe: Recipe, key: str, value: Value) -> Recipe:
    """The recipe with another number of its own, as `changed`."""
    group, _, part = key.partition(".")
    weighed = group == "weights" and part in (recipe.losses or recipe.weights)
    if key not in ("budget", *keys(recipe)) and not weighed:
        raise KeyError(key)
    if not isinstance(value, float | int):
        raise ValueError(f"must be a number, got {brief(value)}")
    if key == "budget":
        return replace(recipe, iterations=max(1, round(recipe.iterations * value)))
    if key == "learning_rate":
        return replace(recipe, learning_rate=value)
    if key in NUMBERS:
        return replace(recipe, **{key: int(value)})  # type: ignore[arg-type]  # whole numbers all of them
    if key == "noise":
        return replace(recipe, noise=MappingProxyType(dict.fromkeys(recipe.noise, value)))
    if group == "noise":
        return replace(recipe, noise=MappingProxyType({**recipe.noise, part: value}))
    others = {term: weight for term, weight in recipe.weights.items() if term != part}
    return replace(recipe, weights=MappingProxyType({**others, part: value} if value else others))


def keys(recipe: Recipe) -> list[str]:
    """What of a recipe can be changed, but for what it needs."""
    own = [*NUMBERS, "precision", *(["noise"] if recipe.noise else [])]
    own += [*(f"noise.{place}" for place in recipe.noise), *(f"weights.{term}" for term in recipe.weights)]
    own += ["architecture", *defaults(recipe.architecture)]
    rival = (*rivals.OF_RIVALS, *defaults(recipe.rival.architecture)) if recipe.rival else ()
    return own + [f"rival.{key}" for key in rival]


def name_of(recipe: Recipe) -> str:
    """Name of a changed recipe: the entry that it is nearest to, and what differs.

    Equal recipes have one name, but for options that data sets choose.
    """
    kind = _kind(recipe)
    names = [
        [name, *(f"{key}={as_text(value)}" for key, value in sorted(_differences(RECIPES[name], recipe), key=_place))]
        for name, own in _kinds().items()
        if own == kind
    ]
    nearest: list[str] = min(names, key=len)
    return "+".join(nearest)


def _kind(recipe: Recipe) -> Recipe:
    """The recipe without all that can be changed: what is left has a name only where a table's entry has the same."""
    needs = {role: need.partition("+")[0] for role, need in recipe.needs.items()}
    rival = recipe.rival and replace(recipe.rival, architecture="", options={}, every=0, rate=0.0, betas=(0.0, 0.0))
    plain = replace(recipe, title="", architecture="", options={}, weights={}, noise={}, needs=needs, rival=rival)
    return replace(plain, iterations=0, batch_size=0, learning_rate=0.0, accumulate=1, precision="float32")


@cache
def _kinds() -> Mapping[str, Recipe]:
    """Of the table's entries, each without all that can be changed."""
    return {name: _kind(entry) for name, entry in RECIPES.items()}


def _place(change: tuple[str, Value]) -> tuple[bool, str]:
    """Where a change stands in a name: an architecture before its options, else by key."""
    return change[0] != "architecture", change[0]


@cache  # a large config asks thousands of times
def named(name: str) -> Recipe:
    """Recipe of a name: a base, then what differs.

    Raises KeyError for a name that none can have, UserError where it is that of a file that is no longer there.
    """
    base, *differences = name.split("+")
    recipe = RECIPES[base]
    for key, value in map(_change, differences):
        try:
            recipe = changed(recipe, key, value)
        except ValueError as error:
            raise UserError(f"{name}: {key}: {error}") from None
    return replace(recipe, title=title_of(name))


def title_of(name: str) -> str:
    """What a reader sees: the recipe's title and what differs; another name stays as it is."""
    base, *differences = name.split("+")
    if base not in RECIPES:
        return name
    return ", ".join([RECIPES[base].title, *(change_in_words(*_change(difference)) for difference in differences)])


def as_text(value: Value, quoted: bool = True) -> str:
    """A value as it stands in a name: 0.2, leaky, 24,48 and 24, (of one number); `_value` reads it back.

    quoted: whether a word is; for readers it is not.
    """
    if isinstance(value, str):
        return quote(value, safe="") if quoted else value
    if isinstance(value, tuple):
        return ",".join(map(as_text, value)) + ("," if len(value) < 2 else "")
    return repr(float(value)).removesuffix(".0").replace("e+", "e")  # a + separates what differs


def _change(difference: str) -> tuple[str, Value]:
    key, _, text = difference.partition("=")
    return key, _value(text)


def _value(text: str) -> Value:
    if "," in text:
        return tuple(float(part) for part in text.split(",") if part)
    try:
        return float(text)
    except ValueError:
        return unquote(text)


def number_in_words(key: str) -> str:
    """A recipe's number for readers: "noise.code" is "training noise on h", "weights.gan" is "weight of L_GAN"."""
    group, _, part = key.partition(".")
    if group == "rival" and part in rivals.WORDS:
        return rivals.WORDS[part]
    if group == "weights" and part:
        return f"weight of L_{SYMBOLS.get(part, part)}"
    if group == "noise" and part:
        return f"training noise on {PLACES.get(part, part)}"
    if group in ("encoder", "rival") and part:
        return f"{group}'s {number_in_words(part)}"
    return "training noise" if group == "noise" else key.replace("_", " ")


def change_in_words(key: str, value: Value) -> str:
    """A change of a recipe for readers: "training noise on h: 0.1", "iterations: 100"; "no L_GAN" for a weight of 0."""
    words = number_in_words(key)
    if key.startswith("weights.") and value == 0:
        return words.replace("weight of", "no")
    return f"{words}: {as_text(value, quoted=False).rstrip(',')}"


def _differences(base: Recipe, recipe: Recipe) -> Iterator[tuple[str, Value]]:
    if recipe.architecture != base.architecture:
        yield "architecture", recipe.architecture
        base = changed(base, "architecture", recipe.architecture)
    for key in ("precision", *NUMBERS):
        if getattr(recipe, key) != getattr(base, key):
            yield key, getattr(recipe, key)
    yield from _other_options("", base, recipe)
    if base.rival and recipe.rival:
        before, after = rivals.values(base.rival), rivals.values(recipe.rival)
        yield from ((f"rival.{key}", value) for key, value in after.items() if value != before[key])
        yield from _other_options("rival.", base.rival, recipe.rival)
    for role, need in recipe.needs.items():
        if need != base.needs[role]:
            yield from ((f"{role}.{key}", value) for key, value in map(_change, need.split("+")[1:]))
    for term in {**base.weights, **recipe.weights}:
        if recipe.weights.get(term) != base.weights.get(term):
            yield f"weights.{term}", recipe.weights.get(term, 0.0)
    levels = {place: level for place, level in recipe.noise.items() if level != base.noise[place]}
    if levels and len(set(recipe.noise.values())) == 1:
        yield "noise", next(iter(levels.values()))
    else:
        yield from ((f"noise.{place}", level) for place, level in levels.items())


def _other_options(prefix: str, base: Recipe | Rival, other: Recipe | Rival) -> Iterator[tuple[str, Value]]:
    """Options that are not those of the base; one that is set to its default is none."""
    known = {**defaults(other.architecture), **_preferred(other.architecture)}
    before = {**known, **(base.options if base.architecture == other.architecture else {})}
    yield from ((f"{prefix}{name}", value) for name, value in other.options.items() if value != before.get(name))


def _preferred(architecture: str) -> dict[str, None]:
    """Options for which a data set has a value of its own: there is no default that all have."""
    return {name: None for entry in DATASETS.values() for name in entry.options.get(architecture, {})}

"""Which values the keys of a recipe can have: what cannot be, each after its place in the config. It needs no torch."""

from collections.abc import Iterator, Sequence

from ppgn_bench.networks.table import defaults, wrong_option
from ppgn_bench.training.changes import NUMBERS, Value, changed, keys, named
from ppgn_bench.training.recipes import Recipe
from ppgn_bench.training.rivals import OF_RIVALS

BESIDE_WEIGHTS = "does nothing beside weights: nothing is trained; leave it out (null drops what is extended)"


def wrong_values(place: str, key: str, values: Sequence[Value], recipe: str) -> Iterator[str]:
    """What of this key of a recipe cannot be set to these values, after its place in the config."""
    path, entry = f"{place}.{key}", named(recipe)
    group, _, part = key.partition(".")
    if part and group in entry.needs:
        yield from wrong_values(f"{place}.{group}", part, values, entry.needs[group])
        return
    for value in values:
        try:
            changed(entry, key, value) if key != "budget" else named("")
        except KeyError:
            yield f"{path}: the recipe of {entry.title} has no such number or option; it has {', '.join(keys(entry))}"
            return
        except ValueError as error:
            yield f"{path}: {error}"
            return
        if wrong := _wrong_option(entry, key, value):
            yield f"{path}: {wrong}"
            return
    if key in defaults(entry.architecture) or (group == "rival" and part not in OF_RIVALS):
        return
    numbers = [value for value in values if isinstance(value, float | int)]
    if numbers and min(numbers) < 0:
        yield f"{path}: must be at least 0, got {min(numbers):g}"
    if key in (*NUMBERS, "rival.every", "rival.rate") and min(numbers) <= 0:
        yield f"{path}: must be greater than 0, got {min(numbers):g}"
    if key == "rival.beta1" and max(numbers) >= 1:
        yield f"{path}: must be less than 1, got {max(numbers):g}"
    if key in (*NUMBERS, "rival.every") and key != "learning_rate" and any(value % 1 for value in numbers):
        yield f"{path}: must be a whole number, got {next(value for value in numbers if value % 1):g}"


def _wrong_option(recipe: Recipe, key: str, value: Value) -> str:
    """Why an option of a recipe's architecture, or of its rival's, cannot have this value; nothing where it can."""
    group, _, part = key.partition(".")
    if group == "rival" and recipe.rival:
        if part in OF_RIVALS:
            return ""
        return wrong_option(recipe.rival.architecture, part, value)
    return wrong_option(recipe.architecture, key, value) if key in defaults(recipe.architecture) else ""


def idle_beside_weights(recipe: Recipe, key: str) -> bool:
    """Whether a key, as of `changed`, says how the recipe's own network is trained, which it is not if it is given."""
    known = {"architecture", *defaults(recipe.architecture)}
    return "weights" in known and key not in known and key.partition(".")[0] not in recipe.needs

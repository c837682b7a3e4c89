"""What an experiment makes of its recipes: their options and sizes on a data set. Nothing imports torch."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from ppgn_bench.data.table import DATASETS
from ppgn_bench.networks.options import Options
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.networks.table import defaults, options_of
from ppgn_bench.sampling.ablations import wrong_values
from ppgn_bench.sampling.variants import Variant
from ppgn_bench.training.changes import Value, changed, name_of, named
from ppgn_bench.training.recipes import Recipe, Rival

Settings = Mapping[str, Mapping[str, Value]]  # of a data set: recipe -> key -> value


def on_dataset(recipe: str, settings: Settings) -> str:
    """Name of the recipe with what differs on a data set, in what it needs too; what its name has stays."""
    base, *differences = recipe.split("+")
    entry = named(recipe)
    needs = {role: on_dataset(need, settings) for role, need in entry.needs.items()}
    entry = replace(entry, needs=MappingProxyType(needs))
    own = {difference.partition("=")[0] for difference in differences}
    for key, value in _architecture_first(settings.get(base, {})):
        if key not in own:
            entry = changed(entry, key, value)
    return name_of(entry)


def needed(samplers: Iterable[Variant]) -> list[str]:
    """The recipes that samplers and the judge need, and what those need in turn."""
    used = ["judge", *(recipe for sampler in samplers for recipe in sampler.networks.values())]
    return list(dict.fromkeys([*used, *(need for recipe in used for need in named(recipe).needs.values())]))


def options(dataset: str, recipe: Recipe | Rival) -> Options:
    """All options of a recipe's architecture, or of its rival's, on a data set. Raises ValueError as `options_of`."""
    return options_of(recipe.architecture, DATASETS[dataset].options.get(recipe.architecture, {}), recipe.options)


def sizes(dataset: str, image_size: int, recipe: Recipe) -> Sizes:
    """What the recipe's network must know of a data set. The code is its own, or that of what it needs."""
    entry = DATASETS[dataset]
    code = _code_size(dataset, recipe)
    return Sizes(entry.channels, image_size, entry.num_classes, entry.num_modes, code)


def _code_size(dataset: str, recipe: Recipe) -> int:
    if "code_size" in defaults(recipe.architecture):
        return int(vars(options(dataset, recipe))["code_size"])
    return next((size for need in recipe.needs.values() if (size := _code_size(dataset, named(need)))), 0)


def wrong_settings(settings: Settings) -> Iterator[str]:
    """What a data set's recipes cannot be told, each after its key."""
    for recipe, keys in settings.items():
        entry = recipe
        for key, value in _architecture_first(keys):
            wrong = list(wrong_values(f"networks.{recipe}", key, [value], entry))
            yield from wrong
            if key == "architecture":
                if wrong:
                    break  # whose options the others are, nobody knows
                entry = name_of(changed(named(recipe), key, value))


def _architecture_first(keys: Mapping[str, Value]) -> list[tuple[str, Value]]:
    """What differs of a recipe; the options after the architecture that they are of."""
    return sorted(keys.items(), key=lambda item: item[0] != "architecture")


def misfit(dataset: str, image_size: int, recipe: str) -> str:
    """Why a recipe's network cannot be built for a data set, after the key of it; nothing where it can."""
    entry, place = named(recipe), f"networks.{recipe.partition('+')[0]}"
    for player, prefix in ((entry, place), (entry.rival, f"{place}.rival")):
        try:
            wrong = options(dataset, player).misfit(sizes(dataset, image_size, entry)) if player else ""
        except ValueError as error:
            return f"{prefix}.{error}"
        if wrong:
            return wrong if wrong.startswith("image_size") else f"{prefix}.{wrong}"
    return ""

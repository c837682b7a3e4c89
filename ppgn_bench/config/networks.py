"""What an experiment makes of its recipes: their options and sizes on a data set. Nothing imports torch."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ppgn_bench.data.table import Dataset
from ppgn_bench.networks.options import Options
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.networks.table import architecture_of, defaults, options_of
from ppgn_bench.networks.weights import missing, weights_file
from ppgn_bench.training.allowed import BESIDE_WEIGHTS, idle_beside_weights, wrong_values
from ppgn_bench.training.changes import Value, as_text, changed, name_of, named
from ppgn_bench.training.recipes import JUDGES, Recipe, Rival

CODED = ("generator", "encoder", "denoiser")  # roles that make, or take, the codes that a chain walks in
LONGEST_NAME = 240  # bytes of a network's folder; file systems take 255

Settings = Mapping[str, Mapping[str, Value]]  # of a data set: recipe -> key -> value


def on_dataset(dataset: Dataset, recipe: str, settings: Settings) -> str:
    """Name of a table's recipe with what differs on a data set, in what it needs too."""
    entry = named(recipe)
    needs = {role: on_dataset(dataset, need, settings) for role, need in entry.needs.items()}
    entry = replace(entry, needs=MappingProxyType(needs))
    for key, value in _architecture_first(_differing(dataset, recipe, settings)):
        own = {**defaults(entry.architecture), **_preferred(dataset, entry), **entry.options}
        if own.get(key) != value:
            entry = changed(entry, key, value)
    return name_of(entry)


def _differing(dataset: Dataset, recipe: str, settings: Settings) -> Mapping[str, Value]:
    """What of a recipe differs on a data set: what a config says, and where it names no architecture the data set."""
    own = settings.get(recipe, {})
    return own if "architecture" in own else {**dataset.networks.get(recipe, {}), **own}


def weights_of(recipe: str) -> str:
    """The weights that a recipe names, whose network is not trained; nothing where it is."""
    return str(named(recipe).options.get("weights", ""))


def file_of_weights(recipe: str) -> Path | None:
    """Where they lie; None where the network is trained, or a library downloads them. Raises ValueError for no file."""
    kind = architecture_of(named(recipe).architecture)
    weights = weights_of(recipe)
    return weights_file(weights, kind.packaged, kind.downloads, kind.page) if weights else None


def _no_weights(recipe: str) -> str:
    """Why the weights that a recipe names cannot be had; nothing where they can, or where it names none."""
    if not weights_of(recipe):
        return ""
    try:
        file_of_weights(recipe)
    except ValueError as error:
        return f"weights: {error}"
    lacking = missing(architecture_of(named(recipe).architecture).packages)
    return f"architecture: {lacking}" if lacking else ""


def needed(recipes: Iterable[str]) -> list[str]:
    """Recipes and what they need, and what that needs in turn."""
    found = list(dict.fromkeys(recipes))
    for recipe in found:  # which grows meanwhile
        found += [need for need in named(recipe).needs.values() if need not in found]
    return found


def options(dataset: Dataset, recipe: Recipe | Rival) -> Options:
    """All options of a recipe's architecture, or of its rival's, on a data set. Raises ValueError as `options_of`."""
    return options_of(recipe.architecture, _preferred(dataset, recipe), recipe.options)


def _preferred(dataset: Dataset, recipe: Recipe | Rival) -> Mapping[str, Any]:
    """The options of its architecture that suit a data set."""
    return dataset.options.get(recipe.architecture, {})


def sizes(dataset: Dataset, image_size: int, recipe: Recipe) -> Sizes:
    """What the recipe's network must know of a data set. The code is its own, or that of what it needs.

    Factors only where it tells them: another factor is no reason to train other networks again.
    """
    code = _code_size(dataset, recipe)
    factors = dataset.num_factor_values if architecture_of(recipe.architecture).gives == "factors" else {}
    return Sizes(dataset.channels, image_size, dataset.num_classes, dataset.num_modes, code, factors)


def _code_size(dataset: Dataset, recipe: Recipe) -> int:
    if "code_size" in defaults(recipe.architecture):
        return int(vars(options(dataset, recipe))["code_size"])
    return next((size for need in recipe.needs.values() if (size := _code_size(dataset, named(need)))), 0)


def wrong_settings(settings: Settings, dataset: Dataset | None) -> Iterator[str]:
    """What a data set's recipes cannot be told, or what does nothing, each after its key; None: a data set that is not
    there.
    """
    for recipe, keys in settings.items():
        if dataset and dataset.judges and recipe in JUDGES and recipe not in dataset.judges:
            yield f"networks.{recipe}: does nothing, {dataset.title} has no such judge; leave it out"
        entry = recipe
        own = {} if dataset is None or "architecture" in keys else dataset.networks.get(recipe, {})
        if "architecture" in own:
            entry = name_of(changed(named(recipe), "architecture", own["architecture"]))
        for key, value in _architecture_first(keys):
            wrong = list(wrong_values(f"networks.{recipe}", key, [value], entry))
            yield from wrong
            if key == "architecture":
                if wrong:
                    break  # whose options the others are, nobody knows
                entry = name_of(changed(named(recipe), key, value))
        else:
            if {**own, **keys}.get("weights"):
                idle = [key for key in keys if idle_beside_weights(named(entry), key)]
                yield from (f"networks.{recipe}.{key}: {BESIDE_WEIGHTS}" for key in idle)


def _architecture_first(keys: Mapping[str, Value]) -> list[tuple[str, Value]]:
    """What differs of a recipe; the options after the architecture that they are of."""
    return sorted(keys.items(), key=lambda item: item[0].rpartition(".")[2] != "architecture")


def folder_name(recipe: str, budget: float) -> str:
    """Name of the folder of a recipe's networks: a budget that scales their iterations is part of it."""
    scaled = budget != 1 and named(recipe).budgeted and not weights_of(recipe)  # what is given is not trained
    return f"{recipe}+budget={as_text(budget)}" if scaled else recipe


def misfit(
    dataset: Dataset, image_size: int, recipe: str, processes: int = 1, device: str = "auto", budget: float = 1.0
) -> str:
    """Why a recipe's network cannot be built for a data set, or be trained so, after the key of it; nothing where it
    can.
    """
    entry, place = named(recipe), f"networks.{recipe.partition('+')[0]}"
    changed_ = f" (recipe {recipe})" if "+" in recipe else ""
    if (length := len(folder_name(recipe, budget).encode())) > LONGEST_NAME:
        shorter = "; a shorter path of weights helps" if "weights=" in recipe else ""
        return f"{place}: so much differs that its folder's name would have {length} characters{shorter}"
    if wrong := _no_weights(recipe):
        return f"{place}.{wrong}"
    if dataset.pretrained and not weights_of(recipe):
        return f"{place}: {_nothing_trains(dataset)}{changed_}"
    if wrong := "" if weights_of(recipe) else _untrained(entry):
        return f"{place}.weights: {wrong}{changed_}"
    parts = 1 if weights_of(recipe) else entry.accumulate * processes
    if entry.precision == "float16" and device == "cpu":
        return f"{place}.precision: float16 needs a CUDA device; say bfloat16 or float32{changed_}"
    if entry.batch_size % parts:
        by = f"{parts} (accumulate {entry.accumulate} in each of {processes} processes)"
        return f"{place}.batch_size: must be a multiple of {by}, got {entry.batch_size}{changed_}"
    for player, prefix in ((entry, place), (entry.rival, f"{place}.rival")):
        try:
            built = options(dataset, player) if player else None
            wrong = built.misfit(sizes(dataset, image_size, entry)) if built else ""
            if built and not wrong and entry.batch_size < (least := built.smallest_batch() * parts):
                wrong = f"batch_size: must be at least {least} with these options, got {entry.batch_size}"
        except ValueError as error:
            return f"{prefix}.{error}{changed_}"
        if wrong:
            return (wrong if wrong.startswith("image_size") else f"{prefix}.{wrong}") + changed_
    return ""


def _nothing_trains(dataset: Dataset) -> str:
    """Why a network without weights cannot be had on a data set without training images."""
    return f"{dataset.title} has no training images; say an architecture that takes weights, and weights: which"


def _untrained(recipe: Recipe) -> str:
    """Why a recipe's weights leave something without a loss; nothing where they do not."""
    weighed = [term for term, weight in recipe.weights.items() if weight]
    if recipe.rival and recipe.rival.term not in weighed and (lost := [t for t in recipe.rival.gives if t in weighed]):
        return f"without {recipe.rival.term} there is no {recipe.rival.architecture}, and {lost[0]} is what it sees"
    return "" if set(weighed) - {"kl"} else "no loss is left that trains the network"  # KL is an encoder's alone


def unlike_codes(dataset: Dataset, image_size: int, networks: Mapping[str, str]) -> str:
    """Which roles of a sampler that walks in codes have codes of another size than its generator; nothing if none."""
    codes = {role: sizes(dataset, image_size, named(networks[role])).code_size for role in CODED if role in networks}
    others = [f"{role} {size}" for role, size in codes.items() if size != codes["generator"]]
    return f"codes of the generator have {codes['generator']} units, of {', '.join(others)}" if others else ""


def too_few_outputs(dataset: Dataset, image_size: int, networks: Mapping[str, str]) -> str:
    """Why what steers a sampler cannot be asked for every class of a data set, after its key; nothing where it can."""
    recipe = networks["condition"]
    entry, least = named(recipe), dataset.num_classes
    told = options(dataset, entry).num_outputs(sizes(dataset, image_size, entry))
    place = f"networks.{recipe.partition('+')[0]}.outputs"
    return f"{place}: must be at least {least}, as many as classes, got {told}" if told < least else ""

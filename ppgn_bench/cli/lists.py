"""Commands: what there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ppgn_bench.data.table import Dataset


def variants() -> None:
    """List the samplers of the paper: what each walks in, its prior, networks and epsilons.

    A second line has the epsilons of a data set with a search of its own; docs/settings.md says where they come from.
    """
    from ppgn_bench.sampling.variants import VARIANTS

    print(f"{'name':24} {'title':36} {'walks in':9} {'prior':16} {'eps prior, condition, noise':28} networks")
    for name, variant in VARIANTS.items():
        networks = ", ".join(f"{role}: {recipe}" for role, recipe in variant.networks.items())
        facts = f"{name:24} {variant.title:36} {variant.space:9} {variant.prior.short:16}"
        print(f"{facts} {_values(variant.epsilon):28} {networks}")
        for dataset, own in variant.searched.items():
            print(f"{'':{len(facts)}} {_values(own)} on {dataset}")


def _values(epsilon: Mapping[str, float]) -> str:
    return ", ".join(f"{value:g}" for value in epsilon.values())


def datasets() -> None:
    """List the data sets: their images, source and licence, and where their files are on this machine.

    To use one, put its name under "datasets" of a config. Where files are missing, the last row says what goes where.

    Files elsewhere: "datasets: {cifar10: {root: FOLDER}}".

    Let torchvision download them: "datasets: {cifar10: {download: true}}".

    Images of your own, one folder a class, need no entry: "datasets: {flowers: {kind: folder, root: FOLDER}}".

    All keys are in config/README.md. Nothing is trained or sampled by this command, and no image is read.
    """
    from ppgn_bench.data.splits import SPLITS
    from ppgn_bench.data.table import DATASETS

    for name, entry in DATASETS.items():
        images, colour = sum(entry.split_sizes.values()), "grey" if entry.channels == 1 else "colour"
        size = f"{entry.image_size}x{entry.image_size} {colour}"
        modes = f", {entry.num_modes} modes a class" if entry.num_modes else ""
        print(f"{name}: {entry.title}: {images:,} images of {entry.num_classes} classes{modes}, {size}")
        splits = ", ".join(f"{split} {entry.split_sizes[split]:,}" for split in SPLITS if split in entry.split_sizes)
        rows = {"source": entry.source, "licence": entry.licence, "splits": splits, "files": _files(entry)}
        if entry.factors:
            rows["factors"] = "; ".join(f"{name}: {', '.join(values)}" for name, values in entry.factors.items())
        for row, text in rows.items():
            print(f"    {row:8} {text}")


def _files(dataset: Dataset) -> str:
    """Where a data set's files are, or what to put where."""
    from ppgn_bench.data import places
    from ppgn_bench.networks.weights import missing

    if dataset.package:
        lacking = missing((dataset.package,))
        return (
            f"missing: {lacking}; or say a root, a folder of yours" if lacking else f"in the package {dataset.package}"
        )
    if dataset.place is None:
        return "here: none are needed"
    root = places.default_root(dataset.place)
    return f"missing: {words}" if (words := places.missing(dataset.place, root)) else f"in {root}"


def architectures() -> None:
    """List the architectures with their options, as a config sets them, and the recipes that use them."""
    from ppgn_bench.data.table import DATASETS
    from ppgn_bench.networks.table import ARCHITECTURES, defaults
    from ppgn_bench.training.recipes import RECIPES

    for name, architecture in ARCHITECTURES.items():
        users = [recipe for recipe, entry in RECIPES.items() if entry.architecture == name]
        users += [f"rival of {r}" for r, entry in RECIPES.items() if entry.rival and entry.rival.architecture == name]
        print(f"{name}: {architecture.title} ({', '.join(users) or 'no recipe'})")
        for option, value in defaults(name).items():
            preferred = {key: entry.options.get(name, {}).get(option) for key, entry in DATASETS.items()}
            own = [f"{key} {_as_yaml(other)}" for key, other in preferred.items() if other is not None]
            print(f"    {option:10} {_as_yaml(value):24} {', '.join(own)}".rstrip())


def _as_yaml(value: object) -> str:
    if value is None:
        return "must be set"
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]" if value else "by the image's size"
    return str(value)


def metrics() -> None:
    """List the metrics: unit, best direction, smallest difference that matters."""
    from ppgn_bench.metrics.table import METRICS

    print(f"{'name':28} {'title':44} {'best':8} {'margin':>7}  unit")
    for name, metric in METRICS.items():
        print(f"{name:28} {metric.title:44} {metric.direction:8} {metric.margin:7g}  {metric.unit}")

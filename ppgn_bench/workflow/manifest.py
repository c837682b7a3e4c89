"""The manifest: what an experiment runs and on what data, for the report and for whoever repeats it."""

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.lookup import Name
from ppgn_bench.metrics.of_inception import BEGINS, DOWNLOAD
from ppgn_bench.networks.table import architecture_of
from ppgn_bench.sampling.variants import OWN_CLASS, PLAIN, VARIANTS, Variant
from ppgn_bench.storage import files, judges
from ppgn_bench.training.changes import named, title_of
from ppgn_bench.training.recipes import FACTOR_JUDGE
from ppgn_bench.workflow import paths, plan
from ppgn_bench.worlds.table import WALKERS, WORLDS

Facts = Callable[[Path, Name], dict[str, Any]]


def facts(experiment: Experiment, of_judge: Facts = judges.facts) -> dict[str, Any]:
    """What is run and on what: known before anything runs, but for what judges say of themselves.

    of_judge: file and class of a judge -> its hash and accuracies.
    """
    networks = [
        {**network, "losses": paths.beside(network["weights"], "losses.csv")}
        for network in paths.trained_networks(experiment)
    ]
    return {
        "name": experiment.name,
        "datasets": [
            {
                **_dataset(folder, name, experiment),
                "judges": [*_judges(folder, name, experiment, of_judge), *_inception(folder, experiment)],
            }
            for folder, name in paths.folders(experiment).items()
        ],
        "sweeps": [
            {"name": name, "run": kind, **run.model_dump(), "without": experiment.left_out(name, run)}
            for name, sweep in experiment.sweeps.items()
            for kind, run in sweep.runs.items()
        ],
        "variants": [_variant(name, entry, experiment) for name, entry in experiment.samplers.items()],
        "ablations": [_ablation(name, experiment) for name in experiment.ablations],
        "networks": networks,
        "worlds": _worlds(experiment),
        "settings": experiment.model_dump(mode="json"),
    }


def _dataset(folder: str, dataset: str, experiment: Experiment) -> dict[str, Any]:
    entry, size = experiment.dataset(dataset), experiment.image_size(dataset)
    differ = [
        title_of(experiment.recipe(dataset, recipe))
        for recipe in {**entry.networks, **experiment.datasets[dataset].networks}
    ]
    return {
        "name": folder,
        "title": entry.title,
        "source": entry.source,
        "image": [entry.channels, size, size],
        "classes": list(entry.class_names),
        "modes": entry.num_modes,
        "sizes": dict(entry.split_sizes),
        "networks": differ,
        "pretrained": entry.pretrained,
    }


def _judges(folder: str, dataset: str, experiment: Experiment, of_judge: Facts) -> list[dict[str, Any]]:
    """The judges in their order. One of the package is named as in the package, wherever that lies."""
    found = []
    recipes = experiment.judges(dataset)
    if paths.asks_factors(experiment, folder):
        recipes = (*recipes, experiment.recipe(dataset, FACTOR_JUDGE))
    for recipe, file in zip(recipes, paths.judges_asked(experiment, folder).values(), strict=True):
        title = f"{title_of(recipe)}: {architecture_of(named(recipe).architecture).title}"
        place = "/".join(("ppgn_bench", *Path(file).parts[-3:])) if paths.shipped(folder, recipe) else file
        found.append({"title": title, "file": place, **of_judge(Path(file), plan.network_class(recipe))})
    return found


def _inception(folder: str, experiment: Experiment) -> list[dict[str, Any]]:
    """Inception where it measures: its hash is the one that rows of its metrics have.

    What torch-fidelity downloads, perhaps later, must begin as its name says: that is known of it.
    """
    asked = {plan.measuring(experiment, folder, sweep).inception for sweep in (None, *experiment.sweeps)} - {""}
    known = {weights: BEGINS if weights == DOWNLOAD else files.digest(weights) for weights in asked}
    return [
        {
            "title": f"{'' if digest.startswith(BEGINS) else 'own '}Inception: torch-fidelity's",
            "file": weights,
            "hash": digest,
            "accuracy": None,
            "mode_accuracy": None,
        }
        for weights, digest in known.items()
    ]


def _variant(name: str, entry: Variant, experiment: Experiment) -> dict[str, Any]:
    folders = {folder: own for folder, own in paths.folders(experiment).items() if experiment.is_on(own, name)}
    targets = {folder: experiment.targets(dataset, name) for folder, dataset in folders.items()}
    return {
        "key": name,
        "title": entry.title,
        "space": entry.space,
        "prior": (entry.prior if entry.view.short == "as_is" else entry.view).short,
        "networks": dict(entry.networks),
        "targets": {folder: [target.name for target in own] for folder, own in targets.items()},
        "epsilon": {folder: dict(experiment.on(dataset, name).epsilon) for folder, dataset in folders.items()},
        "update": _switches(entry),
        "source": entry.source,
    }


def _switches(entry: Variant) -> dict[str, Any]:
    """How a sampler's update differs from the plain one of its space."""
    plain = vars(PLAIN[entry.space])
    changed = {name: value for name, value in vars(entry.update).items() if value != plain[name]}
    if entry.conditions != OWN_CLASS:
        changed["condition"] = _conditions(entry.conditions)
    switches = {name: value.short if isinstance(value, Name) else value for name, value in changed.items()}
    return switches | ({"bounds": entry.bounds} if entry.bounds and entry.space == "code" else {})


def _conditions(weights: Mapping[str, float]) -> str:
    """Keys of what steers: "target_only"; of a sum "own_class + 0.5 own_values"."""
    return " + ".join(name if weight == 1 else f"{weight:g} {name}" for name, weight in weights.items())


def _ablation(name: str, experiment: Experiment) -> dict[str, Any]:
    """What an ablation changes, and the samplers along its axes."""
    ablation = experiment.ablations[name]
    axes = {change.label: list(change.values) for change in ablation.changes if len(change.values) > 1}
    return {
        "name": name,
        "title": ablation.title or f"{VARIANTS[ablation.of].title}, {name}",
        "of": ablation.of,
        "ladder": ablation.ladder,
        "axes": axes,
        "samplers": {
            key: dict(zip(axes, values, strict=True))
            for key, values in zip(experiment.ablated(name), itertools.product(*axes.values()), strict=True)
        },
    }


def _worlds(experiment: Experiment) -> list[dict[str, Any]]:
    """What the report says of each world, and where its results lie."""
    return [
        {
            "name": world,
            "title": WORLDS[world].title,
            "dimensions": WORLDS[world].dimensions,
            "drift_sigma": settings.drift_sigma,
            "tables": paths.world_tables(experiment, world),
            "picture": paths.picture_file(paths.world_tables(experiment, world)[0]),
            "walkers": {name: walker.title for name, walker in WALKERS.items()},
        }
        for world, settings in experiment.worlds.items()
    ]

"""What each job of the workflow reads, makes and is told: paths and settings; `plan_code` has the code that it runs.

The settings of a job are all that it receives, one JSON value: Snakemake reruns the job when it changes. Results are
named by what they hold: a data set by its name and a resolution not its own ("shapes+image_size=32"), a network by its
recipe and what differs from it ("joint+budget=0.2"). Functions and wildcards take those names. Nothing imports torch.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.data.table import DATASETS
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.training.recipes import RECIPES, named

Settings = dict[str, Any]

JUDGES = (0, 1)  # seeds: the judge of all seeds and experiments, and a second one for sensitivity

# ------------------------------------------------------------------------------------------------ names of results


def folders(experiment: Experiment) -> dict[str, str]:
    """Folder of each data set's results -> the data set, in the experiment's order."""
    named = {}
    for dataset in experiment.datasets:
        size, own = experiment.image_size(dataset), DATASETS[dataset].image_size
        named[dataset if size == own else f"{dataset}+image_size={size}"] = dataset
    return named


def network_file(experiment: Experiment, folder: str, recipe: str, seed: int | str) -> str:
    """Where a network's weights lie. Equal recipes share a file, whatever the experiment."""
    budget = experiment.datasets[folders(experiment)[folder]].budget
    name = f"{recipe}+budget={budget:g}" if named(recipe).budgeted and budget != 1 else recipe
    return f"results/networks/{folder}/{name}/seed_{seed}.safetensors"


def chain_files(experiment: Experiment, folder: str, sweep: str, variant: str) -> list[str]:
    """Where a variant's chains lie, a file a seed."""
    seeds = experiment.datasets[folders(experiment)[folder]].seeds
    place = f"results/{experiment.name}/chains/{folder}/{sweep}/{variant}"
    return [f"{place}/seed_{seed}.safetensors" for seed in seeds]


# ------------------------------------------------------------------------------------------- what the jobs are told


def preparation(folder: str) -> Settings:
    """Settings of the job that writes a data set's splits; its folder says which and at what resolution."""
    dataset, _, other_size = folder.partition("+image_size=")
    entry = DATASETS[dataset]
    size = int(other_size) if other_size else entry.image_size
    return {
        "dataset": folder,
        "load": entry.load,
        "image_size": size,
        "num_classes": entry.num_classes,
        "num_modes": entry.num_modes,
        "band": list(entry.band(size)),
    }


def training(experiment: Experiment, folder: str, recipe: str, seed: int | str) -> Settings:
    """Settings of the job that trains one network; recipe is its folder's name."""
    entry = named(recipe)
    return {
        "recipe": recipe.partition("+")[0],
        "name": recipe.partition("+budget=")[0],
        "network": entry.network,
        "objective": entry.objective,
        "needs": {need: RECIPES[need].network for need in entry.needs},
        "split": entry.split,
        "weights": dict(entry.weights),
        "noise": dict(entry.noise),
        "batch_size": entry.batch_size,
        "learning_rate": entry.learning_rate,
        "iterations": entry.iterations,
        "dataset": folder,
        "seed": int(seed),
        "sizes": _sizes(experiment, folder),
        "device": experiment.device,
    }


def sampling(experiment: Experiment, folder: str, sweep: str, variant: str, seed: int | str) -> Settings:
    """Settings of the job that samples one variant from one seed's networks: all runs, all epsilons."""
    entry, plan, sizes = experiment.samplers[variant], experiment.sweeps[sweep], _sizes(experiment, folder)
    image_shape = [sizes["channels"], sizes["image_size"], sizes["image_size"]]
    return {
        "dataset": folder,
        "sweep": sweep,
        "variant": variant,
        "seed": int(seed),
        "space": entry.space,
        "prior": entry.prior,
        "view": entry.view,
        "bounds": entry.bounds,
        "update": vars(entry.update),
        "networks": {role: named(recipe).network for role, recipe in entry.networks.items()},
        "epsilons": plan.settings(entry.epsilon),
        "runs": {name: run.model_dump() for name, run in plan.runs.items()},
        "chunk_size": experiment.chunk_size,
        "state_shape": [sizes["code_size"]] if entry.space == "code" else image_shape,
        "device": experiment.device,
    }


def metric_names(experiment: Experiment, sweep: str | None = None) -> list[str]:
    """The metrics that a sweep asks for, else the experiment, in the table's order; the controls have them all."""
    wanted = (experiment.sweeps[sweep].metrics if sweep is not None else None) or experiment.metrics
    return [name for name in METRICS if wanted is None or name in wanted]


def control_sizes(experiment: Experiment) -> str:
    """How many samples of a class each sweep measures, as the command line takes it: controls have as many."""
    runs = {name: sweep.quality for name, sweep in experiment.sweeps.items() if sweep.quality}
    return " ".join(f"--size {shlex.quote(f'{name}={run.chains_per_class}')}" for name, run in runs.items())


def as_json(settings: Settings) -> str:
    """Settings as the command line takes them, the same text for the same settings."""
    return json.dumps(settings, sort_keys=True)


def _sizes(experiment: Experiment, folder: str) -> Settings:
    dataset = folders(experiment)[folder]
    entry = DATASETS[dataset]
    return {
        "channels": entry.channels,
        "image_size": experiment.image_size(dataset),
        "num_classes": entry.num_classes,
        "num_modes": entry.num_modes,
        "code_size": entry.code_size,
        "encoder_widths": list(entry.encoder_widths),
        "generator_widths": list(entry.generator_widths),
    }


# ------------------------------------------------------------------------------------------------ what the jobs need


def needed_networks(experiment: Experiment, folder: str, recipe: str, seed: int | str) -> dict[str, str]:
    """Recipe -> file of the networks that a training needs; recipe is its folder's name."""
    return {need: network_file(experiment, folder, need, seed) for need in named(recipe).needs}


def sampled_networks(experiment: Experiment, folder: str, variant: str, seed: int | str) -> dict[str, str]:
    """Role -> file of the networks that a variant samples with: a variant pulls its training."""
    roles = experiment.samplers[variant].networks
    return {role: network_file(experiment, folder, recipe, seed) for role, recipe in roles.items()}


def trained_recipes(experiment: Experiment) -> list[str]:
    """The judges' and the recipes that the experiment's samplers need: the table's in its order, then changed ones."""
    used = ["judge", *(recipe for entry in experiment.samplers.values() for recipe in entry.networks.values())]
    used += [need for recipe in used for need in named(recipe).needs]
    return sorted(dict.fromkeys(used), key=lambda recipe: (list(RECIPES).index(recipe.partition("+")[0]), recipe))


def trained_networks(experiment: Experiment) -> list[Settings]:
    """Every network of the experiment: data set, recipe, seed, weights."""
    return [
        {"dataset": folder, "recipe": recipe, "seed": seed, "weights": network_file(experiment, folder, recipe, seed)}
        for folder, dataset in folders(experiment).items()
        for recipe in trained_recipes(experiment)
        for seed in (JUDGES if recipe == "judge" else experiment.datasets[dataset].seeds)
    ]


def control_tables(experiment: Experiment) -> list[str]:
    """Measurements of the controls, a file a data set."""
    return [f"results/{experiment.name}/metrics/{folder}/controls.csv" for folder in folders(experiment)]


def metric_tables(experiment: Experiment) -> list[str]:
    """Measurements of everything, the controls first."""
    tables = [f"results/{experiment.name}/metrics/{'/'.join(names)}.csv" for names in _samplings(experiment)]
    return control_tables(experiment) + tables


def cost_tables(experiment: Experiment) -> list[str]:
    """What each network, each variant's chains and each of its measurements cost."""
    weights = [network["weights"] for network in trained_networks(experiment)]
    chains = [file for names in _samplings(experiment) for file in chain_files(experiment, *names)]
    measured = metric_tables(experiment)[len(control_tables(experiment)) :]
    return [beside(file.removesuffix(".csv"), "cost.csv") for file in [*weights, *chains, *measured]]


def report_inputs(experiment: Experiment) -> list[str]:
    """Curves, pictures and losses that the report draws."""
    tables = metric_tables(experiment)
    drawn = [file.replace(".csv", ".pictures.safetensors") for file in tables]
    drawn += [file.replace(".csv", ".curves.csv") for file in tables[len(control_tables(experiment)) :]]
    return drawn + loss_tables(experiment)


def loss_tables(experiment: Experiment) -> list[str]:
    """Loss logs of every network; they end with its errors on held-out images."""
    return [beside(network["weights"], "losses.csv") for network in trained_networks(experiment)]


def _samplings(experiment: Experiment) -> Iterator[tuple[str, str, str]]:
    """Folder, sweep and variant of everything that is sampled."""
    for folder in folders(experiment):
        for sweep in experiment.sweeps:
            yield from ((folder, sweep, variant) for variant in experiment.sweep_variants(sweep))


def options(networks: Mapping[str, str]) -> str:
    """Networks as the command line takes them."""
    return " ".join(f"--network {shlex.quote(f'{role}={file}')}" for role, file in networks.items())


def beside(file: str, ending: str) -> str:
    """seed_0.safetensors -> seed_0.losses.csv."""
    return f"{file.removesuffix('.safetensors')}.{ending}"

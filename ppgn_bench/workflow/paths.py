"""Where results lie and what a job needs of them. Results are named by what they hold.

A data set has its name and a resolution that is not its own ("shapes+image_size=64"), a network its recipe and what
differs from it ("joint+budget=0.2"). Functions and wildcards take those names. Nothing imports torch.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ppgn_bench.config import networks
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.training.changes import named
from ppgn_bench.training.recipes import FACTOR_JUDGE, JUDGES, RECIPES

SHIPPED = Path(__file__).parents[1] / "judges"  # <data set>/<recipe>.safetensors, by `make judges`
JUDGE_SEED = 0  # of a judge that does not ship: trained once, for all seeds and experiments
JUDGE_ROLES = ("judge", "second_judge", "third_judge")


def folders(experiment: Experiment) -> dict[str, str]:
    """Folder of each data set's results -> the data set, in the experiment's order."""
    places = {}
    for dataset in experiment.datasets:
        size, own = experiment.image_size(dataset), experiment.dataset(dataset).image_size
        places[dataset if size == own else f"{dataset}+image_size={size}"] = dataset
    return places


def network_file(experiment: Experiment, folder: str, recipe: str, seed: int | str) -> str:
    """Where a network's weights lie. Equal recipes share a file, whatever the experiment."""
    budget = experiment.datasets[folders(experiment)[folder]].budget
    seed = JUDGE_SEED if networks.weights_of(recipe) else seed  # what is not trained has one
    return f"results/networks/{folder}/{networks.folder_name(recipe, budget)}/seed_{seed}.safetensors"


def data_file(folder: str) -> str:
    """Where a data set's splits lie."""
    return f"results/data/{folder}.safetensors"


def judges(experiment: Experiment, folder: str) -> dict[str, str]:
    """The data set's judges, as inputs of a rule: those that ship with the package, else trained ones."""
    recipes = experiment.judges(folders(experiment)[folder])
    files = [shipped(folder, recipe) or network_file(experiment, folder, recipe, JUDGE_SEED) for recipe in recipes]
    return dict(zip(JUDGE_ROLES, files, strict=False))


def factor_judge(experiment: Experiment, folder: str) -> dict[str, str]:
    """The data set's judge of factors, as `judges`; nothing where it has no factors."""
    dataset = folders(experiment)[folder]
    if not experiment.dataset(dataset).factors:
        return {}
    recipe = experiment.recipe(dataset, FACTOR_JUDGE)
    return {FACTOR_JUDGE: shipped(folder, recipe) or network_file(experiment, folder, recipe, JUDGE_SEED)}


def asks_factors(experiment: Experiment, folder: str, variant: str | None = None) -> bool:
    """Whether a sampler, or any, is asked on a data set for something else than classes."""
    dataset = folders(experiment)[folder]
    names = [variant] if variant else [name for name in experiment.samplers if experiment.is_on(dataset, name)]
    return any(target.asks.keys() - {"label"} for name in names for target in experiment.targets(dataset, name))


def judges_asked(experiment: Experiment, folder: str, variant: str | None = None) -> dict[str, str]:
    """The judges that measure a sampler, or the controls, as inputs of a rule: of factors too where these are asked."""
    own = factor_judge(experiment, folder) if asks_factors(experiment, folder, variant) else {}
    return judges(experiment, folder) | own


def inception(experiment: Experiment) -> dict[str, str]:
    """The file of Inception's weights, as an input of a rule; nothing where there is none, or it is downloaded."""
    return {"inception": own.weights} if (own := experiment.inception) and own.weights != "download" else {}


def all_judges(experiment: Experiment) -> list[str]:
    """The judges of all data sets, those of factors where these are asked."""
    return [file for folder in folders(experiment) for file in judges_asked(experiment, folder).values()]


def trained_judges(experiment: Experiment) -> list[str]:
    """Where the judges of all data sets lie when they are trained, also those that ship: what `make judges` makes."""
    return [
        network_file(experiment, folder, recipe, JUDGE_SEED)
        for folder, dataset in folders(experiment).items()
        for recipe in (*experiment.judges(dataset), experiment.recipe(dataset, FACTOR_JUDGE))
        if experiment.dataset(dataset).factors or recipe.partition("+")[0] != FACTOR_JUDGE
    ]


def shipped(folder: str, recipe: str) -> str:
    """Where the package has a data set's judge, which no run trains; nothing where it has none.

    It has them of its own data sets at their own size, with the options that a recipe has of itself: a name that says
    what differs finds no file. From the folder where Snakemake runs, so that a clone can be moved.
    """
    file = SHIPPED / folder / f"{recipe}.safetensors"
    if not file.is_file():
        return ""
    here = Path.cwd()
    return file.relative_to(here).as_posix() if file.is_relative_to(here) else file.as_posix()


def chain_files(experiment: Experiment, folder: str, sweep: str, variant: str) -> list[str]:
    """Where a variant's chains lie, a file a seed."""
    seeds = experiment.datasets[folders(experiment)[folder]].seeds
    place = f"results/{experiment.name}/chains/{folder}/{sweep}/{variant}"
    return [f"{place}/seed_{seed}.safetensors" for seed in seeds]


def needed_networks(experiment: Experiment, folder: str, recipe: str, seed: int | str) -> dict[str, str]:
    """Role -> file of the networks that a training needs; recipe is its folder's name."""
    return {role: network_file(experiment, folder, need, seed) for role, need in named(recipe).needs.items()}


def given_weights(recipe: str) -> dict[str, str]:
    """The file of the weights that a recipe names, as an input of its rule; nothing where its network is trained."""
    file = networks.file_of_weights(recipe)
    return {"given": str(file)} if file else {}


def sampled_networks(experiment: Experiment, folder: str, variant: str, seed: int | str) -> dict[str, str]:
    """Role -> file of the networks that a variant samples with: a variant pulls its training."""
    roles = experiment.on(folders(experiment)[folder], variant).networks
    return {role: network_file(experiment, folder, recipe, seed) for role, recipe in roles.items()}


def trained_recipes(experiment: Experiment, folder: str) -> list[str]:
    """The recipes that the samplers need on a data set, and those of judges that do not ship: the table's in its order,
    then changed ones.
    """
    dataset = folders(experiment)[folder]
    told = [experiment.recipe(dataset, FACTOR_JUDGE)] if asks_factors(experiment, folder) else []
    recipes = [recipe for recipe in (*experiment.trained(dataset), *told) if not shipped(folder, recipe)]
    return sorted(recipes, key=lambda recipe: (list(RECIPES).index(recipe.partition("+")[0]), recipe))


def is_judge(recipe: str) -> bool:
    """Whether it is a judge's."""
    return recipe.partition("+")[0] in (*JUDGES, FACTOR_JUDGE)


def is_made_once(recipe: str) -> bool:
    """Whether it is trained once, for all seeds, or not at all."""
    return is_judge(recipe) or bool(networks.weights_of(recipe))


def trained_networks(experiment: Experiment) -> list[dict[str, Any]]:
    """Every network of the experiment: data set, recipe, seed, weights."""
    return [
        {"dataset": folder, "recipe": recipe, "seed": seed, "weights": network_file(experiment, folder, recipe, seed)}
        for folder, dataset in folders(experiment).items()
        for recipe in trained_recipes(experiment, folder)
        for seed in ((JUDGE_SEED,) if is_made_once(recipe) else experiment.datasets[dataset].seeds)
    ]


def control_tables(experiment: Experiment) -> list[str]:
    """Measurements of the controls, a file a data set."""
    return [f"results/{experiment.name}/metrics/{folder}/controls.csv" for folder in folders(experiment)]


def metric_tables(experiment: Experiment) -> list[str]:
    """Measurements of everything, the controls first."""
    tables = [f"results/{experiment.name}/metrics/{'/'.join(names)}.csv" for names in _samplings(experiment)]
    return control_tables(experiment) + tables


def cost_tables(experiment: Experiment) -> list[str]:
    """What each network, each variant's chains, each measurement and each world cost."""
    made = [*_weights_and_chains(experiment), *metric_tables(experiment), *all_world_tables(experiment)]
    return [beside(file.removesuffix(".csv"), "cost.csv") for file in made]


def _weights_and_chains(experiment: Experiment) -> list[str]:
    chains = [file for names in _samplings(experiment) for file in chain_files(experiment, *names)]
    return [network["weights"] for network in trained_networks(experiment)] + chains


def results(experiment: Experiment) -> list[str]:
    """All that jobs make before it is collected, the data and networks that other experiments share among it: without
    what these cost, which is another number whenever another experiment makes them anew, to the same bytes.
    """
    data = [data_file(folder) for folder in folders(experiment)]
    costs = [file for file in cost_tables(experiment) if not file.startswith("results/networks/")]
    measured = [*metric_tables(experiment), *report_inputs(experiment), *costs]
    return list(dict.fromkeys([*data, *_weights_and_chains(experiment), *measured]))


def report_inputs(experiment: Experiment) -> list[str]:
    """Curves, values of targets, pictures, losses and errors on worlds that the report draws."""
    tables = metric_tables(experiment)
    drawn = [file.replace(".csv", ".pictures.safetensors") for file in tables]
    measured = tables[len(control_tables(experiment)) :]
    drawn += [file.replace(".csv", ending) for file in measured for ending in (".curves.csv", ".targets.csv")]
    worlds = all_world_tables(experiment)
    return drawn + loss_tables(experiment) + worlds + [picture_file(table) for table in worlds]


def loss_tables(experiment: Experiment) -> list[str]:
    """Loss logs of every network; they end with its errors on held-out images."""
    return [beside(network["weights"], "losses.csv") for network in trained_networks(experiment)]


def checked_logs(experiment: Experiment) -> dict[str, list[str]]:
    """Loss logs of the networks that must do their job, and of those that ablations alone take, which may not."""
    logs: dict[str, list[str]] = {"networks": [], "ablated": []}
    for folder, dataset in folders(experiment).items():
        own = {recipe for name in experiment.variants for recipe in experiment.on(dataset, name).networks.values()}
        required = networks.needed(own)
        for row in trained_networks(experiment):
            if row["dataset"] == folder and not is_judge(row["recipe"]):
                logs["networks" if row["recipe"] in required else "ablated"].append(
                    beside(row["weights"], "losses.csv")
                )
    return logs


def _samplings(experiment: Experiment) -> Iterator[tuple[str, str, str]]:
    """Folder, sweep and variant of everything that is sampled."""
    for folder, dataset in folders(experiment).items():
        for sweep in experiment.sweeps:
            yield from ((folder, sweep, variant) for variant in experiment.sweep_variants(sweep, dataset))


def beside(file: str, ending: str) -> str:
    """seed_0.safetensors -> seed_0.losses.csv."""
    return f"{file.removesuffix('.safetensors')}.{ending}"


def world_tables(experiment: Experiment, world: str) -> list[str]:
    """Errors on a world, a file a seed."""
    return [f"results/{experiment.name}/worlds/{world}/seed_{seed}.csv" for seed in experiment.worlds[world].seeds]


def picture_file(table: str) -> str:
    """seed_0.csv of a world -> seed_0.safetensors, its trajectories."""
    return f"{table.removesuffix('.csv')}.safetensors"


def all_world_tables(experiment: Experiment) -> list[str]:
    """Errors on every world."""
    return [table for world in experiment.worlds for table in world_tables(experiment, world)]

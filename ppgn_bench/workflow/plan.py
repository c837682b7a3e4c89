"""An experiment's jobs: its settings as the values of `jobs`. Nothing imports torch.

A job is all that its stage receives, as JSON in Snakemake's `params`: when it changes, or the code that it can reach
(`code`), the job runs again.
"""

from dataclasses import asdict
from functools import cache
from typing import Any

from ppgn_bench.config import networks, sections
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.data.table import Dataset
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Exploring, Job, Measuring, MeasuringControls, Preparation, Rival, Run, Sampling, Training
from ppgn_bench.lookup import Name, names
from ppgn_bench.metrics.of_inception import OF_INCEPTION
from ppgn_bench.metrics.table import METRICS, of_samples
from ppgn_bench.networks.own_options import WRAPPED
from ppgn_bench.networks.table import ARCHITECTURES, architecture_of
from ppgn_bench.sampling.targets import classes
from ppgn_bench.sampling.variants import Variant
from ppgn_bench.training.changes import named
from ppgn_bench.training.recipes import FACTOR_JUDGE, Recipe
from ppgn_bench.workflow.fingerprint import fingerprint
from ppgn_bench.workflow.paths import asks_factors, folders
from ppgn_bench.worlds.table import WALKERS, WORLDS


def preparation(experiment: Experiment, folder: str) -> Preparation:
    """Write a data set's splits, at the experiment's resolution."""
    dataset = folders(experiment)[folder]
    entry, size = experiment.dataset(dataset), experiment.image_size(dataset)
    return Preparation(
        dataset=folder,
        load=entry.load,
        arguments=dict(entry.arguments),
        listing=entry.listing,
        may_share=entry.may_share,
        digest=entry.digest if size == entry.image_size else "",
        image_size=size,
        channels=entry.channels,
        class_names=entry.class_names,
        num_modes=entry.num_modes,
        band=entry.band(size),
        split_sizes=dict(entry.split_sizes),
        factors=entry.num_factor_values,
        factor_labels=entry.factor_labels,
        pretrained=entry.pretrained,
    )


def training(experiment: Experiment, folder: str, recipe: str, seed: int | str) -> Training:
    """Train one network; recipe is its folder's name."""
    entry, name = named(recipe), folders(experiment)[folder]
    dataset = experiment.dataset(name)
    return Training(
        recipe=recipe.partition("+")[0],
        name=recipe.partition("+budget=")[0],
        network=architecture_of(entry.architecture).network,
        options=asdict(networks.options(dataset, entry)),
        objective=entry.objective,
        after=entry.after,
        held_out=entry.held_out,
        rival=_rival(dataset, entry),
        needs={role: network_class(need) for role, need in entry.needs.items()},
        split=entry.split,
        weights=dict(entry.weights),
        noise=dict(entry.noise),
        batch_size=entry.batch_size,
        learning_rate=entry.learning_rate,
        iterations=entry.iterations,
        accumulate=entry.accumulate,
        precision=entry.precision,
        dataset=folder,
        seed=int(seed),
        sizes=networks.sizes(dataset, experiment.image_size(name), entry),
        device=experiment.device,
    )


def started(experiment: Experiment) -> str:
    """How a training's command is started: by one process, or by several that torchrun starts."""
    launched = f"-m torch.distributed.run --standalone --nproc-per-node {experiment.processes} "
    return f"python {launched if experiment.processes > 1 else ''}-m ppgn_bench"


def _rival(dataset: Dataset, recipe: Recipe) -> Rival | None:
    rival = recipe.rival
    if rival is None or rival.term not in recipe.weights:
        return None
    return Rival(
        network=ARCHITECTURES[rival.architecture].network,
        options=asdict(networks.options(dataset, rival)),
        against=rival.against,
        objective=rival.objective,
        held_out=rival.held_out,
        term=rival.term,
        every=rival.every,
        rate=rival.rate,
        betas=rival.betas,
    )


def sampling(experiment: Experiment, folder: str, sweep: str, variant: str, seed: int | str) -> Sampling:
    """Sample one variant from one seed's networks: all runs, all epsilons."""
    dataset = folders(experiment)[folder]
    return of_sampler(
        experiment,
        folder,
        experiment.on(dataset, variant),
        sweep=sweep,
        variant=variant,
        seed=int(seed),
        targets=experiment.targets(dataset, variant, int(seed)),
        settings=tuple(experiment.settings(dataset, sweep, variant)),
        runs={
            name: Run(**run.model_dump(exclude={"without"}))
            for name, run in experiment.runs(dataset, sweep, variant).items()
        },
        state_shape=experiment.state_shape(dataset, variant),
    )


def of_sampler(experiment: Experiment, folder: str, sampler: Variant, **own: Any) -> Sampling:
    """The job of a sampler; own: its name, seed, targets, epsilons, runs and the rest that no sampler says."""
    parts: dict[str, Any] = {
        "dataset": folder,
        "space": sampler.space,
        "prior": sampler.prior,
        "view": sampler.view,
        "bounds": sampler.bounds,
        "update": sampler.update,
        "experts": sampler.experts,
        "networks": {role: network_class(recipe) for role, recipe in sampler.networks.items()},
        "chunk_size": experiment.chunk_size,
        "device": experiment.device,
    }
    return Sampling(**(parts | own))


def measuring(experiment: Experiment, folder: str, sweep: str | None = None, variant: str | None = None) -> Measuring:
    """Measure a sampler's chains of a sweep by the metrics that the sweep asks for, else those of the experiment."""
    wanted = (experiment.sweeps[sweep].metrics if sweep is not None else None) or experiment.metrics
    asked = [name for name, metric in METRICS.items() if not metric.on_request] if wanted is None else wanted
    chosen = {name: metric.function for name, metric in METRICS.items() if name in asked}
    weights = experiment.inception.weights if experiment.inception else ""
    # Whether its weights are those of FID is known when they are read: until then a metric of Inception is both.
    of_inception = bool(weights) and any(METRICS[name].asks_inception for name in chosen)
    chosen = {name: function for name, function in chosen.items() if not METRICS[name].asks_inception}
    chosen |= {name: metric.function for name, metric in OF_INCEPTION.items() if of_inception}
    dataset = folders(experiment)[folder]
    judges = tuple(network_class(recipe) for recipe in experiment.judges(dataset))
    factors = (
        network_class(experiment.recipe(dataset, FACTOR_JUDGE)) if asks_factors(experiment, folder, variant) else None
    )
    return Measuring(
        metrics=chosen,
        judges=judges,
        factor_judge=factors,
        real=experiment.real,
        device=experiment.device,
        inception=weights if of_inception else "",
    )


def measuring_controls(experiment: Experiment, folder: str) -> MeasuringControls:
    """Measure the controls by all metrics of the experiment, also as many images as samplers give samples where one of
    these hangs on their number.
    """
    sizes: dict[str, int] = {}
    job = measuring(experiment, folder)
    many = not experiment.dataset(folders(experiment)[folder]).pretrained
    for name, sweep in experiment.sweeps.items():
        if many and sweep.quality and any(METRICS[metric].sized and METRICS[metric].orders for metric in job.metrics):
            sizes |= _sample_sizes(experiment, folder, name, sweep.quality)
    return MeasuringControls(**dict(job), sizes=sizes)


def _sample_sizes(experiment: Experiment, folder: str, sweep: str, quality: sections.Run) -> dict[str, int]:
    """Sweep of the controls' rows -> as many as its samplers give samples, at most as many as there are real images.

    The sweep itself has the number of those that are steered to the classes, else of its first sampler.
    """
    name = folders(experiment)[folder]
    dataset = experiment.dataset(name)
    left_out = experiment.left_out(sweep, quality)
    samplers = [sampler for sampler in experiment.sweep_variants(sweep, name) if sampler not in left_out]
    targets = [experiment.targets(name, sampler) for sampler in samplers]
    targets.sort(key=lambda own: own != classes(dataset))
    most = dataset.split_sizes[experiment.real]
    numbers = list(
        dict.fromkeys(min(most, len(own) * quality.chains_per_target) for own in targets)
    )  # none: the sweep has no sampler
    return {sweep if n == numbers[0] else of_samples(sweep, n): n for n in numbers}


def exploring(experiment: Experiment, world: str, seed: int | str) -> Exploring:
    """Explore a world from one seed: the world itself, the walkers, and how long."""
    own = experiment.worlds[world].model_dump(exclude={"seeds"})
    components = WORLDS[world].components
    return Exploring(world=world, seed=int(seed), components=components, walkers=dict(WALKERS), **own)


def code(stage: Job | str, *others: str) -> str:
    """Fingerprint of the code that a job can reach: its command and every function that it names, files of the user's
    own among them.

    stage: a job, or the command of a stage that has none, "cli.tables:collect"; others: further roots.
    """
    named = [] if isinstance(stage, str) else [*names(stage)]
    own = tuple(sorted({str(name.file) for name in named if name.file}))
    roots = {stage if isinstance(stage, str) else stage.command, *(name for name in named if not name.file), *others}
    return _fingerprint(tuple(sorted({*roots, *([WRAPPED] if own else [])})), own)


def require_names(experiment: Experiment) -> None:
    """Raise UserError for a table's entry that names a function or an architecture that there is not."""
    for variant, entry in experiment.samplers.items():
        _require(f"variant {variant!r}", entry)
    for recipe in dict.fromkeys(name for dataset in experiment.datasets for name in experiment.trained(dataset)):
        _require(f"recipe {recipe!r}", named(recipe))
    for architecture, known in ARCHITECTURES.items():
        _require(f"architecture {architecture!r}", known)
    for metric, own in METRICS.items():
        _require(f"metric {metric!r}", own)
    for dataset in experiment.datasets:
        _require(f"data set {dataset!r}", experiment.dataset(dataset))


def _require(what: str, entry: object) -> None:
    for name in names(entry):
        try:
            _fingerprint((name,))
        except ValueError as error:
            raise UserError(f"{what}: {name}: {str(error).partition(': ')[2]}") from None


@cache
def _fingerprint(roots: tuple[str, ...], own: tuple[str, ...] = ()) -> str:
    return fingerprint([f"ppgn_bench.{root}" for root in roots], own=own)


def network_class(recipe: str) -> Name:
    """Of the network that a recipe trains."""
    return architecture_of(named(recipe).architecture).network

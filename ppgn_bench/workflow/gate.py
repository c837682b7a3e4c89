"""The gate's jobs: they sample from committed networks, whatever is run. Nothing imports torch."""

from importlib.metadata import version

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.networks import misfit
from ppgn_bench.gate.jobs import ExactNumbers, ExactSampling, ExactTraining, Resampling
from ppgn_bench.jobs import Run
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.training.recipes import JUDGES, RECIPES
from ppgn_bench.workflow import paths, plan

REFERENCE = "results/reference"  # committed
DATASET, SWEEP, SEED = "digits", "own", 0
# The exact numbers: as short as shows every term. Each further step is a chance that rounding turns a ReLU or a
# maximum, which moves a mean by 1e-4 and more. Of ten seeds this one is the furthest from that: with all weights
# changed by 1e-6, ten times rounding, a pixel changes its level and nothing else moves by more than 1e-6.
EXACT_SAMPLING_SEED = 7
EXACT_RUN = Run(chains_per_target=1, steps=3, keep_every=3)
EXACT_ITERATIONS = 2
EXACT_STEP_SIZES = (0.1, 0.4)  # of a world's walkers: none diverges


def gate(device: str = "cpu") -> Experiment:
    """The experiment of config/gate.yaml, on a device of the user's."""
    return load_experiment({"extends": "config/gate.yaml", "device": device})


def weights(experiment: Experiment, recipe: str) -> str:
    """Where a committed network of the smoke run lies."""
    return paths.network_file(experiment, DATASET, recipe, SEED).replace("results", f"{REFERENCE}/smoke", 1)


def networks(experiment: Experiment, variant: str) -> dict[str, str]:
    """Role -> committed file of the networks that a variant samples with."""
    return {role: weights(experiment, recipe) for role, recipe in experiment.samplers[variant].networks.items()}


def judge() -> str:
    """The judge that the package ships."""
    return paths.shipped(DATASET, JUDGES[0])


def resampled(experiment: Experiment) -> tuple[str, ...]:
    """The variants that are sampled anew."""
    return experiment.sweep_variants(SWEEP)


def resampling(experiment: Experiment, variant: str) -> Resampling:
    """Sample a variant anew, and measure it."""
    sampling = plan.sampling(experiment, DATASET, SWEEP, variant, SEED)
    return Resampling(sampling=sampling, measuring=plan.measuring(experiment, DATASET))


def versions() -> dict[str, str]:
    """The libraries that numbers come from: a new one is a reason to sample anew."""
    return {name: version(name) for name in ("torch", "numpy", "scipy", "torch-fidelity", "torchmetrics")}


def committed(experiment: Experiment) -> dict[str, str]:
    """Recipe -> file of the committed networks that the exact numbers need: the samplers', and what recipes need."""
    sampled = {recipe for entry in experiment.samplers.values() for recipe in entry.networks.values()}
    needed = {need for entry in RECIPES.values() for need in entry.needs.values()}
    return {recipe: weights(experiment, recipe) for recipe in RECIPES if recipe in sampled | needed}


def trained(experiment: Experiment) -> list[str]:
    """The recipes that the data set can have: no captions of digits."""
    dataset, size = experiment.dataset(DATASET), experiment.image_size(DATASET)
    return [recipe for recipe in RECIPES if not misfit(dataset, size, recipe)]


def exact_numbers(experiment: Experiment) -> ExactNumbers:
    """Make the exact numbers: a short training of every recipe that fits the data set, a short run of every sampler,
    every metric, and the experiment's worlds.
    """
    trainings = {recipe: plan.training(experiment, DATASET, recipe, SEED) for recipe in trained(experiment)}
    samplings = {
        name: plan.sampling(experiment, DATASET, SWEEP, name, EXACT_SAMPLING_SEED) for name in experiment.samplers
    }
    worlds = {world: plan.exploring(experiment, world, SEED) for world in experiment.worlds}
    return ExactNumbers(
        dataset=DATASET,
        networks={recipe: plan.training(experiment, DATASET, recipe, SEED).network for recipe in committed(experiment)},
        training={
            name: ExactTraining(
                training=job.model_copy(update={"iterations": EXACT_ITERATIONS}), recipes=dict(RECIPES[name].needs)
            )
            for name, job in trainings.items()
        },
        sampling={
            name: ExactSampling(
                sampling=job.model_copy(update={"runs": {"quality": EXACT_RUN}}),
                recipes=dict(experiment.samplers[name].networks),
            )
            for name, job in samplings.items()
        },
        metrics={name: metric.function for name, metric in METRICS.items() if not metric.asks_inception},
        exploring={name: job.model_copy(update={"step_sizes": EXACT_STEP_SIZES}) for name, job in worlds.items()},
    )

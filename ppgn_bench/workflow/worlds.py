"""What the jobs of analytic worlds make and are told, beside `plan` with the other jobs. Nothing imports torch."""

from dataclasses import asdict

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.workflow.plan import Settings
from ppgn_bench.worlds.table import WALKERS, WORLDS


def tables(experiment: Experiment, world: str) -> list[str]:
    """Errors on a world, a file a seed."""
    return [f"results/{experiment.name}/worlds/{world}/seed_{seed}.csv" for seed in experiment.worlds[world].seeds]


def picture_file(table: str) -> str:
    """seed_0.csv -> seed_0.safetensors, its trajectories."""
    return f"{table.removesuffix('.csv')}.safetensors"


def all_tables(experiment: Experiment) -> list[str]:
    """Errors on every world."""
    return [table for world in experiment.worlds for table in tables(experiment, world)]


def cost_tables(experiment: Experiment) -> list[str]:
    """What exploring each world cost."""
    return [f"{table.removesuffix('.csv')}.cost.csv" for table in all_tables(experiment)]


def report_inputs(experiment: Experiment) -> list[str]:
    """All that the report draws of analytic worlds."""
    found = all_tables(experiment)
    return found + [picture_file(table) for table in found]


def exploring(experiment: Experiment, world: str, seed: int | str) -> Settings:
    """Settings of the job that explores a world from one seed: the world itself, the walkers, and how long."""
    own = experiment.worlds[world].model_dump(mode="json", exclude={"seeds"})
    walkers = {
        name: {key: v for key, v in asdict(walker).items() if key != "title"} for name, walker in WALKERS.items()
    }
    components = [list(component) for component in WORLDS[world].components]
    return {"world": world, "seed": int(seed), "components": components, "walkers": walkers, **own}


def facts(experiment: Experiment) -> list[Settings]:
    """What the report says of each world, and where its results lie."""
    return [
        {
            "name": world,
            "title": WORLDS[world].title,
            "dimensions": WORLDS[world].dimensions,
            "drift_sigma": settings.drift_sigma,
            "tables": tables(experiment, world),
            "picture": picture_file(tables(experiment, world)[0]),
            "walkers": {name: walker.title for name, walker in WALKERS.items()},
        }
        for world, settings in experiment.worlds.items()
    ]

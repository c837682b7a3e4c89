"""Which training seeds share a job: it does them one after the other, and starts once. Nothing imports torch.

A file of one seed holds the same bytes whichever seeds share its job, and so no other grouping runs a job again. A
pattern is the path of any seed's file, with SEED in it where the number stands.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.training.recipes import FACTOR_JUDGE, JUDGES
from ppgn_bench.workflow.paths import JUDGE_SEED, folders

SEED = "{seed}"
AT_ONCE = 5  # a job's seeds by default: more would leave cores without a job, and lose more where one ends early
# Names of recipes, as folders: what is trained once, for all seeds, or not at all, judges and what has given weights.
MADE_ONCE = rf"(?:{'|'.join([*JUDGES, FACTOR_JUDGE])})(?:[+][^/]+)?|[^/]+[+]weights=[^/]+"
OF_EACH_SEED = rf"(?!(?:{MADE_ONCE})/)[a-z_][a-z_0-9]*(?:[+][\w.]+=[^/]+)*"

Seeds = tuple[int, ...]


class Group(NamedTuple):
    """A rule whose jobs have these seeds; places: folders of data sets, or worlds; recipes: what names match."""

    rule: str
    seeds: Seeds
    places: Sequence[str]
    recipes: str = ""


def of_trainings(experiment: Experiment) -> list[Group]:
    """The rules that train: what is made once, then what each seed has of its own."""
    once = Group("train_once", (JUDGE_SEED,), [*folders(experiment)], MADE_ONCE)
    return [once, *(group._replace(recipes=OF_EACH_SEED) for group in _groups("train", _of_datasets(experiment)))]


def of_samplings(experiment: Experiment) -> list[Group]:
    """The rules that sample."""
    return _groups("sample", _of_datasets(experiment))


def of_worlds(experiment: Experiment) -> list[Group]:
    """The rules that explore worlds."""
    parted = {world: _parted(own.seeds, of_world(experiment, world)) for world, own in experiment.worlds.items()}
    return _groups("worlds", parted)


def _of_datasets(experiment: Experiment) -> dict[str, list[Seeds]]:
    return {
        folder: _parted(experiment.datasets[dataset].seeds, of_dataset(experiment, dataset))
        for folder, dataset in folders(experiment).items()
    }


def _groups(rule: str, parted: Mapping[str, list[Seeds]]) -> list[Group]:
    """A rule for all places with the same seeds: the first has the plain name, which profiles know."""
    places: dict[Seeds, list[str]] = {}
    for place, groups in parted.items():
        for seeds in groups:
            places.setdefault(seeds, []).append(place)
    names = [rule, *(f"{rule}_{spoken(seeds)}" for seeds in [*places][1:])]
    return [Group(name, seeds, own) for name, (seeds, own) in zip(names, places.items(), strict=False)]


def of_dataset(experiment: Experiment, dataset: str) -> int:
    """How many of its seeds share a job: one where a seed deals out the classes, or several processes train."""
    alone = experiment.processes > 1 or experiment.dataset(dataset).pretrained
    return 1 if alone else _most(experiment, experiment.datasets[dataset].seeds)


def of_world(experiment: Experiment, world: str) -> int:
    """The same of a world."""
    return _most(experiment, experiment.worlds[world].seeds)


def _most(experiment: Experiment, seeds: Seeds) -> int:
    if isinstance(experiment.batch_seeds, int):
        return experiment.batch_seeds
    return len(seeds) if experiment.device == "cuda" else AT_ONCE


def _parted(seeds: Seeds, size: int) -> list[Seeds]:
    return [seeds[first : first + size] for first in range(0, len(seeds), size)]


def spoken(seeds: Sequence[int], blank: str = "_") -> str:
    """As names of rules and logs have them, 0, 0_to_4, 0_2_7; and messages, with another blank."""
    if len(seeds) > 1 and list(seeds) == list(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]}{blank}to{blank}{seeds[-1]}"
    return blank.join(map(str, seeds))


def any_of(names: Sequence[str]) -> str:
    """What a wildcard may be, if it may be any of these."""
    return "|".join(map(re.escape, names))


def of_each(patterns: Mapping[str, str], seeds: Seeds) -> dict[str, list[str]]:
    """Patterns by role -> the files of these seeds; of a pattern without a seed the one file."""
    return {
        role: list(dict.fromkeys(pattern.replace(SEED, str(seed)) for seed in seeds))
        for role, pattern in patterns.items()
    }

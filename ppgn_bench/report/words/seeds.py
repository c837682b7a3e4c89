"""What a seed of a data set is, and what its hidden units are shown beside: by what was trained there."""

from __future__ import annotations

from typing import NamedTuple

from ppgn_bench.report.results import Results
from ppgn_bench.training.changes import named
from ppgn_bench.training.recipes import FACTOR_JUDGE, JUDGES


class Seed(NamedTuple):
    """What one is called, and several; what is another with each, and so what intervals are over, as a sentence."""

    one: str
    many: str
    what: str


TRAINED = Seed(
    "training seed",
    "training seeds",
    "The unit of replication is the training seed: every network was trained anew for each seed, and all intervals are "
    "over seeds.",
)
DEALT = Seed(
    "block of classes",
    "blocks of classes",
    "No network was trained: a seed is a block of classes, drawn at random, and starts; intervals are over these "
    "blocks, for these networks alone.",
)
GIVEN = Seed(
    "set of starts",
    "sets of starts",
    "No network that draws or steers was trained: a seed is a set of starts; intervals are over these sets, for these "
    "networks alone.",
)


def seed(results: Results, dataset: str) -> Seed:
    """What a seed of a data set is."""
    if results.dataset(dataset).pretrained:
        return DEALT
    recipes = {row.recipe for row in results.manifest.networks if row.dataset == dataset}
    used = [recipe for recipe in recipes if recipe.partition("+")[0] not in (*JUDGES, FACTOR_JUDGE)]
    return GIVEN if used and all(named(recipe).options.get("weights") for recipe in used) else TRAINED


def counted_seeds(results: Results, dataset: str) -> str:
    """How many there are: "5 training seeds", "8 blocks of classes"."""
    count, of = results.num_seeds(dataset), seed(results, dataset)
    return f"{count} {of.one if count == 1 else of.many}"


def familiar(results: Results, dataset: str) -> str:
    """What hidden units were ranked by: images that trained the networks or, where there are none, others."""
    return "training images" if results.dataset(dataset).sizes.get("train") else "reference images"

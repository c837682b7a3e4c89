"""What samplers are steered by that are steered to something else than classes alone; found by what they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pandas import DataFrame

from ppgn_bench.data.captions import HELD_OUT, asked
from ppgn_bench.errors import UserError
from ppgn_bench.report.results import Label, Results
from ppgn_bench.report.words.numbers import counted, listed
from ppgn_bench.report.words.places import dataset_title
from ppgn_bench.storage.manifest import Sampler
from ppgn_bench.training.changes import title_of

VALUES, UNITS, CAPTIONS, CONTEXTS, SUMS = "values", "units", "captions", "contexts", "sums"
OF_ONE = {  # conditions that pull -> what a sampler with them alone is steered to
    frozenset({"own_values"}): VALUES,
    frozenset({"hidden_unit"}): UNITS,
    frozenset({"target_unit"}): UNITS,
    frozenset({"caption"}): CAPTIONS,
    frozenset({"inpainting"}): CONTEXTS,
    frozenset({"target_inpainting"}): CONTEXTS,
    frozenset({"context"}): CONTEXTS,
}
IN_WORDS = {  # condition -> what it asks, over a column
    "own_class": "class",
    "own_values": "value",
    "hidden_unit": "unit",
    "target_unit": "unit",
    "caption": "caption",
    "inpainting": "class in its context",
    "target_inpainting": "class in its context",
    "context": "context",
}
WHICH_UNIT = {  # condition of hidden units -> which one its target is, after "each unit, "
    "hidden_unit": "the one of its rank in each seed's own encoder",
    "target_unit": "the channel of conv5 that its name says",
}
SHORT_HASH = 12  # letters of it


class Steered(NamedTuple):
    """A sampler at one setting of a sweep, by what it is.

    kind: one of VALUES, UNITS, ...; row: its name in a table; weights: condition -> its weight; pulled: whether it
    moves at all, else its samples are random codes; context: its epsilon 4; targets: its rows of TARGETS.
    """

    kind: str
    sweep: str
    label: Label
    row: str
    weights: Mapping[str, float]
    pulled: bool
    context: float
    targets: DataFrame

    @property
    def steers(self) -> bool:
        """Whether all that is asked of its samples moves them: no random codes, and no weight of 0."""
        return self.pulled and 0 not in self.weights.values()

    @property
    def names(self) -> list[str]:
        """Its targets, in their order."""
        return list(dict.fromkeys(self.targets.target))

    def parts(self, name: str) -> list[str]:
        """What each of its conditions asks in a target; the whole name where that cannot be told."""
        found = name.split(" + ")
        return found if len(found) == len(self.weights) else [name, *[""] * (len(self.weights) - 1)]


def steered(results: Results, dataset: str) -> list[Steered]:
    """All such samplers of a data set, in the order of its sweeps and of the report."""
    known = {row.key: row for row in results.manifest.variants}
    here = results.of_targets[results.of_targets.dataset == dataset]
    found = [
        (sweep, label, rows)
        for sweep in dict.fromkeys([*results.sweeps(dataset), *here.sweep])
        for label, rows in results.rows(here[here.sweep == sweep]).items()
        if label.variant in known
    ]
    named = [label.row for _, label, _ in found]
    return [
        _steered(known[label.variant], dataset, sweep, label, rows, named.count(label.row) > 1)
        for sweep, label, rows in found
    ]


def _steered(sampler: Sampler, dataset: str, sweep: str, label: Label, rows: DataFrame, again: bool) -> Steered:
    weights = conditions(sampler)
    pulling = frozenset(name for name, weight in weights.items() if weight)
    epsilon = sampler.epsilon.get(dataset, {})
    pulled = any(epsilon.values())
    context = float(rows.epsilon_context.iloc[0])
    idle = weights.keys() - pulling  # asked for, though it steers nothing: so it is what is looked at
    kind = OF_ONE.get(frozenset(idle) or pulling, SUMS)
    row = f"{label.row}, sweep “{sweep}”" if again else label.row
    return Steered(kind, sweep, label, row, weights, pulled, context, rows)


def conditions(sampler: Sampler) -> dict[str, float]:
    """What a sampler is steered by, condition -> weight, as its update says: "own_class + 0.5 own_values"."""
    weights = {}
    for part in str(sampler.update.get("condition", "own_class")).split(" + "):
        weight, _, name = part.rpartition(" ")
        weights[name] = float(weight or 1)
    return weights


def of_kind(every: Sequence[Steered], kind: str) -> list[Steered]:
    """Those of a kind, in their order."""
    return [one for one in every if one.kind == kind]


def one_generator(results: Results, dataset: str) -> Iterator[tuple[str, bool]]:
    """A sentence for each generator that serves several samplers of a data set, and whether it is the same in all.

    By the hash of the file that the chains were made with, of every seed.
    """
    recipes = {row.key: row.networks.get("generator") for row in results.manifest.variants}
    served: dict[str, dict[str, dict[str, set[str]]]] = {}  # recipe -> seed -> hash -> samplers
    for (place, _, variant), of_seed in results.networks.items():
        for seed, of_role in of_seed.items():
            recipe = recipes.get(variant)
            if place == dataset and recipe and "generator" in of_role:
                hashes = served.setdefault(recipe, {}).setdefault(str(seed), {})
                hashes.setdefault(of_role["generator"], set()).add(variant)
    for recipe, seeds in served.items():
        samplers = set().union(*(keys for hashes in seeds.values() for keys in hashes.values()))
        if len(samplers) > 1:
            yield _served(results, (dataset, recipe), len(samplers), seeds)


def _served(
    results: Results, of: tuple[str, str], count: int, seeds: Mapping[str, Mapping[str, set[str]]]
) -> tuple[str, bool]:
    place, title = dataset_title(results, of[0]), title_of(of[1])
    hashes = [
        f"{' and '.join(one[:SHORT_HASH] for one in seeds[seed])} (seed {seed})" for seed in sorted(seeds, key=int)
    ]
    apart = [seed for seed in sorted(seeds, key=int) if len(seeds[seed]) > 1]
    if apart:
        which = f"seed{'s' if len(apart) > 1 else ''} {listed(apart)}"
        return (
            f"{place}: {counted(count, 'sampler')} should share one network, {title}, and do not: of {which} files "
            f"with several hashes served them: {listed(hashes)}.",
            False,
        )
    return (
        f"{place}: one network, {title}, of each seed serves {counted(count, 'sampler')} of this "
        f"experiment, whatever steers them; it was never trained again. By every file of chains it is the file with "
        f"the hash {listed(hashes)}.",
        True,
    )


def seen_together(captions: Sequence[str]) -> list[str]:
    """Of captions those whose shape and hue the captioner saw together while it learnt; or that name no such two."""
    return [text for text in captions if not _held_out(text)]


def _held_out(text: str) -> bool:
    try:
        named = asked(text)
    except UserError:
        return False
    return (named.get("label"), named.get("hue")) in HELD_OUT

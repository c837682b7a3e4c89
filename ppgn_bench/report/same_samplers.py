"""Samplers that are one and the same under several names: the value of an ablation may be the default's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pandas import DataFrame, Series

from ppgn_bench.storage.manifest import Sampler

WHAT_IT_IS = {"space", "prior", "networks", "targets", "epsilon", "update"}  # all that a chain of a sampler depends on


def firsts(variants: Sequence[Sampler]) -> dict[str, str]:
    """Key of each sampler -> key of the first that is the same thing, its own where none before it is."""
    known: dict[str, str] = {}
    same = {row.key: json.dumps(row.model_dump(include=WHAT_IT_IS), sort_keys=True) for row in variants}
    return {key: known.setdefault(text, key) for key, text in same.items()}


def names(variants: Sequence[Sampler]) -> dict[str, str]:
    """Key of each sampler that is the first of its kind -> all the names that it has: "Joint = Joint, noise 0.1"."""
    titles: dict[str, dict[str, None]] = {}
    first = firsts(variants)
    for row in variants:
        titles.setdefault(first[row.key], {})[row.title] = None
    return {key: " = ".join(of_key) for key, of_key in titles.items()}


def once(metrics: DataFrame, first: Mapping[str, str]) -> DataFrame:
    """The measurements without those of a sampler that the same sweep has under its first name, at equal epsilons.

    They are the same numbers again: nothing could be separated from them, and no figure could show them apart.
    """
    settings = [column for column in metrics if str(column).startswith("epsilon_")]
    place = ["dataset", "sweep", "variant", *settings]
    known = set(metrics[place].drop_duplicates().fillna(-1.0).itertuples(index=False, name=None))
    same = metrics[place].assign(variant=[first.get(key, key) for key in metrics.variant]).fillna(-1.0)
    again = [line in known for line in same.itertuples(index=False, name=None)]
    return metrics[(same.variant == metrics.variant) | ~Series(again, index=metrics.index, dtype=bool)]

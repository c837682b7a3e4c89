"""Tables of other conditions: holes that are filled, and sums of several conditions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pandas import DataFrame

from ppgn_bench.report.page.blocks import Cell, Table
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.conditions import PARTS
from ppgn_bench.report.tables.readable import estimate_cell, wide
from ppgn_bench.report.tables.steered import (
    CLASS_MET,
    COUNT,
    LONG,
    Tabled,
    caption,
    estimated,
    heads,
    measured,
    of_targets,
    seeds_of,
    together,
    whole,
    without_interval,
)
from ppgn_bench.report.words.conditions import CONTEXTS, IN_WORDS, SUMS, Steered, of_kind
from ppgn_bench.report.words.controls import not_admitted
from ppgn_bench.report.words.terms import SYMBOLS

OF_FILLS = ("context_error", "fill_probability", "hole_error", "fill_diversity")
BASELINES = {  # what fills a hole as well -> column -> its metric
    "nearest training image": {
        "context_error": "context_error_of_nearest",
        "fill_probability": "fill_probability_of_nearest",
        "hole_error": "hole_error_of_nearest",
    },
    "mean training image": {"fill_probability": "fill_probability_of_mean", "hole_error": "hole_error_of_mean"},
    "the originals": {"fill_probability": "fill_probability_of_original"},
}
ON_FILLS = (
    "Errors are RMS differences to the original; those of the hole are no aim, since a good fill need not be what was "
    "there. p(class): the judge's, of the class that was asked for. Diversity: 1, as different as real images of that "
    "class. The last rows are what fills a hole without a sampler."
)
RARE = 0.05  # share of samples, at most, that show what cannot be shown
IMPOSSIBLE = f"impossible: no training image has it, and at most {100 * RARE:g} % of samples show it"
NEW = "new: no training image has it"


class Fills(NamedTuple):
    """Samplers that fill the same holes at several epsilons 4, or one alone; key: of files, title: for readers."""

    key: str
    title: str
    samplers: list[Steered]

    @property
    def along_context(self) -> bool:
        """Whether they are told apart by their epsilon 4, of which there are several."""
        return 1 < len({one.context for one in self.samplers}) == len(self.samplers)

    @property
    def names(self) -> list[str]:
        """What their fills are called."""
        of = SYMBOLS["context"]
        return [f"{of} = {one.context:g}" if self.along_context else one.row for one in self.samplers]


def fills(results: Results, every: Sequence[Steered]) -> list[Fills]:
    """The samplers of contexts, those of one ablation and sweep together, by their epsilon 4."""
    titles = {key: (one.name, one.title) for one in results.manifest.ablations for key in one.samplers}
    groups: dict[tuple[str, str], Fills] = {}
    for one in of_kind(every, CONTEXTS):
        key = one.label.variant
        name, title = titles.get(key, (key, results.titles[key]))
        groups.setdefault((name, one.sweep), Fills(f"{one.sweep}_{name}", title, [])).samplers.append(one)
    return [group._replace(samplers=sorted(group.samplers, key=lambda one: one.context)) for group in groups.values()]


def baseline(results: Results, dataset: str, group: Fills, name: str, column: str) -> float:
    """What a baseline has in a column; NaN where it has nothing there."""
    metric = BASELINES[name].get(column)
    found = [seeds_of(results, dataset, one, metric) for one in group.samplers] if metric else []
    values = [value for of_seed in found[:1] for value in of_seed.values()]
    return estimated(values, metric).mean if metric and values else math.nan


def contexts(results: Results, dataset: str, every: Sequence[Steered]) -> Tabled | None:
    """Of each epsilon 4 how well fills fit their context, and what they show, beside three baselines."""
    tables, frames = [], []
    for group in fills(results, every):
        metrics = measured(results, dataset, group.samplers, OF_FILLS)
        if not metrics:
            continue
        named = zip(group.samplers, group.names, strict=True)
        own = [whole(results, dataset, one, metrics, name) for one, name in named]
        beside = _baselines(results, dataset, group, metrics)
        long = together([*own, beside])
        what = f"holes in real images, filled by {group.title}."
        said = caption(results, dataset, what, together(own))
        columns, rows = heads(results, dataset, metrics), {row: row for row in long.row}
        table = wide(long, ("row", rows), ("metric", columns), "fill", said, list(BASELINES))
        tables.append((table, ON_FILLS))
        frames += [long, *(of_targets(results, dataset, one, metrics) for one in group.samplers)]
    return Tabled(f"conditions_{dataset}_contexts", together(frames), tables, []) if tables else None


def _baselines(results: Results, dataset: str, group: Fills, metrics: Sequence[str]) -> DataFrame:
    """A line a baseline and column; no seed changes them, so that they have no interval."""
    refused, found, first = not_admitted(results, dataset), [], group.samplers[0]
    for name, of_column in BASELINES.items():
        for column, metric in of_column.items():
            values = seeds_of(results, dataset, first, metric)
            if values and column in metrics:
                estimate = without_interval(estimated(values.values(), metric))
                own = vars(estimate).values()
                found.append((name, first.sweep, "", "", "", column, *own, column not in refused))
    return DataFrame(found, columns=LONG)


def sums(results: Results, dataset: str, every: Sequence[Steered]) -> Tabled | None:
    """Of each sum of conditions a row a target: what each condition asked, what was met, and whether it can be."""
    found = [_sum(results, dataset, one) for one in of_kind(every, SUMS)]
    known = [(long, table, note) for long, table, note in found if len(long)]
    if not known:
        return None
    long = together(long for long, *_ in known)
    return Tabled(f"conditions_{dataset}_sums", long, [(table, note) for _, table, note in known], [])


def _sum(results: Results, dataset: str, one: Steered) -> tuple[DataFrame, Table, str]:
    met = [name for name in ("target_met", CLASS_MET, *PARTS) if name in set(one.targets.metric)]
    in_context = ["fill_probability", "context_error", "context_error_of_nearest"]
    in_context = [name for name in in_context if name in set(one.targets.metric)]
    counted = [COUNT] if met and COUNT in set(one.targets.metric) else []  # of a class alone there are always some
    metrics = [*met, *in_context, *counted]
    long = of_targets(results, dataset, one, metrics)
    columns = heads(results, dataset, metrics)
    asked = [Cell(IN_WORDS.get(name, name.replace("_", " ")), marks=("text",)) for name in one.weights]
    records = {name: {line["metric"]: line for line in long[long.target == name].to_dict("records")}
               for name in one.names}  # fmt: skip
    remarks = {name: _possible(of) for name, of in records.items()}
    remark = [Cell("can it be?", marks=("text",))] if any(cell.text for cell in remarks.values()) else []
    rows = []
    for name, of in records.items():
        parts = [Cell(part, marks=("text",)) for part in one.parts(name)]
        most = max((line["seeds"] for line in of.values()), default=0)
        cells = [_count(of.get(COUNT)) if metric == COUNT else estimate_cell(of.get(metric), most)
                 for metric in metrics]  # fmt: skip
        rows.append([*parts, *([remarks[name]] if remark else []), *cells])
    said = caption(results, dataset, f"{one.row}, a row a target.", long)
    table = Table(said, [*asked, *remark, *columns.values()], rows)
    return long, table, _explained(met, in_context, counted)


def _count(line: Mapping[Any, Any] | None) -> Cell:
    return Cell("") if line is None else Cell(f"{line['mean']:,.0f}", value=line["mean"])


def _possible(records: Mapping[str, Mapping[Any, Any]]) -> Cell:
    """Whether what is asked is in the training images, and if not, whether samples show it."""
    if COUNT not in records or "target_met" not in records or records[COUNT]["mean"] > 0:
        return Cell("", marks=("text",))
    never = records["target_met"]["mean"] <= RARE
    return Cell(IMPOSSIBLE if never else NEW, marks=("text", "bad") if never else ("text",))


def _explained(met: Sequence[str], in_context: Sequence[str], counted: Sequence[str]) -> str:
    said = [
        "Met: share of samples that independent judges see it in, all of it and part by part." if met else "",
        "Training images: how many show all that is asked." if counted else "",
        "p(class): the judge's, of the class that was asked for; errors: RMS differences around the hole."
        if in_context
        else "",
    ]
    return " ".join(filter(None, said))

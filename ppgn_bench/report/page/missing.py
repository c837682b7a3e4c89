"""What an experiment's results lack, in plain words: a partial run still has its report, and says that it is one."""

from __future__ import annotations

from collections.abc import Iterator

from ppgn_bench.report.page.about import listed
from ppgn_bench.report.page.blocks import Points, Section
from ppgn_bench.report.page.samples import dataset_title, place_title
from ppgn_bench.report.results import Results
from ppgn_bench.training.recipes import title_of

TABLES = {
    "claims": "No claim of the paper was held against the measurements: there is no table of claims.",
    "costs": "Nothing is known of what the run cost: there is no table of costs.",
    "check": "Whether the metrics order their controls is not known: there is no check of controls.",
}


def gaps(results: Results) -> Section:
    """Everything that is missing; no blocks where nothing is."""
    told = [*_seeds(results), *_measured(results), *_claims(results), *_tables(results), *_files(results)]
    return Section("missing", "What is missing", [Points(told)] if told else [])


def _seeds(results: Results) -> Iterator[str]:
    """One seed has no interval; fewer seeds than others have make an interval wider."""
    for dataset in results.datasets:
        here = results.metrics[(results.metrics.dataset == dataset) & (results.metrics.sweep != "controls")]
        counts = here.groupby("variant").seed.nunique()
        title = dataset_title(results, dataset)
        if len(counts) and counts.max() == 1:
            yield f"{title}: one training seed, so no interval, nothing in bold and no claim that is decided."
        for key in results.variants:
            if key in counts and counts[key] < counts.max():
                yield f"{title}: {results.titles[key]} was measured on {counts[key]} of {counts.max()} training seeds."


def _measured(results: Results) -> Iterator[str]:
    """Samplers of the config without a measurement, data set by data set."""
    for dataset in results.datasets:
        here = set(results.metrics.loc[results.metrics.dataset == dataset, "variant"])
        wanted = [row["key"] for row in results.context["variants"]]
        lost = [results.titles[key] for key in wanted if not {key, results.first[key]} & here]
        title = dataset_title(results, dataset)
        if len(lost) == len(wanted):
            yield f"{title}: no sampler was measured."
        elif lost:
            yield f"{title}: not measured: {listed(lost)}."


def _claims(results: Results) -> Iterator[str]:
    """How many claims were not run where some were; the ledger says why."""
    for dataset in results.datasets:
        verdicts = results.claims.loc[results.claims.dataset == dataset, "verdict"]
        if lost := int((verdicts == "not run").sum()):
            title = dataset_title(results, dataset)
            yield f"{title}: {lost} of {len(verdicts)} claims were not run; the ledger says what each waits for."


def _tables(results: Results) -> Iterator[str]:
    for name, sentence in TABLES.items():
        if not len(getattr(results, name)):
            yield sentence


def _files(results: Results) -> Iterator[str]:
    """Curves, pictures and costs of samplers that were measured, and the loss logs of networks."""
    places = results.metrics.loc[results.metrics.sweep != "controls", ["dataset", "sweep", "variant"]].drop_duplicates()
    measured = [(str(a), str(b), str(c)) for a, b, c in places.itertuples(index=False)]
    sampling = results.costs[results.costs.kind == "sampling"]
    there = {
        "curves": set(results.curves[["dataset", "sweep", "variant"]].itertuples(index=False, name=None)),
        "pictures": set(results.pictures),
        "costs": set(sampling[["dataset", "sweep", "name"]].itertuples(index=False, name=None)),
    }
    for dataset, sweep in dict.fromkeys(place[:2] for place in measured):
        keys = [key for key in results.titles if (dataset, sweep, key) in measured]
        for kind, found in there.items():
            lost = [results.titles[key] for key in keys if (dataset, sweep, key) not in found]
            if lost and not (kind == "costs" and not len(results.costs)):
                whose = "any sampler" if len(lost) == len(keys) else listed(lost)
                yield f"{place_title(results, dataset, sweep)}: no {kind} of {whose}."
    for dataset in results.datasets:
        if dataset not in results.real:
            yield f"{dataset_title(results, dataset)}: no picture of real images."
        wanted = [row["recipe"] for row in results.context["networks"] if row["dataset"] == dataset]
        logged = {recipe for place, recipe, _ in results.losses if place == dataset}
        if lost := [title_of(recipe) for recipe in dict.fromkeys(wanted) if recipe not in logged]:
            yield f"{dataset_title(results, dataset)}: no loss log of {listed(lost)}."

"""What an experiment's results lack, in plain words: a partial run still has its report, and says that it is one."""

from __future__ import annotations

from collections.abc import Iterator

from ppgn_bench.report.results import Results
from ppgn_bench.report.words.numbers import listed
from ppgn_bench.report.words.places import dataset_title, place_title
from ppgn_bench.training.changes import title_of

TABLES = {
    "claims": "No claim of the paper was compared with the measurements: there is no table of claims.",
    "costs": "Nothing is known of what the run cost: there is no table of costs.",
    "check": "There is no check of controls: nothing says that the metrics work.",
    "networks_check": "There is no check of networks: nothing says that they do their job.",
}


def missing(results: Results) -> list[str]:
    """A sentence for everything that is missing, data set by data set; none where nothing is."""
    of_datasets = [
        f"{dataset_title(results, dataset)}: {sentence}"
        for part in (_seeds, _samplers, _claims)
        for dataset in results.datasets
        for sentence in part(results, dataset)
    ]
    tables = [sentence for name, sentence in TABLES.items() if not len(getattr(results, name))]
    return [*of_datasets, *tables, *_files(results), *_pictures_and_logs(results)]


def without_mixing(results: Results) -> list[str]:
    """A sentence for each data set without a mixing run."""
    return [
        f"{dataset_title(results, dataset)}: no mixing run was made, so nothing is said about mixing."
        for dataset in results.datasets
        if not results.sweeps(dataset, "mixing")
    ]


def _seeds(results: Results, dataset: str) -> Iterator[str]:
    """One seed has no interval; fewer seeds than others have make an interval wider."""
    counts = results.here(dataset).groupby("variant").seed.nunique()
    if len(counts) and counts.max() == 1:
        yield "one seed, so no interval, nothing in bold and no claim that is decided."
    for key in results.variants:
        if key in counts and counts[key] < counts.max():
            yield f"{results.titles[key]} was measured on {counts[key]} of {counts.max()} seeds."


def _samplers(results: Results, dataset: str) -> Iterator[str]:
    """Samplers of the config without a measurement."""
    here = set(results.here(dataset).variant)
    wanted = [row.key for row in results.manifest.variants if dataset in row.targets]
    lost = [results.titles[key] for key in wanted if not {key, results.first[key]} & here]
    if lost:
        yield "no sampler was measured." if len(lost) == len(wanted) else f"not measured: {listed(lost)}."


def _claims(results: Results, dataset: str) -> Iterator[str]:
    """How many claims were not run where some were; their table says why."""
    verdicts = results.claims.loc[results.claims.dataset == dataset, "verdict"]
    if lost := int((verdicts == "not run").sum()):
        yield f"{lost} of {len(verdicts)} claims were not run; the table of claims says what each waits for."


def _files(results: Results) -> Iterator[str]:
    """Curves, pictures and costs of samplers that were measured."""
    sampling = results.costs[results.costs.kind == "sampling"]
    there = {
        "curves": set(results.curves[["dataset", "sweep", "variant"]].itertuples(index=False, name=None)),
        "pictures": set(results.pictures),
        "costs": set(sampling[["dataset", "sweep", "name"]].itertuples(index=False, name=None)),
    }
    if not len(results.costs):
        del there["costs"]
    for dataset in results.datasets:
        for sweep in results.here(dataset).sweep.unique():
            measured = set(results.here(dataset, sweep).variant)
            keys = [key for key in results.titles if key in measured]
            for kind, known in there.items():
                lost = [results.titles[key] for key in keys if (dataset, sweep, key) not in known]
                whose = "any sampler" if len(lost) == len(keys) else listed(lost)
                if lost:
                    yield f"{place_title(results, dataset, sweep)}: no {kind} of {whose}."


def _pictures_and_logs(results: Results) -> Iterator[str]:
    """Pictures of real images, and the loss logs of networks."""
    for dataset in results.datasets:
        if dataset not in results.real:
            yield f"{dataset_title(results, dataset)}: no picture of real images."
        wanted = dict.fromkeys(row.recipe for row in results.manifest.networks if row.dataset == dataset)
        logged = {recipe for place, recipe, _ in results.losses if place == dataset}
        if lost := [title_of(recipe) for recipe in wanted if recipe not in logged]:
            yield f"{dataset_title(results, dataset)}: no loss log of {listed(lost)}."

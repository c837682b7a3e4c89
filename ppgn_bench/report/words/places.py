"""Data sets, worlds and sweeps as a reader knows them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ppgn_bench.report.results import Results
from ppgn_bench.report.words.numbers import counted, listed
from ppgn_bench.report.words.seeds import TRAINED, Seed, seed


def places(results: Results, run: str | None = None) -> list[tuple[str, str]]:
    """Every data set with each sweep that was measured there, or with those of one run alone."""
    return [(dataset, sweep) for dataset in results.datasets for sweep in results.sweeps(dataset, run)]


def dataset_title(results: Results, dataset: str) -> str:
    """The name of a data set that a reader sees."""
    return results.dataset(dataset).title


def inline(title: str) -> str:
    """A title as it stands within a sentence: "Shapes" becomes "shapes", "MNIST" and "ImageNet" stay."""
    return title[0].lower() + title[1:] if title.partition(" ")[0][1:].islower() else title


def place_title(results: Results, dataset: str, sweep: str) -> str:
    """The name of a data set, and of the sweep where there are several."""
    title = dataset_title(results, dataset)
    return f"{title}, sweep “{sweep}”" if set(results.sweeps(dataset)) != {sweep} else title


def kind(results: Results, dataset: str, targets: Sequence[str]) -> str:
    """What such targets are: "class" or "target"."""
    return "class" if tuple(targets) == results.dataset(dataset).classes else "target"


def goal(results: Results) -> str:
    """What chains are steered to, in a word: "class" where all samplers are to the classes, else "target"."""
    every = {kind(results, name, results.targets(name, key)) for name in results.datasets for key in results.variants}
    return "target" if "target" in every else "class"


def titles(results: Results) -> dict[str, str]:
    """Data sets and worlds that this experiment has -> their names, a world's without its description."""
    worlds = {world.name: world.title.partition(":")[0] for world in results.manifest.worlds}
    return {name: dataset_title(results, name) for name in results.datasets} | worlds


def dataset_names(results: Results) -> str:
    """All data sets in a sentence."""
    return listed([inline(dataset_title(results, name)) for name in results.datasets]) or "no data"


def judged_by(results: Results, datasets: Collection[str]) -> str:
    """By which judge numbers of these data sets are, as its hash: those of others must not be compared."""
    known = [row for row in results.manifest.datasets if row.name in datasets and row.judges]
    named = [f"{f'{row.title} ' if len(known) > 1 else ''}{row.judges[0].hash}" for row in known]
    return f"Judge: {', '.join(named)}." if named else ""


def experiment(results: Results) -> str:
    """What was run, on what, and over what its intervals are."""
    keys, title = results.variants, results.titles
    between = f", from {title[keys[0]]} to {title[keys[-1]]}" if len(keys) > 1 else ""
    trained = "trained, " if TRAINED in {seed(results, name) for name in results.datasets} else ""
    return (
        f"Experiment “{results.manifest.name}”: {counted(len(keys), 'sampler')} of Plug & Play Generative Networks "
        f"(Nguyen et al., CVPR 2017){between}, each {trained}sampled and measured on {dataset_names(results)}. "
        f"{replicates(results)}"
    )


def replicates(results: Results) -> str:
    """What a seed is; data set by data set where they differ in it."""
    of: dict[Seed, list[str]] = {}
    for dataset in results.datasets:
        of.setdefault(seed(results, dataset), []).append(inline(dataset_title(results, dataset)))
    if len(of) < 2:
        return next(iter(of), TRAINED).what
    return " ".join(f"On {listed(names)} {inline(kind.what)}" for kind, names in of.items())

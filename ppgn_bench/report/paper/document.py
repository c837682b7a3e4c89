"""The paper: report.pdf, two columns, by typst. Prose that no result can change stands in templates/paper.typ.

The rest is data: `document` chooses each sentence by the results. Typst shows the texts as they are, in its own
fonts, reads nothing outside the experiment's folder, and knows no date: equal results give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import typst

from ppgn_bench.report.page.main_tables import headlines
from ppgn_bench.report.paper import claims as paper_claims
from ppgn_bench.report.paper import figures as paper_figures
from ppgn_bench.report.paper import tables as paper_tables
from ppgn_bench.report.paper.claims import DECIDED
from ppgn_bench.report.paper.tables import Doc
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.experiment import hardware, minutes
from ppgn_bench.report.words import networks
from ppgn_bench.report.words.controls import failures, outcome
from ppgn_bench.report.words.missing import missing, without_mixing
from ppgn_bench.report.words.numbers import counted, listed, number
from ppgn_bench.report.words.places import dataset_names, dataset_title, experiment, places, replicates
from ppgn_bench.report.words.samplers import shared_generators
from ppgn_bench.report.words.sentences import DIFFERS, SEARCHED, THEMES, UNREAD, limits
from ppgn_bench.storage import files

TEMPLATES = Path(__file__).parent / "templates"
TITLE = "Plug & Play Generative Networks, Taken Apart and Measured"
IN_ABSTRACT = "T"  # the claims that were read in the paper's own text


def write(results: Results, folder: Path) -> Path:
    """Write report/report.pdf of the experiment in this folder, whose figures are drawn, and return its path."""
    pdf = source(results, folder).compile(format="pdf", timestamp=0)
    place = folder / "report" / "report.pdf"
    files.save_bytes(place, cast("bytes", pdf))  # a list of pages is what pictures would be
    return place


def source(results: Results, folder: Path) -> typst.Compiler:
    """The paper before it is set: template, its data, and the folder that its images lie in."""
    data = json.dumps(document(results, folder / "figures"), ensure_ascii=False)
    return typst.Compiler(
        (TEMPLATES / "paper.typ").read_bytes(),
        root=str(folder),
        ignore_system_fonts=True,
        sys_inputs={"data": data, "references": (TEMPLATES / "references.bib").read_text("utf-8")},
    )


def document(results: Results, figures: Path) -> Doc:
    """All that the template shows: texts are lists of parts, strings as they are and {"to": label} a reference."""
    manifest = results.manifest
    plain = [row for row in paper_tables.measured(results, ablated=False) if not row.update]
    spent = ", ".join(f"{number(value)} in {job}" for job, value in minutes(results).items())
    run = [experiment(results), *([f"Minutes of all jobs added up: {spent}."] if spent else [])]
    one = ["One data set: whether a finding carries over to another is not known."]
    gaps = [*without_mixing(results), *missing(results), *(one if len(results.datasets) == 1 else [])]
    counts = paper_claims.counts(results) or ["No claim was judged in this run."]
    return {
        "title": TITLE,
        "subtitle": f"A reproduction on {dataset_names(results)}: experiment “{manifest.name}”",
        "author": f"ppgn_bench {manifest.versions.get('ppgn-bench', '')}".strip(),
        "abstract": _texts(_abstract(results)),
        "samplers": {
            "text": _texts([*shared_generators(plain), SEARCHED]),
            "tables": paper_tables.samplers(results, ablated=False),
        },
        "released": paper_tables.released(),
        "controls": _texts(
            [*failures(results), outcome(results), *networks.failures(results), networks.outcome(results)]
        ),
        "replicates": replicates(results),
        "run": {"text": _texts(run), "tables": paper_tables.run(results)},
        "claims": {"text": _texts(counts), "tables": paper_claims.in_short(results)},
        "findings": _themes(results, figures),
        "differs": _texts(DIFFERS),
        "limits": _texts([*limits(results), *gaps]),
        "unread": "; ".join(UNREAD),
        "appendix": _appendix(results, figures),
        "settings": [{"key": key, "value": value} for key, value in _settings(manifest.settings).items()],
    }


def _abstract(results: Results) -> Iterator[str]:
    yield (
        "Plug & Play Generative Networks draw images by a Markov chain that is pulled towards likely images and "
        "towards a class, with noise; the paper compares its samplers mostly by eye. We train, walk and measure "
        f"{counted(len(results.variants), 'sampler')} with equal networks, starts and budgets on "
        f"{dataset_names(results)}, and compare what the paper claims with contrasts over seeds."
    )
    counts = paper_claims.counts(results)
    yield " ".join(counts) if counts else "No claim was judged in this run, so none is said to hold or to fail."
    of_text = list(results.claims.claim[results.claims.basis == IN_ABSTRACT].unique())
    said = [*paper_claims.findings(results, of_text, DECIDED), paper_claims.undecided(results, of_text)]
    if any(said):
        yield f"Of the claims that were read in the paper's own text: {' '.join(filter(None, said))}"


def _themes(results: Results, figures: Path) -> list[Doc]:
    """The findings: an overview, then theme by theme what its claims' verdicts say; what has nothing to say goes."""
    drawn = {
        "C5": paper_figures.tradeoffs(results, figures),
        "C9": [one for show in (paper_figures.convergence, paper_figures.mixing, paper_figures.costs)
               for one in show(results, figures)],
        "C12": paper_figures.ablations(results, figures),
        "C2": paper_figures.worlds(results, figures, ("scores", "trajectories")),
        "C17": paper_figures.conditions(results, figures),
    }  # fmt: skip
    tabled = {"C17": paper_tables.conditions(results)}
    firsts = paper_figures.first_places(results, "quality")
    tables = [one for place in firsts for one in paper_tables.main(results, *place, "wide")]
    best = [f"{dataset_title(results, place[0])}: {said}" for place in firsts for said in headlines(results, *place)]
    overview = _part("What the intervals allow to be said", best, tables, paper_figures.samples(results, figures))
    parts = [overview]
    for title, claims in THEMES.items():
        said = paper_claims.findings(results, claims, [*DECIDED, "undecided"])
        parts.append(_part(title, said, tabled.get(claims[0], []), drawn.get(claims[0], [])))
    parts.append(_part("Claims that were not run", paper_claims.not_run(results)))
    return [part for part in parts if part["points"] or part["tables"] or part["figures"]]


def _part(title: str, points: Sequence[str], tables: Sequence[Doc] = (), figures: Sequence[Doc] = ()) -> Doc:
    """A subsection; it names its figures and tables, which float."""
    shown = [{"to": one["name"]} for one in (*tables, *figures)]
    see: list[Any] = [part for to in shown for part in (", ", to)][1:]
    text = [["See ", *see, "."]] if see else []
    return {"title": title, "points": _texts(points), "text": text, "tables": list(tables), "figures": list(figures)}


def _appendix(results: Results, figures: Path) -> list[Doc]:
    manifest, firsts = results.manifest, paper_figures.first_places(results, "quality")
    others = [place for place in places(results) if place not in firsts]
    tables = [one for place in others for one in paper_tables.main(results, *place, "page")]
    trained = [
        f"{dataset_title(results, name)}: {listed(sorted(map(str, results.here(name).seed.unique())))}"
        for name in results.datasets
    ]
    machine = _texts([
        f"Seeds. {'; '.join(trained)}.",
        f"Machine. {'; '.join(f'{name}: {value}' for name, value in hardware(results).items())}.",
        f"Versions. {', '.join(f'{name} {value}' for name, value in manifest.versions.items())}.",
    ])  # fmt: skip
    parts = [
        {"title": "All claims in full", "tables": paper_claims.in_full(results)},
        {"title": "The controls", "figures": paper_figures.controls(results, figures)},
        {"title": "Other sweeps", "tables": [*paper_tables.samplers(results, ablated=True), *tables]},
        {"title": "Analytic worlds", "figures": paper_figures.worlds(results, figures, ("laws", "powers"), "page")},
        {"title": "What the networks must do", "tables": paper_tables.networks(results)},
        {"title": "Grids of epsilons", "figures": paper_figures.grids(results, figures)},
        {"title": "From the plain to the released update", "figures": paper_figures.ladders(results, figures)},
        {"title": "Seeds, machine, versions and cost", "text": machine, "tables": paper_tables.costs(results)},
    ]
    every = [{"text": [], "tables": [], "figures": [], **part} for part in parts]
    return [part for part in every if part["text"] or part["tables"] or part["figures"]]


def _settings(settings: Mapping[str, Any]) -> dict[str, str]:
    """Lines of settings: a key of one or two levels, and all that is set below it."""
    lines: dict[str, list[str]] = {}
    for path, text in _leaves(settings):
        depth = 1 if len(path) == 2 else 2
        name = ".".join(path[depth:])
        lines.setdefault(".".join(path[:depth]), []).append(f"{name} = {text}" if name else text)
    return {key: "; ".join(texts) for key, texts in lines.items()}


def _leaves(settings: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every value that is set, with the keys above it."""
    for key, value in sorted(settings.items()):
        if isinstance(value, Mapping):
            yield from _leaves(value, (*above, key))
        elif value is not None:
            yield (*above, key), json.dumps(value, ensure_ascii=False, default=str)


def _texts(sentences: Sequence[str] | Iterator[str]) -> list[list[str]]:
    return [[sentence] for sentence in sentences]

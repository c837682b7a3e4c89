"""Tables of the experiment itself, for page, paper and export alike: data sets, runs, samplers, costs."""

from __future__ import annotations

from collections.abc import Sequence

from pandas import DataFrame

from ppgn_bench.report.page.blocks import Table, plain_table
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables.estimates import cost_table
from ppgn_bench.report.tables.readable import T_LOG, wide
from ppgn_bench.report.words.numbers import listed, number, replication
from ppgn_bench.report.words.places import dataset_title, goal
from ppgn_bench.report.words.samplers import parts
from ppgn_bench.report.words.seeds import counted_seeds
from ppgn_bench.report.words.terms import SYMBOLS
from ppgn_bench.storage.manifest import Judge, Sampler
from ppgn_bench.storage.processor import OF_PROCESSOR
from ppgn_bench.training.changes import title_of
from ppgn_bench.training.recipes import RECIPES

# Kind of job -> what a reader sees.
JOBS = {"exploring": "exploring the analytic worlds", "controls": "measuring the controls"}
ONCE = ("measuring", "controls")  # kinds of job that serve all seeds
ORIGINS = {
    "ppgn_bench": "package",
    "results": "a run",
    "download": "a download",
}  # of a judge, by the first word of its file
MEASURES = {"seconds": "seconds", "steps": "chain-steps a second", "memory": "largest memory, MiB"}


def datasets(results: Results) -> Table:
    """What was measured on: images, classes, how many of each split, seeds."""
    rows = []
    for row in results.manifest.datasets:
        channels, height, width = row.image
        sizes = " / ".join(str(row.sizes.get(split, 0)) for split in ("train", "judge", "reference", "control"))
        image = f"{height}×{width} {'grey' if channels == 1 else 'colour'}"
        numbers = [str(len(row.classes)), str(row.modes or "unknown"), sizes, counted_seeds(results, row.name)]
        rows.append([row.title, image, *numbers, row.source])
    header = ["data set", "images", "classes", "known modes of a class", "train / judge / two real halves", "seeds",
              "what it is"]  # fmt: skip
    return plain_table("Data sets", header, rows)


def own_networks(results: Results) -> list[Table]:
    """Which networks have settings of their own on a data set; no table where none has."""
    rows = [[row.title, network] for row in results.manifest.datasets for network in row.networks]
    return [plain_table("Networks with settings of their own", ["data set", "network"], rows)] if rows else []


def judges(results: Results) -> Table:
    """What measured: every judge by its hash, and how much of held-out images it tells."""
    rows = [
        [row.title, judge.title, judge.hash, _or_none(judge.accuracy), _or_none(judge.mode_accuracy), _origin(judge)]
        for row in results.manifest.datasets
        for judge in row.judges
    ]
    header = ["data set", "judge", "hash", "accuracy", "of modes", "from"]
    return plain_table("The judges, measured on held-out images that trained no network", header, rows)


def _or_none(value: float | None) -> str:
    return "" if value is None else number(value)


def _origin(judge: Judge) -> str:
    return ORIGINS.get(judge.file.partition("/")[0], "a file")


def hardware(results: Results) -> dict[str, str]:
    """The machine, with all that is said of its processor on one line."""
    known = dict(results.manifest.hardware)
    details = [f"{name} {known.pop(name)}" for name in OF_PROCESSOR if name in known]
    name = known.pop("processor", "unknown")
    return {"processor": f"{name} ({'; '.join(details)})" if details else name, **known}


def runs(results: Results) -> Table:
    """The runs of every sweep, and how long their chains are."""
    each = goal(results)
    starts = {"quality": "each chain its own", "mixing": f"one for all chains of a {each}"}
    titles = {row.key: row.title for row in results.manifest.variants}
    rows = [
        [
            *(row.name, row.run, starts[row.run], str(row.chains_per_target), str(row.steps), str(row.keep_every)),
            listed([titles.get(key, key) for key in row.without or ()]) or "none",
        ]
        for row in results.manifest.sweeps
    ]
    header = ["sweep", "run", "start", f"chains a {each}", "steps", "a draw kept every", "leaves out"]
    caption = f"Sweeps and their runs. Without noise a mixing run has one chain a {each}: from one start all are one"
    return plain_table(caption, header, rows)


def samplers(rows: Sequence[Sampler]) -> Table:
    """What each sampler is made of; the update and the losses where samplers differ in them."""
    said = [parts(row) for row in rows]
    changed = any("+" in recipe for row in rows for recipe in row.networks.values())
    idle = {"update": all(of["update"] == "plain" for of in said), "losses": not changed}
    idle[SYMBOLS["context"]] = all(of[SYMBOLS["context"]] == "0" for of in said)
    columns = [name for name in said[0] if not idle.get(name)] if said else []
    caption = (
        "The samplers: state += ε1 · prior term + ε2 · condition term + ε3 · noise. Noise in training is that of the "
        "network that makes the prior term, of the mean activation, in pixels of the range. The source is where a "
        "sampler stands in the paper, and how that is known; epsilons and hand-designed priors are this suite's."
    )
    places = list(dict.fromkeys(dataset for row in rows for dataset in row.epsilon))
    caption += f" Where data sets have different ε, in the order {', '.join(places)}." if len(places) > 1 else ""
    caption += " Losses are those of the generator." if changed else ""
    caption += "" if idle[SYMBOLS["context"]] else " In a context there is one term more, ε4 · context term."
    return plain_table(caption, columns, [[of[name] for name in columns] for of in said])


def without(table: Table, *names: str) -> Table:
    """The table without the columns of these names."""
    kept = [place for place, cell in enumerate(table.header) if cell.text not in names]
    header, *rows = [[row[place] for place in kept] for row in (table.header, *table.rows)]
    return Table(table.caption, header, rows)


def costs(results: Results) -> tuple[DataFrame, list[Table]]:
    """Seconds, chain-steps a second and memory of each network and sampler: the long table, and one a kind of job."""
    frame = cost_table(results.costs, [*RECIPES, *results.titles])
    return frame, [_costs(results, str(kind), lines) for kind, lines in frame.groupby("kind", sort=False)]


def _costs(results: Results, kind: str, lines: DataFrame) -> Table:
    lines = lines[lines["mean"].notna()]
    of = lines[["name", "sweep", "dataset"]].astype(object).fillna("").to_numpy()
    places = [_of(results, *map(str, names)) for names in of]
    over = "One job for all seeds." if kind in ONCE else replication(lines.seeds, T_LOG)
    caption = f"Cost of {JOBS.get(kind, kind)} on {devices(results)}. {over}"
    down = ("place", {place: place for place in places})
    return wide(lines.assign(place=places), down, ("measure", MEASURES), "of", caption)


def _of(results: Results, name: str, sweep: str, dataset: str) -> str:
    """What a job was of: a network, a sampler or a world, and where."""
    worlds = {world.name: world.title for world in results.manifest.worlds}
    title = worlds.get(name) or results.titles.get(name) or title_of(name)
    place = dataset_title(results, dataset) if dataset else ""
    return ", ".join(filter(None, (title, f"sweep “{sweep}”" if sweep else "", place)))


def devices(results: Results) -> str:
    """What the jobs ran on."""
    return ", ".join(sorted(set(results.costs.device.dropna().astype(str))))


def minutes(results: Results) -> dict[str, float]:
    """Kind of job -> minutes of all such jobs, added up."""
    spent = results.costs.groupby("kind", sort=False).seconds.sum() / 60
    return {JOBS.get(str(kind), str(kind)): float(value) for kind, value in spent.items()}

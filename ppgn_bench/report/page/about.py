"""What surrounds the results: what was run on what, the samplers, the paper, the settings in full."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pandas import DataFrame

from ppgn_bench.report.page.blocks import Block, Heading, Listing, Points, Section, Table, Text, plain_table
from ppgn_bench.report.page.samples import dataset_title
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import export
from ppgn_bench.report.tables.estimates import JOBS
from ppgn_bench.report.words.phrases import update_words
from ppgn_bench.training.recipes import title_of

TAGS = (
    "How a source is known. [T]: the paper's own text. [C]: the authors' released code. [P]: a port of "
    "their training files. [S]: other people's summaries. [M]: memory, a hypothesis."
)
EPSILONS = {"prior": "ε1", "condition": "ε2", "noise": "ε3"}
# PAPER.md, section 8
UNREAD = (
    "the grid of training noise and its unit",
    "the weight of the loss on codes",
    "the noise of the denoising autoencoders, and their architectures for images",
    "whether the published chains used the released normalisation and clip",
    "whether Joint's R_h injects noise while sampling",
    "the supplement's numbers",
    "which learning rate made the published weights",
)
SEARCHED = (  # docs/settings.md
    "The epsilons of each sampler of the paper are those with the lowest FD (judge) of 16 trials, the same for all, "
    "where judge accuracy is 0.8 or more: on digits, with training seeds and real images that no report uses. "
    "DGN-AM + noise has those of Noiseless Joint PPGN-h, without its prior."
)
DIFFERS = (
    "The update is the plain Eq. 11 of the paper (Eq. 7 in pixels), with images cut to their range after each "
    "step. The released sampler differs from it: it normalises the step, clips the codes and keeps only the "
    "target's part of the condition's gradient.",
    "The data sets are small and so are the networks: what is held against the paper is an order of "
    "samplers, never a value.",
    "Training keeps the paper's losses and its balance of generator and discriminator, at weights of this suite "
    "(each loss over the variance of its target; image 5, h1 1, code 1, adversary 0.01), with a cosine decay, a "
    "moving average of the weights, a discriminator that learns every second iteration, upsampling before the last "
    "convolution, and a head of the encoder that regresses the pooled image.",
    "FD (judge) is a Fréchet distance in the features of this suite's own judge. It is not FID and not "
    "comparable with any published FID; IS, KID, precision and recall use the same judge.",
    "The judge neither trained nor steered any sampler. Judge accuracy and IS still measure steering "
    "more than realism: pictures that are visibly garbage can score high on both.",
    "Numbers that are known from memory alone are not printed here as the paper's, and neither are "
    "epsilons: those of the table of samplers are this suite's.",
)


def overview(results: Results) -> Section:
    """What was run, on what, and for how long."""
    context = results.context
    names = [dataset_title(results, name) for name in results.datasets]
    keys = results.variants
    text = (
        f"Experiment “{context['name']}”: {len(keys)} sampler{'s' if len(keys) != 1 else ''} of Plug & "
        f"Play Generative Networks (Nguyen et al., CVPR 2017), {_between(results.titles, keys)}, each "
        f"trained, sampled and measured on {listed(names)}. The unit of replication is the training seed: "
        "every network was trained anew for each seed, and all intervals are over seeds."
    )
    blocks: list[Block] = [Text(text), _datasets(results), _sweeps(context), _machine(results)]
    return Section("run", "What was run", blocks)


def samplers(results: Results, folder: Path) -> Section:
    """The table of samplers (tables/variants), which of them share a generator, and where their settings come from."""
    rows = []
    for row in results.context["variants"]:
        if row["key"] not in results.names:
            continue
        networks = ", ".join(f"{role}: {title_of(recipe)}" for role, recipe in row["networks"].items())
        epsilon = [f"{row['epsilon'][name]:g}" for name in ("prior", "condition", "noise")]
        update = update_words(row["update"])
        prior = row["prior"].replace("_", " ")
        rows.append([results.names[row["key"]], row["space"], prior, *epsilon, update, networks, row["source"]])
    header = [
        "sampler",
        "walks in",
        "prior term",
        "ε1 prior",
        "ε2 condition",
        "ε3 noise",
        "update",
        "networks",
        "source",
    ]
    table = plain_table("The samplers: state += ε1 · prior term + ε2 · condition term + ε3 · noise", header, rows)
    export.save(folder, "variants", DataFrame(rows, columns=header), [_readable(table)])
    # What is said of samplers that share a network or epsilons is said of those whose update is the plain one.
    shown = [row for row in results.context["variants"] if row["key"] in results.variants]
    measured = [row for row in shown if not row["update"]]
    facts = [*shared_generators(measured), SEARCHED]
    return Section("samplers", "The samplers", [table, Text(TAGS, "note"), Points(facts)])


def _readable(table: Table) -> Table:
    """The table of samplers without networks and sources, and without the update where all have the plain one."""
    columns = 7 if any(row[6].text != "plain" for row in table.rows) else 6
    return Table(table.caption, table.header[:columns], [row[:columns] for row in table.rows])


def shared_generators(variants: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence for each generator that several variants use: what they can still differ in."""
    users: dict[str, list[Mapping[str, Any]]] = {}
    for row in variants:
        if "generator" in row["networks"]:
            users.setdefault(row["networks"]["generator"], []).append(row)
    sentences = []
    for recipe, rows in users.items():
        if len(rows) > 1:
            served = f"One and the same network, {title_of(recipe)}, serves {listed([row['title'] for row in rows])}"
            sentences.append(f"{served}: {_differences(rows)}.")
            sentences += _prior_alone(rows) + _autoencoder_alone(rows)
    return sentences


def _differences(rows: Sequence[Mapping[str, Any]]) -> str:
    """What samplers with one generator differ in alone, each with its own; all that the table of samplers has."""
    told = {
        "the prior term": [row["prior"].replace("_", " ") for row in rows],
        **{symbol: [f"{row['epsilon'][term]:g}" for row in rows] for term, symbol in EPSILONS.items()},
        "the update": [str(row["update"]) for row in rows],
    }
    differ = {name: values for name, values in told.items() if len(set(values)) > 1}
    if not differ:
        return "they are the same sampler"
    each = [
        f"{row['title']}: "
        + ", ".join(_own(name, values[place]) for name, values in differ.items() if name != "the update")
        for place, row in enumerate(rows)
    ]
    return f"they differ in {listed([*differ])} alone ({'; '.join(each)})"


def _own(name: str, value: str) -> str:
    return f"prior {value}" if name == "the prior term" else f"{name} = {value}"


def _prior_alone(variants: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of variants with one generator: those that share the other epsilons and the update; the prior alone is left."""
    same: dict[tuple[Any, ...], dict[tuple[Any, ...], str]] = {}
    for row in variants:
        rest = (row["epsilon"]["condition"], row["epsilon"]["noise"], str(row["update"]))
        same.setdefault(rest, {}).setdefault((row["prior"], row["epsilon"]["prior"]), row["title"])
    return [
        f"Of these, {listed([*titles.values()])} have the same ε2 and ε3 as well: only the prior parts them."
        for titles in same.values()
        if 1 < len(titles) < len(variants)
    ]


def _autoencoder_alone(variants: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of variants with one generator: what tells the joint prior, R_h(h) = E(G(h)), from none."""
    without = [row["title"] for row in variants if row["prior"] == "absent"]
    joint = [row["title"] for row in variants if row["prior"] == "joint"]
    return [
        f"{title} is the generator of {without[0]} with the prior term E(G(h)) - h: no network of its own."
        for title in joint
        if without
    ]


def paper() -> Section:
    """What differs from the paper, and what could not be read in it."""
    blocks: list[Block] = [
        Points(DIFFERS),
        Heading("What could not be read in the paper or its release"),
        Points(UNREAD),
    ]
    return Section("paper", "What differs from the paper", blocks)


def settings(results: Results) -> Section:
    """Every setting of the experiment, resolved."""
    text = json.dumps(results.context["settings"], indent=2, sort_keys=True, ensure_ascii=False, default=str)
    return Section("settings", "Settings in full", [Listing("All settings, with every default filled in", text)])


def _datasets(results: Results) -> Table:
    rows = []
    for row in results.context["datasets"]:
        height, width = row["image"][1:]
        colour = "grey" if row["image"][0] == 1 else "colour"
        sizes = " / ".join(str(row["sizes"][split]) for split in ("train", "judge", "reference", "control"))
        modes = str(row["modes"]) if row["modes"] else "unknown"
        measured = results.metrics[(results.metrics.dataset == row["name"]) & (results.metrics.sweep != "controls")]
        seeds = str(measured.seed.nunique())
        image = f"{height}×{width} {colour}"
        rows.append([row["title"], image, str(len(row["classes"])), modes, sizes, seeds, row["source"]])
    header = ["data set", "images", "classes", "known modes of a class", "train / judge / real halves",
              "training seeds", "what it is"]  # fmt: skip
    return plain_table("Data sets", header, rows)


def _sweeps(context: Mapping[str, Any]) -> Table:
    starts = {"quality": "each chain its own", "mixing": "one for all chains of a class"}
    rows = [
        [
            row["name"],
            row["run"],
            starts[row["run"]],
            str(row["chains_per_class"]),
            str(row["steps"]),
            str(row["keep_every"]),
        ]
        for row in context["sweeps"]
    ]
    header = ["sweep", "run", "start", "chains a class", "steps", "a draw kept every"]
    return plain_table("Sweeps and their runs", header, rows)


def _machine(results: Results) -> Table:
    context = results.context
    rows = [[str(name), str(value)] for name, value in context["hardware"].items()]
    for kind, part in results.costs.groupby("kind", sort=False):
        rows.append([f"minutes in {JOBS.get(str(kind), kind)}, all jobs added up", f"{part.seconds.sum() / 60:.1f}"])
    rows.append(["versions", ", ".join(f"{name} {version}" for name, version in context["versions"].items())])
    return plain_table("Machine and software", ["what", "value"], rows)


def _between(titles: Mapping[str, str], keys: Sequence[str]) -> str:
    if not keys:
        return "none of which has a result"
    return titles[keys[0]] if len(keys) == 1 else f"from {titles[keys[0]]} to {titles[keys[-1]]}"


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

"""Other conditions than classes: one generator under another classifier, hidden units, captions, contexts and sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ppgn_bench.report.page import of_conditions
from ppgn_bench.report.page.blocks import Block, Figures, Folded, Heading, Section, Shown, Text
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import conditions as tables
from ppgn_bench.report.tables import contexts, export
from ppgn_bench.report.tables.steered import Tabling
from ppgn_bench.report.words.conditions import Steered, one_generator, steered
from ppgn_bench.report.words.places import dataset_title

TITLE = "Other conditions"
LEAD = (
    "The condition is a network, and it is exchanged while the generator stays (Sec. 4): other classes than it was "
    "trained with, hidden units, captions, the surroundings of a hole, and sums of these. What samples show is said by "
    "judges that steer nothing. All samples that are shown are the last draws of the first chains of the first "
    "seed: not chosen."
)
GALLERY = (
    "What a unit fires for: of each unit of a convolution layer that chains were steered to (one channel at one "
    "position, Sec. 4.3) the images that it fires most for, and samples, the same number of each. Samples are not "
    "chosen."
)
Drawing = Callable[[Results, str, Sequence[Steered], Path], list[Shown]]
PARTS: tuple[tuple[str, str, Tabling, Drawing | None], ...] = (  # heading, how to read it, tables, pictures
    ("another classifier", of_conditions.ON_VALUES, tables.values, of_conditions.values),
    ("hidden units", of_conditions.ON_UNITS, tables.units, None),
    ("captions", of_conditions.ON_CAPTIONS, tables.captions, of_conditions.captions),
    ("inpainting", of_conditions.ON_CONTEXTS, contexts.contexts, of_conditions.contexts),
    ("sums of conditions", of_conditions.ON_SUMS, contexts.sums, of_conditions.sums),
)


def conditions(results: Results, folder: Path) -> Section:
    """For each data set what serves all conditions, and then condition by condition tables and samples.

    folder: the experiment's; tables are saved in it. No blocks where no sampler is steered to anything but classes.
    """
    blocks = [block for dataset in results.datasets for block in _of_dataset(results, dataset, folder)]
    return Section("conditions", TITLE, [Text(LEAD, "note"), *blocks] if blocks else [])


def units(results: Results, folder: Path) -> Section:
    """The gallery of hidden units, data set by data set. folder: of figures."""
    blocks: list[Block] = []
    for dataset in results.datasets:
        every = steered(results, dataset)
        if shown := of_conditions.units(results, dataset, every, folder):
            blocks += [Heading(dataset_title(results, dataset)), Figures(shown)]
    return Section("units", "Hidden units, a gallery", [Text(GALLERY, "note"), *blocks] if blocks else [])


def _of_dataset(results: Results, dataset: str, folder: Path) -> Iterator[Block]:
    every, title = steered(results, dataset), dataset_title(results, dataset)
    if not every:
        return
    yield Heading(f"{title}: one generator")
    said = list(one_generator(results, dataset))
    for sentence, same in said or [(f"{title}: no two samplers are known to share a generator.", True)]:
        yield Text(sentence, "plain" if same else "bad")
    for heading, how, tabling, drawing in PARTS:
        tabled = tabling(results, dataset, every)
        shown = drawing(results, dataset, every, folder / "figures") if drawing else []
        if tabled is None and not shown:
            continue
        yield Heading(f"{title}: {heading}")
        yield Text(how, "note")
        if tabled is not None:
            export.save(folder, tabled.name, tabled.long, [*tabled.alone, *tabled.folded])
            for table, note in tabled.tables:
                yield from (table, Text(note, "note"))
            for table in tabled.folded:
                yield Folded(table.caption.partition(".")[0], [table])
        if shown:
            yield Figures(shown)

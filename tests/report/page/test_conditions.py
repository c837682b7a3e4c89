"""Other conditions: samplers are found by what they are, their numbers are their seeds', and what lacks is left out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ppgn_bench.columns import CONTROLS_CHECK
from ppgn_bench.report.build import build
from ppgn_bench.report.figures import style
from ppgn_bench.report.page import conditions, of_conditions, samples
from ppgn_bench.report.page.blocks import Cell, Figures, Folded, Heading, Section, Shown, Table, Text, every_block
from ppgn_bench.report.paper import document
from ppgn_bench.report.results import Results, read
from ppgn_bench.report.tables.contexts import IMPOSSIBLE, NEW
from ppgn_bench.report.words.conditions import CAPTIONS, CONTEXTS, SUMS, UNITS, VALUES, steered
from ppgn_bench.report.words.numbers import interval, number
from ppgn_bench.statistics.intervals import mean_interval
from ppgn_bench.storage import files
from tests.example_conditions import FILES_OF_SEEDS, OF_CONDITIONS, with_conditions
from tests.example_results import a_sampler, changed, save_light

KINDS = {
    "swapped": VALUES, "random_codes": VALUES, "old": VALUES, "units": UNITS, "units_dgn_am": UNITS,
    "captions": CAPTIONS, "fill+epsilon_context=0": CONTEXTS, "fill+epsilon_context=0.01": CONTEXTS,
    "class_and_stroke": SUMS, "class_in_context": SUMS,
}  # fmt: skip

PARTS = {
    VALUES: "another classifier", UNITS: "hidden units", CAPTIONS: "captions", CONTEXTS: "inpainting",
    SUMS: "sums of conditions",
}  # fmt: skip


def made(root: Path, **few: Any) -> Results:
    return read(root, with_conditions(root, save_light(root), **few))


def section(results: Results, root: Path) -> Section:
    with style.drawing():
        return conditions.conditions(results, root)


def tables(shown: Section) -> dict[str, Table]:
    """Tables by how their captions begin, after the data set."""
    found = [block for block in every_block(shown.blocks) if isinstance(block, Table)]
    return {table.caption.partition(": ")[2].partition(".")[0]: table for table in found}


def figures(shown: Section) -> list[Shown]:
    return [figure for block in every_block(shown.blocks) if isinstance(block, Figures) for figure in block.figures]


def texts(shown: Section) -> list[Text]:
    return [block for block in shown.blocks if isinstance(block, Text)]


def cells(table: Table) -> Iterator[tuple[str, str, Cell]]:
    """Row, column and cell of every number."""
    for row in table.rows:
        for head, cell in zip(table.header[1:], row[1:], strict=True):
            yield row[0].text, head.text, cell


def of(table: Table, row: str, column: str) -> Cell:
    return next(cell for own, head, cell in cells(table) if (own, head) == (row, column))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path, Section]:
    root = tmp_path_factory.mktemp("results") / "example"
    results = made(root)
    return results, root, section(results, root)


def test_an_experiment_of_classes_alone_has_neither_section_nor_table_nor_file(root: Path) -> None:
    manifest = save_light(root)
    results = read(root, manifest)
    assert not section(results, root).blocks
    assert not conditions.units(results, root / "figures").blocks
    paper = build(root, manifest).parents[1]
    assert not [*paper.glob("tables/conditions_*")]
    assert "Other conditions" not in [part["title"] for part in document.document(results, root)["findings"]]


def test_samplers_are_found_by_what_they_are_whatever_their_names(root: Path) -> None:
    manifest = with_conditions(root, save_light(root))
    renamed = {row.key: row.model_copy(update={"title": f"sampler {place}"}) for place, row in
               enumerate(manifest.variants)}  # fmt: skip
    results = read(root, changed(manifest, variants=tuple(renamed.values())))
    found = {one.label.variant: one for one in steered(results, "digits")}
    assert {key: one.kind for key, one in found.items()} == KINDS
    assert [key for key, one in found.items() if not one.steers] == ["random_codes", "old"]
    assert not found["random_codes"].pulled


def test_every_estimate_is_the_mean_of_its_seeds_with_their_interval(whole) -> None:
    values = tables(whole[2])["values of another classifier, whose labels no generator saw"]
    for row, _, cell in cells(values):
        if row in OF_CONDITIONS and cell.text:
            assert cell.small
    expected = mean_interval([0.9, 0.901, 0.902], "logit")
    cell = of(values, "swapped", "met by the best target")
    assert (cell.text, cell.small) == (number(expected.mean), interval(expected.low, expected.high))


def test_random_codes_and_real_images_stand_below_as_controls(whole) -> None:
    rows = tables(whole[2])["values of another classifier, whose labels no generator saw"].rows
    assert [row[0].text for row in rows if "control" not in row[0].marks] == ["swapped", "old"]
    assert [row[0].text for row in rows if "control" in row[0].marks] == ["random codes", "held-out real images"]


def test_value_by_value_the_old_classifier_has_all_its_classes_and_the_best(whole) -> None:
    each = tables(whole[2])["how often each value is met, by each sampler"]
    shares = {name: of(each, "thin", name).value for name in ("swapped", "old", "old, its best class")}
    assert shares["old, its best class"] == pytest.approx(0.626, abs=1e-4)
    assert shares["old"] == pytest.approx((0.251 + 0.626) / 2, abs=1e-3)
    assert of(each, "thick", "old").text == ""  # no class was asked for it


def test_a_factor_whose_judge_is_not_admitted_is_marked_everywhere(root: Path) -> None:
    manifest = with_conditions(root, save_light(root))
    lines = [("digits", "met_thickness", "real", ">", "noise", 0.5, 0.9, -1.0, 0.1, False)]
    files.save_table(root / "controls_check.csv", pd.DataFrame(lines, columns=list(CONTROLS_CHECK)))
    shown = tables(section(read(root, manifest), root))
    assert "thickness met †" in [
        head.text for head in shown["values of another classifier, whose labels no generator saw"].header
    ]
    each = shown["how often each value is met, by each sampler"]
    assert [row[0].text for row in each.rows] == ["thin †", "thick †", "loop"]
    assert all("†: not admitted" in shown[name].caption for name in shown if "value" in name)


def test_units_have_activation_and_facets_for_each_sampler_and_each_unit(whole) -> None:
    shown = tables(whole[2])
    means = shown["hidden units, mean over unit 1 and unit 2"]
    assert of(means, "units", "facets of samples").value == pytest.approx(3.0, abs=0.01)
    assert of(means, "units dgn am", "activation over that of top images").value == pytest.approx(1.5, abs=0.01)
    each = next(table for name, table in shown.items() if name.startswith("each unit"))
    assert [row[0].text for row in each.rows] == [
        "unit 1: units", "unit 1: units dgn am", "unit 2: units", "unit 2: units dgn am"
    ]  # fmt: skip


def test_a_caption_has_its_parts_and_all_captions_their_mean(whole) -> None:
    table = tables(whole[2])["captions, by captions"]
    first, second = OF_CONDITIONS["captions"][1]
    assert of(table, first, "class met").value == pytest.approx(0.751, abs=1e-3)
    assert of(table, "all captions", "class met").value == pytest.approx(0.876, abs=1e-3)  # judge accuracy
    assert of(table, second, "size met").text == ""  # it says nothing of it


def test_captions_that_the_captioner_learnt_with_are_named(whole) -> None:
    [said] = [block.text for block in texts(whole[2]) if "while it learnt" in block.text]
    assert "may have seen “a red ring on a light ground” while it learnt; the others are held out" in said
    assert "was chosen by looking at how it steers" in said


def test_fills_stand_by_their_epsilon_above_what_fills_a_hole_without_a_sampler(whole) -> None:
    table = tables(whole[2])["holes in real images, filled by fill"]
    assert [row[0].text for row in table.rows] == ["ε4 = 0", "ε4 = 0.01", "nearest training image", "the originals"]
    assert of(table, "ε4 = 0.01", "context error").value == pytest.approx(0.101, abs=1e-3)
    assert of(table, "nearest training image", "context error").value == pytest.approx(0.201, abs=1e-3)


def test_what_no_training_image_has_is_new_where_samples_show_it_and_else_impossible(whole) -> None:
    table = tables(whole[2])["class and stroke, a row a target"]
    said = {(row[0].text, row[1].text): row[2] for row in table.rows}
    assert said["1", "loop"].text == IMPOSSIBLE
    assert "bad" in said["1", "loop"].marks
    assert said["7", "thick"].text == NEW
    assert said["2", "thin"].text == ""
    assert [row[-1].text for row in table.rows] == ["0", "0", "12"]


def test_a_sum_with_a_context_has_p_and_error_and_no_count_of_training_images(whole) -> None:
    heads = [head.text for head in tables(whole[2])["class in context, a row a target"].header]
    assert heads == ["class", "context", "p(class) of fills", "context error"]


def test_one_generator_is_named_by_its_hash_and_how_many_it_served(whole) -> None:
    [said] = [block for block in texts(whole[2]) if "with the hash" in block.text]
    assert said.tone == "plain"
    assert "serves 9 samplers" in said.text  # all but DGN-AM's
    assert all(f"{file[:12]} (seed {seed})" in said.text for seed, file in FILES_OF_SEEDS.items())


def test_samplers_that_do_not_share_their_generator_are_said_in_red(root: Path) -> None:
    manifest = with_conditions(root, save_light(root), keys=("swapped",))
    more = with_conditions(root, manifest, keys=("captions",), hashes=FILES_OF_SEEDS | {"1": "f" * 64})
    [said] = [block for block in texts(section(read(root, more), root)) if "should share" in block.text]
    assert said.tone == "bad"
    assert "training seed 1 files" in said.text


@pytest.mark.parametrize("key", OF_CONDITIONS)
def test_any_sampler_alone_has_its_part_and_no_other(root: Path, key: str) -> None:
    results = made(root, keys=(key,))
    shown = section(results, root)
    assert len([caption for caption in tables(shown) if "each" not in caption]) == 1
    headings = [block.text.partition(": ")[2] for block in shown.blocks if isinstance(block, Heading)]
    assert headings == ["one generator", PARTS[KINDS[key]]]


def test_without_pictures_there_are_tables_alone(root: Path) -> None:
    manifest = with_conditions(root, save_light(root))
    for path in root.rglob("*.pictures.safetensors"):
        path.unlink()
    results = read(root, manifest)
    shown = section(results, root)
    assert [figure.name for figure in figures(shown)] == ["context_digits_own_fill"]
    assert len(tables(shown)) == 8
    assert not conditions.units(results, root / "figures").blocks
    assert any("no two samplers are known to share" in block.text for block in texts(shown))


def test_pictures_show_samples_of_each_target_and_what_stands_beside_them(whole) -> None:
    _, root, shown = whole
    names = {figure.name for figure in figures(shown)}
    assert names == {
        "values_digits_own_swapped", "captions_digits_own_captions", "fills_digits_own_fill",
        "context_digits_own_fill", "sums_digits_own_class_and_stroke", "sums_digits_own_class_in_context",
    }  # fmt: skip
    assert {path.stem for path in (root / "figures").glob("*.png")} >= names


def test_a_unit_has_its_top_images_above_as_many_samples_of_each_sampler(whole, monkeypatch) -> None:
    results, root, _ = whole
    calls = []
    draw = of_conditions.picture
    monkeypatch.setattr(of_conditions, "picture", lambda *given: calls.append(given) or draw(*given))
    with style.drawing():
        shown = conditions.units(results, root / "figures")
    assert [figure.name for figure in figures(shown)] == [
        "unit_digits_unit_1_channel_0",
        "unit_digits_unit_2_channel_1",
    ]
    for place, (tiles, labels, *_) in enumerate(calls):
        assert labels == ["top training images", "units", "units dgn am"]
        arrays = results.pictures["digits", "own", "units"]
        np.testing.assert_array_equal(tiles[0], arrays["quality.top"][place])
        np.testing.assert_array_equal(tiles[1], arrays["quality.grid"][place])


def test_tables_are_files_as_the_others_are(whole) -> None:
    _, root, _ = whole
    kinds = {f"conditions_digits_{kind}.{of}" for kind in (VALUES, UNITS, CAPTIONS, CONTEXTS, SUMS)
             for of in ("csv", "md", "tex")}  # fmt: skip
    assert kinds == {path.name for path in (root / "tables").glob("conditions_*")}
    long = files.load_table(root / "tables" / "conditions_digits_captions.csv", ["target", "metric", "mean", "low"])
    assert set(long.target.dropna()) == set(OF_CONDITIONS["captions"][1])


def test_folded_tables_say_what_they_are(whole) -> None:
    summaries = [block.summary for block in whole[2].blocks if isinstance(block, Folded)]
    assert [text.partition(": ")[2].split()[:2] for text in summaries] == [["how", "often"], ["each", "unit,"]]


def test_samples_of_other_conditions_stand_in_their_own_section_alone(root: Path) -> None:
    manifest = with_conditions(root, save_light(root))
    with style.drawing():
        shown = samples.samples(read(root, manifest), root / "figures")
    assert not figures(shown)
    assert any("Other conditions" in block.text for block in texts(shown))


def test_the_paper_has_the_tables_and_two_figures(root: Path) -> None:
    manifest = with_conditions(root, save_light(root))
    build(root, manifest)
    data = document.document(read(root, manifest), root / "figures")
    [theme] = [part for part in data["findings"] if part["title"] == "Other conditions"]
    assert [one["name"] for one in theme["tables"]] == [
        "table-values-digits-0", "table-units-digits-0", "table-captions-digits-0", "table-contexts-digits-0",
        "table-sums-digits-0", "table-sums-digits-1",
    ]  # fmt: skip
    assert [one["name"] for one in theme["figures"]] == ["figure-units", "figure-conditions-1"]
    assert all("3 training seeds" in one["caption"][0] for one in theme["tables"])


def test_a_sampler_of_a_name_that_the_manifest_lacks_is_left_out(root: Path) -> None:
    manifest = with_conditions(root, save_light(root), keys=("swapped",))
    results = read(root, changed(manifest, variants=(a_sampler("am"),)))
    assert not section(results, root).blocks

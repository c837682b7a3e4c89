"""Tables of other conditions: numbers are their seeds', controls stand below, and what is new or impossible is said."""

from pathlib import Path

import pandas as pd
import pytest

from ppgn_bench.columns import CONTROLS_CHECK
from ppgn_bench.report.results import read
from ppgn_bench.report.tables import conditions
from ppgn_bench.report.tables.contexts import IMPOSSIBLE, NEW
from ppgn_bench.report.words.conditions import UNITS, of_kind, steered
from ppgn_bench.report.words.numbers import interval, number
from ppgn_bench.statistics.intervals import mean_interval
from ppgn_bench.storage import files
from tests.example_conditions import OF_CONDITIONS, with_conditions
from tests.example_results import save_light
from tests.report.page.condition_sections import cells, of, section, tables, texts


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
    means = shown["hidden units, mean over 2 units"]
    assert of(means, "units", "facets of samples").value == pytest.approx(3.0, abs=0.01)
    assert of(means, "units dgn am", "activation over that of top images").value == pytest.approx(1.5, abs=0.01)
    each = next(table for name, table in shown.items() if name.startswith("each unit"))
    assert [row[0].text for row in each.rows] == [
        "unit 1: units", "unit 1: units dgn am", "unit 2: units", "unit 2: units dgn am"
    ]  # fmt: skip


def test_the_table_of_units_says_whether_they_were_ranked_or_named(whole) -> None:
    results, ranked = whole[0], of_kind(steered(whole[0], "digits"), UNITS)
    named = [one._replace(weights={"target_unit": 1.0}) for one in ranked]
    of_rank, of_name = "the one of its rank in each seed's own encoder", "the channel of conv5 that its name says"
    for every, which in ((ranked, of_rank), (named, of_name), (ranked[:1] + named[1:], f"{of_rank} or {of_name}")):
        made = conditions.units(results, "digits", every)
        assert made is not None
        assert f"each unit, {which}; a dash" in made.folded[0].caption


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

"""Columns and rows of pictures are what the samplers were steered to; only classes have real images above them."""

from dataclasses import replace
from pathlib import Path

import pytest

from ppgn_bench.report.figures import style
from ppgn_bench.report.page import explorer, ladders, player, samples, strips
from ppgn_bench.report.page.blocks import Figures, Folded, Text, Widget
from ppgn_bench.report.page.gallery import Gallery
from ppgn_bench.report.results import Results, read
from ppgn_bench.report.tables import experiment
from tests.example_results import (
    CLASSES,
    a_manifest,
    a_sampler,
    an_ablation,
    changed,
    save_claims,
    save_map,
    save_results,
)

UNITS = tuple(f"unit {number}" for number in range(10))
FEW = {"keys": ["dgn_am", "ppgn_h", "joint_ppgn_h"], "datasets": ("digits",), "seeds": (0, 1)}


@pytest.fixture
def made(root: Path) -> tuple[Results, Path]:
    """Results of three samplers, the last of which is steered to units."""
    save_results(root, **FEW)
    save_map(root)
    save_claims(root)
    of_classes = a_manifest(root, **FEW)
    units = a_sampler("joint_ppgn_h", targets={"digits": UNITS})
    ladder = an_ablation("step", {"ppgn_h": {}, "joint_ppgn_h": {}}, of="dgn_am", ladder="up")
    return read(root, changed(of_classes, variants=(*of_classes.variants[:2], units), ablations=(ladder,))), root


@pytest.fixture
def tiled(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Row labels, column labels and the last row of real images of every picture that is drawn."""
    calls = []
    draw = samples.picture
    for module in (samples, strips):
        monkeypatch.setattr(module, "picture", lambda *given, **more: calls.append(given[1:]) or draw(*given, **more))
    return calls


def test_samplers_with_other_targets_have_an_overview_of_their_own(made, tiled) -> None:
    results, root = made
    with style.drawing():
        section = samples.samples(results, root / "figures")
    shown = [figure for block in section.blocks if isinstance(block, Figures) for figure in block.figures]
    assert [(rows[0], tuple(columns), real) for rows, columns, real in tiled] == [
        ("real images", CLASSES, 0), (results.titles["joint_ppgn_h"], UNITS, None)
    ]  # fmt: skip
    assert "one random sample of each class (columns)" in shown[0].caption
    assert "one random sample of each target (columns)" in shown[1].caption


def test_galleries_show_real_images_beside_classes_alone(made) -> None:
    results, root = made
    with style.drawing():
        section = samples.samples(results, root / "figures")
    galleries = {
        tuple(block.columns): [card.title for card in block.cards]
        for folded in section.blocks
        if isinstance(folded, Folded)
        for block in folded.blocks
        if isinstance(block, Gallery)
    }
    assert galleries == {
        CLASSES: [results.titles[key] for key in ("real", "dgn_am", "ppgn_h")],
        UNITS: [results.titles["joint_ppgn_h"]],
    }


def test_strips_and_the_player_name_the_targets_of_their_chains(made, tiled) -> None:
    results, root = made
    with style.drawing():
        section = strips.strips(results, root / "figures")
    figures = [part for folded in section.blocks if isinstance(folded, Folded) for part in folded.blocks]
    captions = [shown.caption for part in figures if isinstance(part, Figures) for shown in part.figures]
    assert sum("class “8”" in caption for caption in captions) == 2  # of each run one
    assert sum("target “unit 8”" in caption for caption in captions) == 2
    titles = [results.titles[key] for key in FEW["keys"]]
    assert {tuple(rows) for rows, _ in tiled} == {tuple(titles[:2]), tuple(titles[2:])}
    [widget] = [block for block in player.player(results).blocks if isinstance(block, Widget)]
    assert [place["targets"] for place in widget.data["places"]] == [["0", "8"], ["unit 0", "unit 8"]] * 2


def test_the_explorer_names_the_targets_of_each_sampler(made) -> None:
    results, _ = made
    [widget] = [block for block in explorer.explorer(results).blocks if isinstance(block, Widget)]
    [[sampler]] = [place["samplers"] for place in widget.data["places"]]
    assert sampler["targets"] == UNITS


def test_the_report_speaks_of_classes_where_all_targets_are_and_else_of_targets(made) -> None:
    def said(results: Results) -> list[str]:
        table, section = experiment.runs(results), player.player(results)
        texts = [block.text for block in section.blocks if isinstance(block, Text)]
        [widget] = [block for block in section.blocks if isinstance(block, Widget)]
        return [table.header[3].text, *(text[:31] for text in texts[1:]), widget.data["goal"]]

    results, root = made
    assert said(results) == ["chains a target", "Choose a run and a target, and ", "target"]
    assert said(read(root, a_manifest(root, **FEW))) == ["chains a class", "Choose a run and a class, and m", "class"]


def test_a_ladder_shows_the_rungs_with_the_targets_of_its_foot(made, monkeypatch: pytest.MonkeyPatch) -> None:
    results, root = made
    rows = []
    draw = ladders.under_real
    monkeypatch.setattr(ladders, "under_real", lambda *given: rows.append(given[-1]) or draw(*given))
    with style.drawing():
        ladders.ladders(results, root / "figures")
    assert len(rows) == 1
    assert len(rows[0]) == 2


def test_best_and_worst_samples_are_named_where_there_are_some(made) -> None:
    results, root = made
    kept = {
        place: {name: array for name, array in arrays.items() if name not in ("quality.best", "quality.worst")}
        for place, arrays in results.pictures.items()
    }
    for given, words in (
        (results, "random, best and worst samples of"),
        (replace(results, pictures=kept), "random samples of"),
    ):
        with style.drawing():
            shown = samples.samples(given, root / "figures").blocks
        folded = [block.summary for block in shown if isinstance(block, Folded)]
        assert folded
        assert all(f": {words} each " in text for text in folded)
        assert ("worst" in shown[0].text) == ("worst" in words)
        assert "{" not in shown[0].text

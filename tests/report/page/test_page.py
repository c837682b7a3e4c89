"""What the page's galleries, player and explorer are made of, without a browser."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pandas import concat
from PIL import Image

from ppgn_bench.report.build import build
from ppgn_bench.report.page import explorer, gallery, main_tables, player
from ppgn_bench.report.page.blocks import Section, Widget
from ppgn_bench.report.page.sprites import sprite
from ppgn_bench.report.results import Results, read
from ppgn_bench.storage import files
from tests.example_results import (
    COLUMNS,
    IMAGES,
    KEYS,
    a_manifest,
    changed,
    save_claims,
    save_light,
    save_map,
    save_results,
)

FEW: Mapping[str, Any] = {"keys": KEYS[1:], "datasets": ("digits",), "seeds": (0, 1)}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("results") / "example"
    save_results(root, **FEW)
    save_map(root)
    save_claims(root)
    return root


@pytest.fixture(scope="module")
def results(root: Path) -> Results:
    return read(root, a_manifest(root, **FEW))


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return build(root, a_manifest(root, **FEW)).read_text()


def pixels(uri: str) -> NDArray[np.uint8]:
    return np.asarray(Image.open(BytesIO(b64decode(uri.partition("base64,")[2]))))


def places_of(section: Section) -> list[dict[str, Any]]:
    return [place for block in section.blocks if isinstance(block, Widget) for place in block.data["places"]]


def mapped(tmp_path: Path, **grid: Any) -> list[dict[str, Any]]:
    """The explorer's places for one sweep over a grid of epsilons."""
    manifest = save_light(tmp_path, keys=KEYS[2:])
    save_map(tmp_path, **grid)
    return places_of(explorer.explorer(read(tmp_path, manifest)))


@pytest.mark.parametrize("shape", IMAGES.values())
@pytest.mark.parametrize("gap", [0, 1])
def test_a_sprite_holds_every_tile_pixel_by_pixel(shape: tuple[int, int, int], gap: int) -> None:
    tiles = np.random.default_rng(0).integers(0, 256, (2, 3, *shape), dtype=np.uint8)
    made = pixels(sprite(tiles, gap))
    _, height, width = shape
    assert made.shape[:2] == (2 * (height + gap) - gap, 3 * (width + gap) - gap)
    top, left = height + gap, 2 * (width + gap)
    last = made[top : top + height, left : left + width, :3].transpose(2, 0, 1)
    assert (last == tiles[1, 2]).all()


def test_a_card_names_its_best_and_its_worst_row() -> None:
    images = np.zeros((10, 8, 1, 16, 16), np.uint8)
    best, worst = np.full((2, 10, 1, 16, 16), 200, np.uint8)
    card = gallery.card("a", {"worst": worst, "grid": images, "best": best})
    assert [rows.label for rows in card.rows] == ["best", "random", "worst"]
    assert pixels(card.rows[0].source).max() == 255  # alpha
    assert [pixels(rows.source)[0, 0, 0] for rows in card.rows] == [200, 0, 200]
    assert [pixels(rows.source).shape[:2] for rows in card.rows] == [(16, 169), (8 * 17 - 1, 169), (16, 169)]
    assert [rows.label for rows in gallery.card("a", {"grid": images}).rows] == ["random"]


def test_the_player_has_a_place_a_run_and_a_chain_a_sampler(results: Results) -> None:
    places = places_of(player.player(results))
    assert [place["title"] for place in places] == ["digits: quality run, 40 steps", "digits: mixing run, 300 steps"]
    for place in places:
        assert place["targets"] == ["0", "8"]
        assert [chain["title"] for chain in place["chains"]] == ["DGN-AM", "Joint PPGN-h"]
        for chain in place["chains"]:
            assert pixels(chain["source"]).shape[:2] == (2 * 16, len(place["steps"]) * 16)


def test_the_player_keeps_first_and_last_of_many_draws(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "DRAWS", 11)
    steps = places_of(player.player(results))[1]["steps"]
    assert len(steps) == 11
    assert (steps[0], steps[-1]) == (0, 300)


def test_the_map_has_a_cell_a_setting_and_the_samples_of_each(results: Results) -> None:
    (place,) = places_of(explorer.explorer(results))
    (sampler,) = place["samplers"]
    assert [axis["values"] for axis in sampler["axes"]] == [["1", "0.1", "0"], ["0", "0.1"], ["2"]]
    assert [cell["at"] for cell in sampler["cells"]] == [[d, a, 0] for d in (2, 1, 0) for a in range(2)]
    assert sampler["layers"] == []
    cells = results.pictures["digits", "map", "joint_ppgn_h"]["quality.cells"]
    last = pixels(sampler["source"])[sampler["rows"][5] * 16 :, -16:, 0]
    assert (last[:16] == cells[5, 9, 0]).all()


def test_the_best_cell_has_the_strongest_colour(results: Results) -> None:
    (place,) = places_of(explorer.explorer(results))
    (sampler,) = place["samplers"]
    for number in range(len(sampler["measures"])):
        shades = [cell["values"][number][2] for cell in sampler["cells"]]
        assert (shades[0], shades[5]) == (0, 1)  # levels rise from bad to good over the settings
        assert all(0 <= shade <= 1 for shade in shades)


def test_a_shade_is_by_the_metrics_scale_and_direction() -> None:
    near = explorer._shades([1.0, 10.0, 100.0, np.nan], "frechet_distance", 0.5)
    assert near[:3] == pytest.approx([1, 0.5, 0])  # logarithms
    assert np.isnan(near[3])
    assert explorer._shades([0.2, 0.5, 0.7], "within_class_dissimilarity", 0.5) == pytest.approx([0, 1, 1 / 3])
    assert np.isnan(explorer._shades([2.0, 2.0], "frechet_distance", 0.5)).all()


def test_one_epsilon_alone_makes_one_column(tmp_path: Path) -> None:
    (place,) = mapped(tmp_path, priors=(0.1,), noises=(0.0, 0.1, 1.0))
    axes = place["samplers"][0]["axes"]
    assert [(axis["name"], len(axis["values"])) for axis in axes[:2]] == [("ε3 (noise)", 3), ("ε1 (prior)", 1)]
    assert mapped(tmp_path, priors=(0.1,), noises=(0.1,)) == []  # one setting is no map


def test_several_conditions_are_several_maps_unless_no_two_share_a_cell() -> None:
    full = [(p, c, n, 0.0) for p in (0.0, 1.0) for c in (1.0, 2.0) for n in (0.0, 1.0)]
    made = explorer._map(full, {}, {})
    assert made["layers"] == ["ε2 (condition): 1", "ε2 (condition): 2"]
    assert sorted(cell["at"] for cell in made["cells"]) == [[d, a, m] for d in (0, 1) for a in (0, 1) for m in (0, 1)]
    search = [(0.1, 3.0, 0.5, 0.0), (0.2, 1.0, 0.7, 0.0), (0.3, 2.0, 0.6, 0.0)]
    made = explorer._map(search, {}, {})
    assert made["layers"] == []
    assert [cell["at"] for cell in made["cells"]] == [[2, 0, 0], [1, 2, 0], [0, 1, 0]]


def test_the_epsilon_of_a_context_is_an_axis_where_it_varies() -> None:
    made = explorer._map([(0.1, 1.0, n, context) for n in (0.0, 1.0) for context in (0.0, 0.01, 0.1)], {}, {})
    assert [axis["name"] for axis in made["axes"]] == ["ε3 (noise)", "ε4 (context)", "ε1 (prior)"]
    assert sorted(cell["at"] for cell in made["cells"]) == [[down, across, 0] for down in (0, 1) for across in range(3)]
    assert made["cells"][0]["epsilons"] == "ε1 = 0.1, ε2 = 1, ε3 = 0"  # it is not written where there is none
    assert made["cells"][1]["epsilons"] == "ε1 = 0.1, ε2 = 1, ε3 = 0, ε4 = 0.01"


def test_settings_without_pictures_keep_their_numbers(root: Path, tmp_path: Path) -> None:
    files.save_table(tmp_path / "metrics.csv", files.load_table(root / "metrics.csv", COLUMNS))
    (place,) = places_of(explorer.explorer(read(tmp_path, a_manifest(root, **FEW))))
    (sampler,) = place["samplers"]
    assert sampler["source"] == ""
    assert sampler["rows"] == []
    assert sampler["cells"][0]["values"][0][0] != "–"


def test_a_sweep_of_one_sampler_comes_after_and_has_no_headline(root: Path, tmp_path: Path) -> None:
    metrics = files.load_table(root / "metrics.csv", COLUMNS)
    alone = metrics[(metrics.sweep == "own") & (metrics.variant == "joint_ppgn_h")].assign(sweep="alone")
    files.save_table(tmp_path / "metrics.csv", concat([metrics[metrics.sweep != "map"], alone]))
    manifest = a_manifest(tmp_path, **FEW)
    both = [*manifest.sweeps, *(row.model_copy(update={"name": "alone"}) for row in manifest.sweeps)]
    results = read(tmp_path, changed(manifest, sweeps=both))
    assert results.sweeps("digits", "quality") == ["own", "alone"]  # the config's order
    assert main_tables.headlines(results, "digits", "own")
    assert not main_tables.headlines(results, "digits", "alone")


def test_ids_are_unique_and_the_contents_lead_somewhere(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    links = re.findall(r'<li><a href="#([^"]+)"', page)
    assert links
    assert set(links) <= set(ids)


def test_data_of_the_scripts_is_valid_json_without_markup(page: str) -> None:
    made = re.findall(r'<script type="application/json" id="([\w-]+)">(.*?)</script>', page, re.DOTALL)
    assert [name for name, _ in made] == ["player-data", "explorer-data"]
    for _, text in made:
        assert json.loads(text)["places"]
        assert "<" not in text


def test_controls_that_need_scripts_are_hidden_without_them(page: str) -> None:
    bare = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    opened = []
    for closing, name, rest in re.findall(r"<(/?)(form|div|button|input|select|label|section|output)\b([^>]*)>", bare):
        if closing:
            opened.pop()
        elif name in ("button", "input", "select") and "scripted" not in rest:
            assert any("scripted" in other for other in opened), rest
        if not closing and name != "input":
            opened.append(rest)
    assert opened == []


def test_a_run_without_claims_or_grids_has_no_such_sections(tmp_path: Path) -> None:
    page = build(tmp_path, save_light(tmp_path)).read_text()
    sections = re.findall(r'<section id="(\w+)">', page)
    assert not {"claims", "explorer", "player"} & set(sections)
    assert "application/json" not in page

"""`ppgn-bench draw`: images of what one wants, from trained networks."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from ppgn_bench.config.load import load_experiment
from ppgn_bench.data.masks import hole
from ppgn_bench.lookup import Name
from ppgn_bench.networks.load import load
from ppgn_bench.report.figures.sheets import HOLE
from ppgn_bench.workflow import plan
from tests.cli.conftest import Draw
from tests.cli.drawing import assert_refused, picture, untrained
from tests.conftest import ROOT, Command, listing

SIDE, GAP = 128, 4  # of a tile of digits, pixels of the sheet


def tiles(path: str | Path, side: int = 16, scale: int = SIDE // 16) -> np.ndarray:
    """Images of a sheet [row, column, y, x, 3], each pixel's square as the pixel; fails where a square has two."""
    sheet = np.asarray(Image.open(path).convert("RGB"))
    rows, columns = ((length + GAP) // (side * scale + GAP) for length in sheet.shape[:2])
    padded = np.pad(sheet, ((0, GAP), (0, GAP), (0, 0))).reshape(rows, side * scale + GAP, columns, -1, 3)
    large = padded[:, :-GAP, :, :-GAP].transpose(0, 2, 1, 3, 4)
    small = large[:, :, ::scale, ::scale]
    np.testing.assert_array_equal(small.repeat(scale, 2).repeat(scale, 3), large)
    return small


def test_ten_sevens_are_sevens_to_a_judge_that_never_steers(draw: Draw) -> None:
    ended = draw("--class", "7", "--count", 10, "--steps", 200)
    assert ended.status == 0
    shown = tiles("made.png")
    assert shown.shape == (1, 10, 16, 16, 3)
    judge = load(ROOT / "ppgn_bench/judges/digits/judge.safetensors", Name("networks.judge:Judge"))
    logits = judge(torch.from_numpy(shown[0, ..., :1].copy()).permute(0, 3, 1, 2).float().div(255)).logits
    assert int((logits.argmax(1) == 7).sum()) >= 9
    probabilities, written = ended.out.splitlines()
    assert probabilities.startswith("7: p(y | x): ")
    values = [float(value) for value in probabilities.rpartition(": ")[2].split()]
    assert len(values) == 10
    assert min(values) > 0.9
    assert written == "made.png: 10 images; no chain diverged"
    assert "chain-step" in ended.err  # the bar


def test_equal_options_give_equal_bytes_and_another_seed_other_images(draw: Draw) -> None:
    for name, seed in (("first", 0), ("again", 0), ("other", 1)):
        assert draw("--class", "7", "--seed", seed, "--output", f"{name}.png", "--gif").status == 0
    for ending in ("png", "gif"):
        first, again, other = (Path(f"{name}.{ending}").read_bytes() for name in ("first", "again", "other"))
        assert first == again != other


def test_a_moving_picture_has_a_frame_a_kept_draw_and_ends_with_the_sheet(draw: Draw) -> None:
    ended = draw("--class", "7", "--steps", 7, "--keep-every", 3, "--gif")
    assert ended.out.splitlines()[-1].startswith("made.png and made.gif: 2 images")
    with Image.open("made.gif") as moving:
        assert moving.n_frames == len([0, 3, 6, 7])
        moving.seek(3)
        last = np.asarray(moving.convert("RGB"))
    np.testing.assert_array_equal(last, np.asarray(Image.open("made.png")))


def test_a_moving_picture_may_be_all_that_is_written(draw: Draw, here: Path) -> None:
    before = listing(here)
    assert draw("--class", "7", "--output", "made.gif").status == 0
    assert listing(here).keys() - before.keys() == {"made.gif"}


def test_several_classes_have_a_row_each_and_one_that_is_long_is_a_square(draw: Draw) -> None:
    ended = draw("--class", "7", "--class", "0")
    assert [line.partition(":")[0] for line in ended.out.splitlines()[:2]] == ["7", "0"]
    both = tiles("made.png")
    assert both.shape[:2] == (2, 2)
    ended = draw("--class", "7", "--count", 13)
    assert re.match(r"7: p\(y \| x\), least, middle and most: [\d.e-]+ [\d.e-]+ [\d.e-]+\n", ended.out)
    square = tiles("made.png")
    assert square.shape[:2] == (4, 4)
    assert (square.reshape(16, -1)[13:] == 255).all()
    assert (square.reshape(16, -1)[:13] < 255).any(1).all()


def test_with_nothing_to_draw_every_class_has_a_row(draw: Draw) -> None:
    ended = draw("--sampler", "am")
    assert [line.partition(":")[0] for line in ended.out.splitlines()[:-1]] == [*"0123456789"]
    assert tiles("made.png").shape[:2] == (10, 2)


@pytest.mark.parametrize("mask", ["left", "file"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_filled_hole_keeps_every_known_pixel_of_the_file(draw: Draw, mask: str, mode: str) -> None:
    original = picture("nine.png", mode=mode)
    Image.fromarray(hole("left", 16)).save("mask.png")
    ended = draw("--class", "7", "--inpaint", "nine.png", "--mask", "mask.png" if mask == "file" else mask)
    assert ended.status == 0
    row = tiles("made.png")[0]
    assert len(row) == 4  # with the hole, two fills, the original
    inside = hole("left", 16)
    for shown in row:
        np.testing.assert_array_equal(shown[~inside], original[~inside])
    assert (row[0][inside] == HOLE).all()
    np.testing.assert_array_equal(row[-1], original)
    assert (row[1][inside] != original[inside]).any()


def test_a_colour_picture_keeps_its_known_pixels(draw: Draw) -> None:
    untrained("shapes", "classifier", "joint")
    original, inside = picture("ring.png", "shapes", "RGB"), hole("dots", 32)
    ended = draw("--dataset", "shapes", "--inpaint", "ring.png", "--mask", "dots", "--class", "ring", "--gif")
    assert ended.status == 0
    row = tiles("made.png", 32, 4)[0]
    for shown in row:
        np.testing.assert_array_equal(shown[~inside], original[~inside])
    with Image.open("made.gif") as moving:
        assert moving.n_frames == 3


def test_fewer_pulls_from_the_context_leave_the_fill_to_the_class(draw: Draw) -> None:
    picture("nine.png")
    sheets = {}
    for value in (0, 0.01, 0.1):
        words = ("--class", "7", "--inpaint", "nine.png", "--mask", "left", "--steps", 20)
        assert draw(*words, "--epsilon", f"context={value}").status == 0
        sheets[value] = Path("made.png").read_bytes()
    assert draw(*words).status == 0
    assert Path("made.png").read_bytes() == sheets[0.1]
    assert len(set(sheets.values())) == 3


@pytest.mark.parametrize("unit", ["conv1:3", "conv2:5@1,2", "h1:3"])
def test_a_unit_of_any_layer_fires_more_than_with_nothing_that_steers(draw: Draw, unit: str) -> None:
    reached = []
    for words in (("--epsilon", "condition=0"), ("--epsilon", "condition=10")):
        ended = draw("--unit", unit, "--steps", 40, *words)
        assert ended.out.startswith(f"{unit}: p(y | x): ")
        reached.append(float(ended.out.splitlines()[0].split()[-1]))
    assert reached[0] < reached[1]


def test_the_most_selective_units_are_known_by_rank(draw: Draw, ppgn: Command) -> None:
    smoke = load_experiment(yaml.safe_load(Path("config/smoke.yaml").read_text()))
    job = plan.preparation(smoke, "digits").as_json()
    assert ppgn("prepare", "--job", job, "--output", "results/data/digits.safetensors").status == 0
    sheets = []
    for rank in (1, 2):
        assert draw("--unit", rank).out.startswith(f"unit {rank}: ")
        sheets.append(Path("made.png").read_bytes())
    assert sheets[0] != sheets[1]
    assert_refused(draw("--unit", 33), "unit 33: the layer has 32 channels")


def test_units_steer_chains_that_walk_in_images(draw: Draw) -> None:
    assert draw("--unit", "conv1:3", "--sampler", "am").out.startswith("conv1:3: p(y | x): ")


def test_captions_values_and_sums_of_them_have_networks_of_their_own(draw: Draw) -> None:
    untrained("shapes", "classifier", "joint", "captioner", "factors")
    picture("ring.png", "shapes", "RGB")
    shapes = ("--dataset", "shapes", "--config", "config/config.yaml")
    for words, name in (
        (("--caption", "a large red ring"), "a large red ring"),
        (("--value", "red", "--value", "light"), "red + light"),
        (("--class", "ring", "--value", "red"), "ring + red"),
        (("--class", "ring", "--unit", "conv3:5"), "ring + conv3:5"),
        (("--caption", "a red ring", "--inpaint", "ring.png", "--mask", "top"), "a red ring"),
    ):
        ended = draw(*shapes, *words)
        assert ended.status == 0, ended.err
        assert ended.out.startswith(f"{name}: p(y | x): ")


def test_a_sampler_keeps_its_own_condition_of_the_class(here: Path) -> None:
    from ppgn_bench.jobs import Run
    from ppgn_bench.workflow.drawing import Wish, drawing, experiment_of

    experiment = experiment_of("digits", Path("config/smoke.yaml"))
    run = Run(chains_per_target=1, steps=1, keep_every=1)
    for sampler, condition in (("joint_released", "target_only"), ("joint_ppgn_h", "own_class")):
        job = drawing(experiment, Wish("digits", sampler, run, ["7"])).job
        assert [expert.log_prob.short for expert in job.experts] == [condition]
        assert [target.name for target in job.targets] == ["7"]


def test_another_multiplier_draws_other_images(draw: Draw) -> None:
    sheets = []
    for words in ((), ("--epsilon", "prior=0.1"), ("--epsilon", "prior=0.1", "--epsilon", "condition=0")):
        assert draw("--class", "7", *words).status == 0
        sheets.append(Path("made.png").read_bytes())
    assert len(set(sheets)) == 3


def test_chains_that_diverge_are_counted(draw: Draw) -> None:
    ended = draw("--class", "7", "--epsilon", "condition=1e38", "--epsilon", "noise=1e38")
    assert ended.status == 0
    assert ended.out.splitlines()[-1] == "made.png: 2 images; 2 of 2 chains diverged"

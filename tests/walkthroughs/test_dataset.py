"""A data set is added: a folder of pictures, 96 pixels a side, decoded while they are used."""

import math
from pathlib import Path

import numpy as np
from PIL import Image

from tests.walkthroughs import tree

SMALL = {
    "judge": {"iterations": 300, "widths": [4, 8, 16], "features": 16},
    "residual_judge": {"iterations": 100},
    "mixing_judge": {"iterations": 100},
    "classifier": {"widths": [4, 8, 16, 16], "code_size": 16},
    "generator": {"widths": [16, 16, 8, 8], "hidden": 32, "rival.widths": [4, 8, 8, 8]},
    "joint": {"widths": [16, 16, 8, 8], "hidden": 32, "rival.widths": [4, 8, 8, 8]},
}
FOLDER = {"kind": "folder", "root": "pictures", "image_size": 96}
SETTINGS = {
    "datasets": {"digits": None, "pictures": {"seeds": 1, "budget": 0.01, "networks": SMALL} | FOLDER},
    "sweeps": {"own": {"quality": {"chains_per_target": 12, "steps": 10, "keep_every": 5}, "mixing": None}},
}


def draw(folder: Path) -> None:
    """120 pictures of each class: a disc in a colour, somewhere, on grey, with a little noise."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:96, :96]
    for channel, name in enumerate(("red", "green", "blue")):
        (folder / name).mkdir(parents=True)
        for number in range(120):
            middle, radius = rng.uniform(30, 66, 2), rng.uniform(15, 30)
            picture = rng.normal(60, 8, (96, 96, 3))
            picture[(rows - middle[0]) ** 2 + (columns - middle[1]) ** 2 < radius**2, channel] += 150
            Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(folder / name / f"{number:03}.png")


def test_a_folder_of_pictures_is_trained_on_sampled_and_measured(smoke: Path, tmp_path: Path) -> None:
    place = tree.copied_tree(smoke, tmp_path / "tree")
    draw(place / "pictures")
    assert tree.touched(place) == set()
    # To the report: networks of so few iterations need not do their job, and the last step would say so.
    rows = tree.run(place, "results/walk/report/index.html", variants=["joint_ppgn_h"], **SETTINGS)
    assert set(rows["dataset"]) == {"pictures+image_size=96"}
    for metric in ("judge_accuracy", "frechet_distance", "high_frequency_distance"):
        assert math.isfinite(tree.value(rows, "joint_ppgn_h", metric))
    assert tree.control(rows, "real", "judge_accuracy") > tree.control(rows, "wrong_class", "judge_accuracy")

"""A small folder of one's own, and what prepares it."""

from pathlib import Path

import numpy as np
from PIL import Image

from ppgn_bench.config.load import load_experiment
from ppgn_bench.data import folder
from ppgn_bench.data.splits import Split
from ppgn_bench.jobs import Preparation
from ppgn_bench.workflow import plan
from tests.conftest import ROOT

CLASSES = {"anemone": 20, "daisy": 35}
SIZES = {"train": 29, "held_out": 5, "judge": 11, "reference": 5, "control": 5}


def draw_flowers(root: Path) -> Path:
    """Two folders of PNGs, no two alike, with files beside and among them that are no images of the set."""
    rng = np.random.default_rng(0)
    for name, count in CLASSES.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number:03}.png")
        (root / name / ".DS_Store").write_bytes(b"of a desktop")
    (root / ".hidden").mkdir()
    (root / "README").write_text("where they are from")
    return root


def job_of(flowers: Path, **more: bool) -> Preparation:
    """What prepares the folder, as a config that names it has it."""
    settings = {"kind": "folder", "root": str(flowers), "image_size": 12, **more}
    datasets = {"digits": None, "shapes": None, "flowers": settings}
    experiment = load_experiment({"name": "own", "datasets": datasets}, ROOT / "config" / "config.yaml")
    return plan.preparation(experiment, "flowers+image_size=12")


def listed(root: Path, image_size: int = 12, channels: int = 3) -> dict[str, Split]:
    return folder.listed(image_size, str(root), channels)


def some_of(split: str, root: Path) -> list[Path]:
    return list(listed(root)[split].images.paths)

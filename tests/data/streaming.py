"""A program for `test_memory`: what stages do with a streamed source of 2 GiB; it prints its peak memory in MiB.

python -m tests.data.streaming FOLDER
"""

import json
import resource
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from ppgn_bench.config.load import load_experiment
from ppgn_bench.jobs import Training
from ppgn_bench.lookup import resolve
from ppgn_bench.metrics import inputs
from ppgn_bench.metrics.chains import chain_arrays, judged_chains
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.networks.judge import Judgement
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.storage import files, machine
from ppgn_bench.training.stage import train
from ppgn_bench.workflow import plan
from tests.configs import JUDGE

SIDE, CLASSES, KINDS = 256, 2, 32
COUNTS = {"train": 2**31 // (3 * SIDE**2) + 1, "held_out": KINDS, "control": KINDS}


class Mean(nn.Module):
    """A judge that is no work: its features are the mean colours of an image's quarters."""

    def forward(self, images: torch.Tensor) -> Judgement:
        features = nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)
        return Judgement(features, features[:, :CLASSES], None, features)


def save_data(path: Path) -> None:
    """A data set of a few PNGs, listed so often that their pixels take 2 GiB."""
    pngs = []
    for kind in range(2 * KINDS):  # of few colours: what is small is decoded fast
        colours = np.random.default_rng(kind).integers(0, 256, (2, 2, 3), dtype=np.uint8)
        pngs.append(str(path.with_name(f"{kind}.png")))
        Image.fromarray(colours).resize((SIDE, SIDE), Image.Resampling.NEAREST).quantize(4).save(pngs[-1])
    arrays = {}
    for (split, count), first in zip(COUNTS.items(), (0, KINDS, KINDS), strict=True):
        listed = json.dumps([pngs[first + number % KINDS] for number in range(count)])
        arrays[f"{split}.files"] = np.frombuffer(listed.encode(), np.uint8)
        arrays[f"{split}.labels"] = np.arange(count) % CLASSES
    facts = {"dataset": "many", "channels": 3, "image_size": SIDE, "num_modes": 0, "band": [0.25, 0.5]}
    files.save_arrays(path, arrays, {"kind": "data", **facts})


def training() -> Training:
    """A short one of a small classifier."""
    named = load_experiment({"device": "cpu"}, Path(__file__).parents[2] / "config/config.yaml")
    job = plan.training(named, "mnist", "classifier", 0)
    options = {**job.options, "widths": (2, 2, 4, 4, 4), "code_size": 8}
    sizes = Sizes(channels=3, image_size=SIDE, num_classes=CLASSES, num_modes=0)
    return job.model_copy(update={"iterations": 20, "batch_size": 64, "options": options, "sizes": sizes})


def chains() -> dict[str, np.ndarray]:
    """Chains of one draw, one of each class."""
    images = np.random.default_rng(0).integers(0, 256, (CLASSES, 1, 3, SIDE, SIDE), dtype=np.uint8)
    arrays = {"images": images, "log_prob": np.zeros((CLASSES, 1)), "targets": np.arange(CLASSES)}
    return arrays | {"diverged": np.full(CLASSES, -1), "steps": np.zeros(1, int)}


def peak() -> int:
    """Most memory that this process has held, MiB. On Linux ru_maxrss counts the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return (
            int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]) // 1024
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == "darwin" else 1024)


def main(folder: Path) -> None:
    """A training, whose scale is taken of all images; samples judged, and the nearest of all images to each."""
    device = machine.device("cpu")
    inputs.load.load = lambda path, architecture, device: Mean()
    save_data(folder / "data")
    files.save_text(folder / "judge", "its digest alone is asked for")
    started = peak()
    classifier = training()
    weights, losses = train(classifier, folder / "data", {}, device)
    assert np.isfinite(weights["e2.weight"]).all()
    assert "held-out class" in {term for _, term, _ in losses}
    real = inputs.read_real(folder / "data", folder / "judge", JUDGE, "control", device)
    arrays = {**real.arrays, **chain_arrays(judged_chains(chains(), range(CLASSES), real), range(CLASSES), real)}
    metric = METRICS["nearest_training_distance"]
    assert resolve(metric.function)(**{parameter: arrays[name] for parameter, name in metric.reads.items()}) > 0
    print(started, peak())


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A small world to test the metrics stage in: images of bars, and a judge that needs no training."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from ppgn_bench.networks.judge import Judgement
from ppgn_bench.storage import files

CLASSES, MODES, SIZE = 3, 2, 8


class LinearJudge(nn.Module):
    """Features are principal components of pixels, logits follow the distance to the class means."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, features: int, modes: int = 0) -> None:
        super().__init__()
        flat = torch.tensor(images, dtype=torch.float32).flatten(1) / 255
        self.mean = flat.mean(0)
        self.directions = torch.linalg.svd(flat - self.mean, full_matrices=False)[2][:features].T
        projected = (flat - self.mean) @ self.directions
        self.means = torch.stack([projected[torch.tensor(labels == c)].mean(0) for c in np.unique(labels)])
        self.modes = modes

    def forward(self, images: torch.Tensor) -> Judgement:
        features = (images.flatten(1) - self.mean) @ self.directions
        logits = -20 * torch.cdist(features, self.means)
        modes = torch.stack([images.mean((1, 2, 3)), torch.full((len(images),), 0.5)], 1) if self.modes else None
        return Judgement(features, logits, modes, images.flatten(1))


def drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bright bars at the place of the class, on a dark (mode 1) or light (mode 0) ground, with some noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % CLASSES
    modes = np.arange(n) // CLASSES % MODES
    images = np.where(modes == 1, 30, 160)[:, None, None, None] + np.zeros((n, 1, SIZE, SIZE))
    for image, label in zip(images, labels, strict=True):
        image[0, :, 2 * label : 2 * label + 2] = 240
    return (images + rng.integers(-15, 16, images.shape)).astype(np.uint8), labels, modes


def bar_judge() -> LinearJudge:
    """The judge of bars."""
    images, labels, _ = drawn(120, seed=9)
    return LinearJudge(images, labels, features=6, modes=MODES)


def save_bars(path: Path) -> Path:
    """Write a data file of bars."""
    arrays = {}
    for seed, (split, n) in enumerate({"train": 60, "reference": 48, "control": 48}.items()):
        images, labels, modes = drawn(n, seed)
        arrays |= {f"{split}.images": images, f"{split}.labels": labels, f"{split}.modes": modes}
    sizes = {"num_classes": CLASSES, "num_modes": MODES, "band": [0.25, 0.5]}
    files.save_arrays(path, arrays, {"kind": "data", "dataset": "bars", **sizes})
    return path

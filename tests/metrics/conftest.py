"""A small world to test the metrics stage in: images of bars, chains that lead to them, a judge without training."""

from pathlib import Path

import numpy as np
import pytest
import torch
from pandas import DataFrame
from torch import nn

from ppgn_bench.jobs import Run, Sampling
from ppgn_bench.metrics import chains as of_chains
from ppgn_bench.metrics import inputs, stage
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.networks.judge import Judgement
from ppgn_bench.sampling.targets import Target
from ppgn_bench.sampling.variants import VARIANTS, Update, epsilons
from ppgn_bench.storage import files
from tests.configs import JUDGE, measuring

CLASSES, MODES, SIZE = 3, 2, 8
PER_CLASS = {"quality": 6, "mixing": 4}
TARGETS = tuple(Target(f"bar {label}", {"label": label}, {"label": label}) for label in range(CLASSES))
OF_SAMPLES = {  # whatever targets are, and without Inception
    name: metric for name, metric in METRICS.items() if not metric.of_conditions and not metric.asks_inception
}
SETTINGS = tuple(dict(epsilons(prior=prior, condition=0.5, noise=0.1)) for prior in (0.0, 0.1))


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


def chains_of(seed: int, per_class: int, diverged: dict[int, int]) -> dict[str, np.ndarray]:
    """Chains of two settings: one goes from noise to real images, in the other noise stays."""
    rng = np.random.default_rng(seed)
    count, draws = CLASSES * per_class, 9
    images, labels, _ = drawn(count, seed=20 + seed)
    noise = rng.integers(0, 256, (2 * count, draws, 1, SIZE, SIZE))
    share = np.minimum(np.arange(draws) / 3, 1)[:, None, None, None]
    noise[:count] = (1 - share) * noise[:count] + share * images[:, None]
    ends = np.full(2 * count, -1)
    ends[list(diverged)] = list(diverged.values())
    return {
        "images": noise.astype(np.uint8),
        "log_prob": np.linspace(-4, -0.01, 81)[None].repeat(2 * count, 0).astype(np.float32),
        "targets": np.tile(labels, 2),
        "setting": np.repeat([0, 1], count),
        "diverged": ends,
        "steps": np.arange(0, 90, 10),
    }


def arrays_of(
    chains: inputs.Arrays, labels: inputs.Labels, real: inputs.Real, select: float | None = None
) -> inputs.Arrays:
    """The arrays that metrics read, of chains that no judge has seen yet."""
    return of_chains.chain_arrays(of_chains.judged_chains(chains, labels, real, every=True), labels, real, select)


class Bars:
    """A data file of bars, files of chains, and what the metrics stage measures of them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        (folder / "judge").write_bytes(b"bars")
        arrays = {}
        for seed, (split, n) in enumerate({"train": 60, "reference": 48, "control": 48}.items()):
            images, labels, modes = drawn(n, seed)
            arrays |= {f"{split}.images": images, f"{split}.labels": labels, f"{split}.modes": modes}
        facts = {"num_modes": MODES, "band": [0.25, 0.5]}
        files.save_arrays(self.data, arrays, {"kind": "data", "dataset": "bars", **facts})

    def real(self, split: str = "reference") -> inputs.Real:
        return inputs.read_real(self.data, self.folder / "judge", JUDGE, split)

    def chains(
        self, seed=0, runs=("quality", "mixing"), diverged=None, select=None, targets=TARGETS, **changes: str
    ) -> Path:
        """Write a file of chains; diverged: run -> chain -> step."""
        arrays = {}
        for run in runs:
            own = chains_of(seed, PER_CLASS[run], (diverged or {}).get(run, {}))
            arrays |= {f"{run}.{name}": array for name, array in own.items()}
        am = VARIANTS["am"]
        job = Sampling(
            seed=seed, space="image", prior=am.prior, view=am.view, bounds=None, update=Update(select=select),
            experts=am.experts,
            networks={}, targets=targets, settings=SETTINGS, chunk_size=100, state_shape=(1, SIZE, SIZE), device="cpu",
            runs={run: Run(chains_per_target=PER_CLASS[run], steps=80, keep_every=10) for run in runs},
            **{"dataset": "bars", "sweep": "own", "variant": "am"} | changes,
        )  # fmt: skip
        path = self.folder / f"seed_{seed}"
        files.save_arrays(path, arrays, {"kind": "chains", "job": job.model_dump(mode="json")})
        return path

    def measure(self, metrics, *chains: Path, real=None):
        """Rows, curves and pictures."""
        found = stage.measure(measuring(metrics), list(chains), real or [self.real()])
        return found.rows, found.curves, found.pictures


@pytest.fixture
def bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bars:
    """The world of bars; whatever is loaded as its judge is the judge of bars."""
    linear = bar_judge()
    monkeypatch.setattr(inputs.load, "load", lambda path, architecture, device: linear)
    return Bars(tmp_path)


def value(rows: DataFrame, metric: str, setting: int = 0) -> float:
    """The first value of a metric at a setting."""
    chosen = rows[(rows.metric == metric) & (rows.epsilon_prior == SETTINGS[setting]["prior"])]
    return float(chosen.value.iloc[0])

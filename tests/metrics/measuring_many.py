"""A program for `test_large`: the metrics stage on many chains. It prints what it held before and at most, in MiB.

python -m tests.metrics.measuring_many FOLDER SIDE CHAINS   writes what is measured
python -m tests.metrics.measuring_many FOLDER               measures it
"""

import sys
from pathlib import Path

import numpy as np
import torch
import torch_fidelity.metric_fid
import torch_fidelity.metric_isc
import torch_fidelity.metric_kid  # noqa: F401
import torchmetrics.functional.image  # noqa: F401  # before it looks: what is imported is no image
from torch import nn

from ppgn_bench.jobs import Run, Sampling
from ppgn_bench.metrics import inputs, stage
from ppgn_bench.networks.judge import Judgement
from ppgn_bench.sampling.targets import Target
from ppgn_bench.sampling.variants import VARIANTS, Update, epsilons
from ppgn_bench.storage import files, machine
from tests.configs import JUDGE, measuring
from tests.data.streaming import peak

CLASSES, STEPS, KEEP = 5, 200, 100
DRAWS = STEPS // KEEP + 1
SLOW = 176  # pixels a side, from which on MS-SSIM has five scales: half a minute
MEASURED = (  # all that look at pixels, but for the one that compares all with all; and what features are kept for
    *("judge_accuracy", "accuracy_at_half_size", "high_frequency_distance", "total_variation_distance"),
    *("within_class_dissimilarity", "frechet_distance", "kernel_distance", "inception_score", "vendi_score"),
    *("picture_censored", "confident_share", "halfway_frechet_distance"),
)


class Mean(nn.Module):
    """A judge that is no work: its features are the mean colours of 16 parts of an image."""

    def forward(self, images: torch.Tensor) -> Judgement:
        features = nn.functional.adaptive_avg_pool2d(images, 4).flatten(1)
        return Judgement(features, features[:, :CLASSES], None, features)


def save(folder: Path, side: int, count: int) -> None:
    """As many real images as chains, of which most pixels are in draws that no metric looks at."""
    images = np.random.default_rng(0).integers(0, 256, (count, DRAWS, 3, side, side), dtype=np.uint8)
    labels = np.arange(count) % CLASSES
    real = {f"{split}.images": images[:, 0] for split in ("train", "reference")}
    real |= {f"{split}.labels": labels for split in ("train", "reference")}
    facts = {"dataset": "many", "channels": 3, "image_size": side, "num_modes": 0, "band": [0.25, 0.5]}
    files.save_arrays(folder / "data", real, {"kind": "data", **facts})
    files.save_text(folder / "judge", "its digest alone is asked for")
    am, run = VARIANTS["am"], Run(chains_per_target=count // CLASSES, steps=STEPS, keep_every=KEEP)
    job = Sampling(
        seed=0, space="image", prior=am.prior, view=am.view, bounds=None, update=Update(), experts=am.experts,
        networks={}, targets=tuple(Target(str(of), {"label": of}, {"label": of}) for of in range(CLASSES)),
        settings=(dict(epsilons(prior=0.1, condition=0.5, noise=0.1)),), chunk_size=100, state_shape=(3, side, side),
        device="cpu", runs={"quality": run}, dataset="many", sweep="own", variant="am",
    )  # fmt: skip
    arrays = {"images": images, "codes": np.zeros((count, DRAWS, side**2 // 4), dtype=np.float32), "targets": labels}
    arrays |= {"setting": np.zeros(count, dtype=int), "diverged": np.full(count, -1)}
    arrays |= {"log_prob": np.full((count, STEPS + 1), -0.01, dtype=np.float32), "steps": np.arange(DRAWS) * KEEP}
    chains = {f"quality.{name}": array for name, array in arrays.items()}
    files.save_arrays(folder / "chains", chains, {"kind": "chains", "job": job.model_dump(mode="json")})


def measure(folder: Path) -> None:
    """Measure, in a process that has made no image."""
    machine.device("cpu")
    inputs.load.load = lambda path, architecture, device: Mean()
    Mean()(torch.rand(8, 3, 8, 8))
    before = peak()
    real = inputs.read_real(folder / "data", folder / "judge", JUDGE)
    names = [name for name in MEASURED if real.source.shape[-1] < SLOW or name != "within_class_dissimilarity"]
    found = stage.measure(measuring(names), [folder / "chains"], [real])
    assert {*found.rows.metric} == {*names}
    assert found.rows.value.notna().all()
    print(before, peak())


if __name__ == "__main__":
    place = Path(sys.argv[1])
    if len(sys.argv) > 2:
        save(place, *map(int, sys.argv[2:]))
    else:
        measure(place)

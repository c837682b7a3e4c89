"""The paper's own networks, whose images have 227 pixels a side: trained and sampled for a few steps, on shapes.

python -m tests.paper_size FOLDER prints the peak memory in GiB. A process of its own, so that nothing else counts.
"""

import resource
import sys
from pathlib import Path

import numpy as np
import torch

from ppgn_bench.config.load import load_experiment
from ppgn_bench.sampling.stage import sample
from ppgn_bench.storage import files
from ppgn_bench.training.recipes import JUDGES
from ppgn_bench.training.stage import train
from ppgn_bench.workflow import paths, plan

CPU = torch.device("cpu")
SHORT = {"iterations": 2, "batch_size": 4}
GENERATOR = {**SHORT, "architecture": "released_generator", "accumulate": 2, "precision": "bfloat16"}
SIDE = 227
CONFIG = {
    "name": "paper_size",
    "device": "cpu",
    "datasets": {
        "mnist": None,
        "shapes": {
            "seeds": 1,
            "image_size": SIDE,
            "networks": {
                "classifier": {**SHORT, "architecture": "caffenet"},
                "generator": GENERATOR,
                "joint": GENERATOR,
                "code_denoiser": {**SHORT, "widths": [0.5, 0.25, 0.12207, 0.25, 0.5]},
            },
        },
    },
    "variants": ["ppgn_h", "joint_ppgn_h"],
    "sweeps": {
        "own": {"quality": {"chains_per_target": 1, "steps": 3, "keep_every": 3}, "mixing": None},
        "matched": None,
    },
    "worlds": None,
}


def main(place: Path) -> None:
    """Train every network that the samplers need, then sample."""
    root = Path(__file__).parents[1]
    experiment = load_experiment({**CONFIG, "extends": str(root / "config/config.yaml")})
    (folder,) = paths.folders(experiment)
    rng, labels = np.random.default_rng(0), np.arange(10)
    splits = {f"{split}.images": rng.integers(0, 256, (10, 3, SIDE, SIDE), np.uint8) for split in ("train", "held_out")}
    known = {f"{split}.{name}": labels for split in ("train", "held_out") for name in ("labels", "modes")}
    files.save_arrays(place / "data", splits | known, {"kind": "data", "dataset": folder})
    for network in paths.trained_networks(experiment):
        if network["recipe"] not in JUDGES:
            recipe = Path(network["weights"]).parts[-2]
            job = plan.training(experiment, folder, recipe, 0)
            needs = paths.needed_networks(experiment, folder, recipe, 0)
            weights, losses = train(job, place / "data", {role: place / file for role, file in needs.items()}, CPU)
            assert all(np.isfinite(value) for _, _, value in losses), losses
            header = {"kind": job.network.short, **job.model_dump(mode="json")}
            files.save_arrays(place / network["weights"], weights, header)
    for variant in experiment.variants:
        networks = paths.sampled_networks(experiment, folder, variant, 0)
        job = plan.sampling(experiment, folder, "own", variant, 0)
        chains = sample(job, {role: place / file for role, file in networks.items()}, Path("none"), CPU)
        assert chains["quality.codes"].shape == (10, 2, 4096)
        assert chains["quality.images"].shape == (10, 2, 3, SIDE, SIDE)
        assert np.isfinite(chains["quality.log_prob"]).all()
        assert (np.diff(chains["quality.codes"], axis=1) != 0).any(axis=2).all()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The paper's networks are trained by the recipes of all others, and walked with."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.networks import load
from ppgn_bench.sampling.stage import sample
from ppgn_bench.storage import files
from ppgn_bench.training.recipes import JUDGES
from ppgn_bench.training.stage import train
from ppgn_bench.workflow import paths, plan
from tests.configs import load as load_config

SIZE, IMAGES = 72, 12
CPU = torch.device("cpu")
CONFIG = f"""
device: cpu
datasets:
  digits: null
  shapes:
    seeds: 1
    image_size: {SIZE}
    networks:
      classifier: {{architecture: caffenet, crop: 67, widths: [4, 8, 6, 8, 4], code_size: 16, iterations: 6}}
      joint: {{architecture: released_generator, hidden: [16, 12], first: 8, side: 9, widths: [8, 6], refined: [6],
        iterations: 6}}
variants: [joint_ppgn_h]
sweeps: {{own: {{quality: {{chains_per_target: 1, steps: 2, keep_every: 1}}, mixing: null}}}}
"""

pytestmark = pytest.mark.usefixtures("config_folder")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng, labels = np.random.default_rng(0), np.arange(IMAGES) % 10
    smooth = rng.integers(0, 256, (IMAGES, 3, 6, 6), np.uint8).repeat(SIZE // 6, 2).repeat(SIZE // 6, 3)
    arrays = {f"{split}.images": smooth for split in ("train", "held_out")}
    arrays |= {f"{split}.{name}": labels for split in ("train", "held_out") for name in ("labels", "modes")}
    files.save_arrays(tmp_path / "data", arrays, {"kind": "data", "dataset": f"shapes+image_size={SIZE}"})
    return tmp_path / "data"


def trained(experiment: Experiment, data: Path) -> dict[str, dict[str, float]]:
    """Train all but the judges beside the data; recipe -> what was measured on held-out images."""
    (folder,) = paths.folders(experiment)
    found = {}
    for network in paths.trained_networks(experiment):
        recipe = Path(network["weights"]).parts[-2]
        if recipe.partition("+")[0] in JUDGES:
            continue
        job = plan.training(experiment, folder, recipe, 0)
        needs = paths.needed_networks(experiment, folder, recipe, 0)
        weights, losses = train(job, data, {role: data.parent / file for role, file in needs.items()}, CPU)
        header = {"kind": job.network.short, **job.model_dump(mode="json")}
        files.save_arrays(data.parent / network["weights"], weights, header)
        found[recipe.partition("+")[0]] = {name: value for _, name, value in losses}
    return found


def test_caffenet_and_the_released_generator_are_trained_rescaled_and_walked_with(data: Path) -> None:
    experiment = load_config(CONFIG)
    measured = trained(experiment, data)
    assert set(measured) == {"classifier", "joint"}
    assert all(np.isfinite(value) for values in measured.values() for value in values.values())
    (folder,) = paths.folders(experiment)
    networks = paths.sampled_networks(experiment, folder, "joint_ppgn_h", 0)
    places = {role: data.parent / file for role, file in networks.items()}
    encoder = load.load(
        places["encoder"], plan.network_class(experiment.on("shapes", "joint_ppgn_h").networks["encoder"])
    )
    images = torch.from_numpy(files.load_arrays(data, "data")[0]["train.images"]).float() / 255
    assert encoder(images).code.mean().item() == pytest.approx(1, rel=1e-4)
    chains = sample(plan.sampling(experiment, folder, "own", "joint_ppgn_h", 0), places, Path("none"), CPU)
    assert chains["quality.images"].shape == (10, 3, 3, SIZE, SIZE)
    assert np.isfinite(chains["quality.codes"]).all()

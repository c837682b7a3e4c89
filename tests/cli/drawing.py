"""What the tests of `draw` share: networks that have learnt nothing, pictures, and how a refusal looks."""

from pathlib import Path

import numpy as np
from PIL import Image

from ppgn_bench.config.load import load_experiment
from ppgn_bench.data.table import DATASETS
from ppgn_bench.lookup import resolve
from ppgn_bench.workflow import plan
from tests.configs import save_network
from tests.conftest import Ended


def untrained(dataset: str, *recipes: str) -> None:
    """Write networks of the default config that have learnt nothing."""
    experiment = load_experiment({"datasets": {dataset: {}}})
    for recipe in recipes:
        job = plan.training(experiment, dataset, recipe, 0)
        save_network(Path(f"results/networks/{dataset}/{recipe}/seed_0.safetensors"), job)


def picture(path: str, dataset: str = "digits", mode: str = "L") -> np.ndarray:
    """Write a real image as a file [y, x, 3]."""
    entry = DATASETS[dataset]
    image = resolve(entry.load)(entry.image_size)["control"].images[0]
    written = Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0)).convert(mode)
    written.save(path)
    return np.asarray(written.convert("RGB"))


def assert_refused(ended: Ended, message: str) -> None:
    assert ended.status == 1
    assert ended.out == ""
    assert ended.err.rpartition("error: ")[2].startswith(message), ended.err

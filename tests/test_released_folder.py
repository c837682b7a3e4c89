"""A folder of one's own with networks of files as the release's: the workflow from the images to the report."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from pydantic import TypeAdapter

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.config.reading import read
from ppgn_bench.lookup import Name
from ppgn_bench.networks import load
from ppgn_bench.networks.caffenet import Caffenet
from ppgn_bench.networks.paper_options import CaffenetOptions
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.storage import files
from ppgn_bench.workflow import paths
from tests import released_scripts
from tests.config.test_datasets import draw
from tests.conftest import snakemake, workflow_copy

SIDE, OUTPUTS = 67, {"daisy": 985, "junco": 13}  # which of the thousand the folder's classes are
# Of the small ones: the name of what is made with them is a folder's.
CAFFENET = {"crop": 0, "code_size": 16}
GENERATOR = {"hidden": [16, 12], "widths": [8, 6, 4, 4]}
JUDGE = {"iterations": 10, "batch_size": 8}
MEASURED = ["judge_accuracy", "judge_probability", "frechet_distance", "high_frequency_distance"]
CONFIG: dict[str, Any] = {
    "name": "own",
    "device": "cpu",
    "datasets": {
        "mnist": None,
        "shapes": None,
        "garden": {
            "kind": "folder",
            "root": "garden",
            "image_size": SIDE,
            "seeds": 1,
            "networks": {
                "classifier": {
                    "architecture": "caffenet",
                    "weights": "c.safetensors",
                    "outputs": 1000,
                    "classes": [*OUTPUTS.values()],
                    **CAFFENET,
                },
                "generator": {"architecture": "released_generator", "weights": "g.safetensors", **GENERATOR},
                **dict.fromkeys(("judge", "residual_judge", "mixing_judge"), JUDGE),
            },
        },
    },
    "variants": ["noiseless_released"],
    "metrics": MEASURED,
    "sweeps": {
        "own": None,
        "matched": None,
        "released": {
            "variants": None,
            "quality": {"chains_per_target": 2, "steps": 4, "keep_every": 2},
            "mixing": None,
        },
    },
    "worlds": None,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, from 150 images of each class and two files of weights."""
    made = workflow_copy(tmp_path_factory.mktemp("released") / "tree")
    draw(made / "garden", **dict.fromkeys(OUTPUTS, 150))
    released_scripts.write_weights_of(made, SIDE, CAFFENET, GENERATOR)
    (made / "own.yaml").write_text(yaml.safe_dump(CONFIG))
    done = snakemake(made, "--configfile", "own.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.fixture
def experiment(place: Path, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    monkeypatch.chdir(place)
    return load_experiment(read(Path("own.yaml")))


@pytest.fixture
def chains(experiment: Experiment) -> dict[str, np.ndarray]:
    (folder,) = paths.folders(experiment)
    (file,) = paths.chain_files(experiment, folder, "released", "noiseless_released")
    return files.load_arrays(file, "chains")[0]


def loaded(experiment: Experiment, role: str, network: str) -> Any:
    (folder,) = paths.folders(experiment)
    return load.load(Path(paths.sampled_networks(experiment, folder, "noiseless_released", 0)[role]), Name(network))


def test_every_chain_moves_and_stays_finite_and_within_the_clip(chains: dict[str, np.ndarray]) -> None:
    codes = chains["quality.codes"]
    assert codes.shape == (4, 3, CAFFENET["code_size"])
    assert chains["quality.images"].shape == (4, 3, 3, SIDE, SIDE)
    assert (chains["quality.diverged"] == -1).all()
    assert np.isfinite(chains["quality.log_prob"]).all()
    assert (codes[:, 1:] != codes[:, :-1]).any(2).all()
    assert 0 <= codes[:, 1:].min() < codes[:, 1:].max() <= 30


def test_a_chain_climbs_its_own_class_among_all_thousand_of_the_file(
    experiment: Experiment, place: Path, chains: dict[str, np.ndarray]
) -> None:
    """By the file itself, its outputs in their own order."""
    options = TypeAdapter(CaffenetOptions).validate_python({**CAFFENET, "outputs": 1000, "weights": "c.safetensors"})
    caffenet = Caffenet(Sizes(3, SIDE, 1000, 0), options)
    given = {
        name: torch.from_numpy(array) for name, array in files.load_arrays(place / "c.safetensors", "caffe")[0].items()
    }
    caffenet.load_state_dict(caffenet.from_file(given, options))
    draw_image = loaded(experiment, "generator", "networks.released_generator:ReleasedGenerator")
    outputs = torch.tensor([*OUTPUTS.values()])[torch.from_numpy(chains["quality.targets"])]
    assert sorted(outputs.tolist()) == [13, 13, 985, 985]
    for kept, step in enumerate(chains["quality.steps"]):
        with torch.no_grad():
            logits = caffenet.eval()(draw_image(torch.from_numpy(chains["quality.codes"][:, kept]))).logits
        expected = logits.log_softmax(1)[torch.arange(4), outputs].numpy()
        np.testing.assert_allclose(chains["quality.log_prob"][:, step], expected, rtol=1e-4)


def test_it_is_measured_by_the_judges_of_the_folder_and_has_a_report(place: Path) -> None:
    rows = files.load_table(place / "results/own/metrics.csv", ["sweep", "variant", "seed", "metric", "value"])
    own = rows[(rows.sweep == "released") & (rows.variant == "noiseless_released")]
    assert own.set_index("metric").value[MEASURED].notna().all()
    trained = {path.parent.name.partition("+")[0] for path in (place / "results/networks").rglob("seed_*.safetensors")}
    assert trained == {"classifier", "generator", "judge", "residual_judge", "mixing_judge"}
    assert (place / "results/own/report/index.html").stat().st_size > 50_000

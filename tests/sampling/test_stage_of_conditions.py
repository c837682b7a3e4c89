"""The sampling stage with conditions that are no classes: what is prepared, observed and kept. Networks are small."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ppgn_bench.data.masks import hole
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Run
from ppgn_bench.sampling import conditions, stage
from ppgn_bench.storage import files
from ppgn_bench.workflow import plan
from tests.configs import load

CODE, SIZE, CHANNELS, IMAGES = 5, 8, 3, 30
STEPS, PER_TARGET = 4, 2
CPU = torch.device("cpu")
Arrays = dict[str, np.ndarray]
Sample = Callable[..., tuple[Arrays, Any]]

pytestmark = pytest.mark.usefixtures("config_folder")


def weights(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) / 2


def generator(code: Tensor) -> Tensor:
    return (code @ weights(CODE, SIZE**2, seed=0)).sigmoid().view(-1, 1, SIZE, SIZE)


def classifier(images: Tensor) -> SimpleNamespace:
    flat = images.flatten(1)
    h1 = torch.nn.functional.conv2d(images, 4 * weights(CHANNELS, 1, 2, 2, seed=1))
    return SimpleNamespace(
        logits=flat @ weights(SIZE**2, 10, seed=2), code=flat @ weights(SIZE**2, CODE, seed=3), h1=h1
    )


def factors(images: Tensor) -> SimpleNamespace:
    flat = images.flatten(1)
    return SimpleNamespace(logits={name: flat @ weights(SIZE**2, n, seed=n) for name, n in OF_DIGITS.items()})


OF_DIGITS = {"loop": 2, "thickness": 3}
NETWORKS = {"Generator": generator, "Classifier": classifier, "Factors": factors}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    arrays = {}
    for split in ("train", "control"):
        arrays[f"{split}.images"] = rng.integers(0, 256, (IMAGES, 1, SIZE, SIZE)).astype(np.uint8)
        arrays[f"{split}.labels"] = np.arange(IMAGES) % 10
    files.save_arrays(tmp_path / "data", arrays, {"kind": "data", "dataset": "digits"})
    return tmp_path / "data"


@pytest.fixture
def sample(data: Path, monkeypatch: pytest.MonkeyPatch) -> Sample:
    """Quality chains of an ablation of Joint on digits; its job."""
    monkeypatch.setattr(stage.load, "load", lambda path, architecture, device: NETWORKS[architecture.short])

    def sampled(text: str, **changes: Any) -> tuple[Arrays, Any]:
        text = f"datasets: {{shapes: null}}\nablations: {{x: {{of: joint_ppgn_h, {text}}}}}"
        job = plan.sampling(load(text), "digits", "own", "x", 3)
        run = Run(chains_per_target=PER_TARGET, steps=STEPS, keep_every=2)
        job = job.model_copy(update={"state_shape": (CODE,), "runs": {"quality": run}} | changes)
        paths = {role: Path(name.short) for role, name in job.networks.items()}
        return stage.sample(job, paths, data, CPU), job

    return sampled


def final(arrays: Arrays) -> Tensor:
    """The images of the last draws, as they were before they were rounded."""
    return generator(torch.from_numpy(arrays["quality.codes"][:, -1]))


def test_a_units_activation_is_kept_of_the_final_draws_and_of_all_training_images(sample: Sample, data: Path) -> None:
    arrays, job = sample("update: {condition: hidden_unit}, targets: [unit 2, unit 1, unit 3]")
    channels, targets = torch.from_numpy(arrays["prepared.channel"]), torch.from_numpy(arrays["quality.targets"])
    assert sorted(channels.tolist()) == [0, 1, 2]
    assert arrays["prepared.row"].tolist() == arrays["prepared.column"].tolist() == [3, 3, 3]
    layer = classifier(final(arrays)).h1[:, :, 3, 3]
    expected = layer.gather(1, channels[targets][:, None]).squeeze(1)
    np.testing.assert_allclose(arrays["quality.observed"], expected, rtol=1e-4, atol=1e-5)
    real = torch.from_numpy(files.load_arrays(data, "data")[0]["train.images"]).float() / 255
    np.testing.assert_allclose(arrays["observed_real"], classifier(real).h1[:, channels, 3, 3].T, rtol=1e-4, atol=1e-5)
    log_prob = layer.log_softmax(1).gather(1, channels[targets][:, None]).squeeze(1)
    np.testing.assert_allclose(arrays["quality.log_prob"][:, -1], log_prob, rtol=1e-4, atol=1e-4)
    assert [target.name for target in job.targets] == ["unit 2", "unit 1", "unit 3"]


@pytest.mark.parametrize("condition", ["hidden_unit", "own_values", "inpainting", "{own_class: 1, own_values: 0.5}"])
def test_chains_are_the_same_in_batches_of_another_size(sample: Sample, condition: str) -> None:
    text = f"update: {{condition: {condition}}}, epsilon: {{context: 0.1}}"
    text = text if condition == "inpainting" else f"update: {{condition: {condition}}}"
    wanted = ", targets: [unit 1, unit 2]" if condition == "hidden_unit" else ""
    whole, parts = (sample(text + wanted, chunk_size=size)[0] for size in (200, 3))
    assert whole.keys() == parts.keys()
    for name, values in whole.items():
        np.testing.assert_allclose(values, parts[name], rtol=1e-4, atol=1.01 if "images" in name else 1e-4)


def test_a_target_that_says_nothing_of_a_factor_asks_nothing_of_it(sample: Sample) -> None:
    arrays, job = sample("update: {condition: own_values}")
    logits = {name: of.log_softmax(1) for name, of in factors(final(arrays)).logits.items()}
    for chain, number in enumerate(arrays["quality.targets"]):
        ((name, value),) = job.targets[number].values.items()
        assert arrays["quality.log_prob"][chain, -1] == pytest.approx(logits[name][chain, value].item(), abs=1e-4)


def test_a_sum_climbs_both_with_their_weights(sample: Sample) -> None:
    arrays, job = sample("update: {condition: {own_class: 1, own_values: 0.5}}, targets: [[3, thick], [4, thin]]")
    images = final(arrays)
    classes = classifier(images).logits.log_softmax(1)
    thickness = factors(images).logits["thickness"].log_softmax(1)
    for chain, number in enumerate(arrays["quality.targets"]):
        wanted = job.targets[number].values
        expected = classes[chain, wanted["label"]] + 0.5 * thickness[chain, wanted["thickness"]]
        assert arrays["quality.log_prob"][chain, -1] == pytest.approx(expected.item(), abs=1e-4)


def test_in_a_context_the_condition_sees_real_pixels_and_what_is_drawn_is_kept_as_it_is(
    sample: Sample, data: Path
) -> None:
    text = "update: {condition: inpainting}, targets: ['7:2 left', '3:1 top'], epsilon: {context: 0}"
    arrays, job = sample(text)
    split = files.load_arrays(data, "data")[0]
    originals = [split["control.images"][np.flatnonzero(split["control.labels"] == 7)[1]],
                 split["control.images"][np.flatnonzero(split["control.labels"] == 3)[0]]]  # fmt: skip
    masks = [torch.from_numpy(hole(name, SIZE)) for name in ("left", "top")]
    images = final(arrays)
    np.testing.assert_allclose(arrays["quality.images"][:, -1], images.mul(255).round(), atol=1)
    for chain, number in enumerate(arrays["quality.targets"]):
        real = torch.from_numpy(originals[number]).float() / 255
        shown = torch.where(masks[number], images[chain], real)
        expected = classifier(shown[None]).logits.log_softmax(1)[0, job.targets[number].values["label"]]
        assert arrays["quality.log_prob"][chain, -1] == pytest.approx(expected.item(), abs=1e-3)


def test_epsilon_4_brings_what_is_drawn_nearer_to_the_context(sample: Sample, data: Path) -> None:
    text = "update: {condition: inpainting}, targets: ['7:2 left', '3:1 top'], epsilon: {prior: 0, noise: 0, context: "
    errors = []
    for epsilon in ("0", "0.3"):
        arrays, job = sample(text + f"{epsilon}}}")
        prepared = stage.prepared(job, {}, lambda split: stage.opened(data, split), CPU)
        target = {name: of[arrays["quality.targets"]] for name, of in prepared.items()}
        errors.append(-conditions.known_pixels(final(arrays), target))
    assert (errors[1] < errors[0]).all()


def test_what_network_or_data_do_not_have_is_refused_before_the_first_step(sample: Sample) -> None:
    with pytest.raises(UserError, match="unit 4: the layer has 3 channels"):
        sample("update: {condition: hidden_unit}, targets: [unit 4]")
    with pytest.raises(UserError, match="context: no image 4 of class 7, the split control has 3"):
        sample("update: {condition: inpainting}, targets: ['7:4 left']")

"""The switches of the released update: each alone does what it says and nothing else, all together are its loop.

Networks are small and known, so that a chain can be followed by hand.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

from ppgn_bench.jobs import Run, Sampling
from ppgn_bench.sampling import stage
from ppgn_bench.sampling.noise import START_STREAM, redrawn, streams
from ppgn_bench.sampling.variants import epsilons
from ppgn_bench.workflow import plan
from tests.configs import load

CODE, CLASSES, STEPS = 6, 4, 8
NOISE_BLOCK = Sampling.noise_block((CODE,))
CPU = torch.device("cpu")
Arrays = dict[str, np.ndarray]
Sample = Callable[..., Arrays]

ALL = {
    "normalise": 1.0,
    "lr_end": 0.1,
    "noise_inside": "true",
    "bounds": [0, 2],
    "condition": "target_only",
    "start": "normal",
    "resets": 3,
    "redraw_prior": [0.5, 1.5],
}

pytestmark = pytest.mark.usefixtures("config_folder")


class Output(NamedTuple):
    logits: torch.Tensor
    code: torch.Tensor


class ToyGenerator(nn.Module):
    """Codes to 1 x 2 x 2 images."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(CODE, 4)

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        return self.layer(code).sigmoid().view(-1, 1, 2, 2)


class ToyClassifier(nn.Module):
    """Encoder and classifier in one."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.classes = nn.Linear(4, CODE), nn.Linear(CODE, CLASSES)

    def forward(self, image: torch.Tensor) -> Output:
        code = self.encoder(4 * image.flatten(1)).relu()
        return Output(self.classes(code), code)


@pytest.fixture
def toys() -> dict[str, nn.Module]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return {"Generator": ToyGenerator().requires_grad_(False), "Classifier": ToyClassifier().requires_grad_(False)}


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch, toys: dict[str, nn.Module]) -> Sample:
    """Quality chains of Joint PPGN-h with some switches set in the config; kept: each step."""
    monkeypatch.setattr(stage.load, "load", lambda path, architecture, device: toys[architecture.short])

    def sampled(update: dict[str, Any], of: str = "joint_ppgn_h", **changes: Any) -> Arrays:
        text = f"ablations: {{x: {{of: {of}, epsilon: {{prior: 0.1, condition: 2, noise: 0.2}}, update: {update}}}}}"
        run = Run(chains_per_target=3, steps=STEPS, keep_every=1)
        small = {"state_shape": (CODE,), "runs": {"quality": run}, **changes}
        job = plan.sampling(load(text), "digits", "own", "x", 5)
        job = job.model_copy(update={"targets": job.targets[:CLASSES], **small})
        files = {role: Path(name.short) for role, name in job.networks.items()}
        arrays = stage.sample(job, files, Path("none"), CPU)
        return {name.removeprefix("quality."): values for name, values in arrays.items()}

    return sampled


def released_loop(toys: dict[str, nn.Module], chain: int, label: int, epsilon: dict[str, float]) -> np.ndarray:
    """The loop of the release's sampler.py for one chain, line by line, with this suite's random numbers."""
    noise = streams(5, [chain], (CODE,), NOISE_BLOCK, CPU)
    h = streams(START_STREAM + 5, [chain], (CODE,), 1, CPU)(0).double().numpy()
    generator, classifier = (toys[kind].double() for kind in ("Generator", "Classifier"))
    epsilon1, states = epsilon["prior"], []
    for i in range(STEPS + 1):
        states.append(h[0].copy())
        step_size = 1.0 + ((0.1 - 1.0) * i) / STEPS
        code = torch.from_numpy(h).requires_grad_()
        output = classifier(generator(code))
        d_prior = output.code.detach().numpy() - h
        probs = np.exp(output.logits.detach().numpy()[0])
        one_hot = np.zeros((1, CLASSES))
        one_hot[0, label] = 1 - probs[label] / probs.sum()
        (gradient,) = torch.autograd.grad(output.logits, code, torch.from_numpy(one_hot))
        d_h = epsilon1 * d_prior + epsilon["condition"] * gradient.numpy()
        d_h = d_h + epsilon["noise"] * noise(i).double().numpy()
        h = h + step_size / np.abs(d_h).mean() * d_h
        h = np.clip(h, 0, 2)
        if i % 3 == 0 and i > 0:
            normal, uniform = redrawn(stage.RESET_STREAM + 5, [chain], (CODE,), i, CPU)
            h, epsilon1 = normal.double().numpy(), 0.5 + uniform.item()
    for kind in ("Generator", "Classifier"):
        toys[kind].float()
    return np.stack(states)


def test_with_every_switch_on_chains_are_those_of_the_released_loop(sample: Sample, toys: dict[str, nn.Module]) -> None:
    result = sample(ALL)
    epsilon = {"prior": 0.1, "condition": 2.0, "noise": 0.2}
    for chain in (0, 5, 11):
        expected = released_loop(toys, chain, result["targets"][chain], epsilon)
        np.testing.assert_allclose(result["codes"][chain], expected, rtol=1e-3, atol=1e-4)


def test_with_every_switch_off_chains_are_those_of_eq_11(sample: Sample, toys: dict[str, nn.Module]) -> None:
    """Selection is the metrics' business: it leaves chains alone, and so all switches of theirs are off."""
    result = sample({"select": 0.5})
    state = torch.from_numpy(result["codes"][:, 0])
    chains = list(range(len(state)))
    assert torch.equal(state, streams(START_STREAM + 5, chains, (CODE,), 1, CPU)(0).relu())
    noise = streams(5, chains, (CODE,), NOISE_BLOCK, CPU)
    for number in range(STEPS):
        code = state.clone().requires_grad_()
        output = toys["Classifier"](toys["Generator"](code))
        log_prob = torch.log_softmax(output.logits, 1)[torch.arange(len(state)), torch.from_numpy(result["targets"])]
        (gradient,) = torch.autograd.grad(log_prob.sum(), code)
        state = state + 0.1 * (output.code.detach() - state) + 2.0 * gradient + 0.2 * noise(number)
        np.testing.assert_allclose(result["codes"][:, number + 1], state, rtol=1e-4, atol=1e-5)


def test_a_step_of_stated_length_decays_linearly_over_the_run(sample: Sample) -> None:
    for switches, last in (({"normalise": 0.5}, 0.5), ({"normalise": 0.5, "lr_end": 0.1}, 0.1)):
        codes = sample(switches | {"noise_inside": True})["codes"]
        lengths = np.abs(np.diff(codes, axis=1)).mean(2)
        line = 0.5 + (last - 0.5) * np.arange(STEPS) / STEPS
        np.testing.assert_allclose(lengths, np.broadcast_to(line, lengths.shape), rtol=1e-4)


def test_noise_inside_changes_the_length_of_a_step_and_outside_it_does_not_count(sample: Sample) -> None:
    inside, outside = (sample({"normalise": 0.5, "noise_inside": where})["codes"] for where in (True, False))
    np.testing.assert_array_equal(inside[:, 0], outside[:, 0])
    noise = streams(5, range(len(outside)), (CODE,), NOISE_BLOCK, CPU)(0).numpy()
    np.testing.assert_allclose(np.abs(inside[:, 1] - inside[:, 0]).mean(1), 0.5, rtol=1e-4)
    quiet = outside[:, 1] - outside[:, 0] - 0.2 * noise
    np.testing.assert_allclose(np.abs(quiet).mean(1), 0.5, rtol=1e-4)


def test_the_clip_cuts_the_first_step_of_eq_11_and_nothing_before_it(sample: Sample) -> None:
    plain, clipped = sample({"select": 0})["codes"], sample({"bounds": [0, 0.5]})["codes"]
    np.testing.assert_array_equal(clipped[:, 0], plain[:, 0])
    assert plain[:, 0].max() > 0.5
    np.testing.assert_allclose(clipped[:, 1], plain[:, 1].clip(0, 0.5), atol=1e-6)
    assert (clipped[:, 1:].min(), clipped[:, 1:].max()) == (0, 0.5)


@pytest.mark.parametrize("condition", ["target_only", "raw_logit"])
def test_a_condition_of_the_release_changes_the_steps_and_neither_start_nor_log_prob(
    sample: Sample, condition: str
) -> None:
    plain, other = sample({"select": 0}), sample({"condition": condition})
    np.testing.assert_allclose(other["log_prob"][:, 0], plain["log_prob"][:, 0], rtol=1e-5)
    np.testing.assert_array_equal(other["codes"][:, 0], plain["codes"][:, 0])
    assert (np.abs(other["codes"][:, 1] - plain["codes"][:, 1]).max(1) > 1e-4).all()


def test_a_normal_start_is_the_rectified_one_before_its_relu(sample: Sample) -> None:
    plain, normal = sample({"select": 0})["codes"][:, 0], sample({"start": "normal"})["codes"][:, 0]
    assert normal.min() < 0
    np.testing.assert_array_equal(normal.clip(0), plain)


def test_resets_start_a_chain_anew_after_every_so_many_steps(sample: Sample) -> None:
    plain, reset = sample({"select": 0})["codes"], sample({"resets": 3})["codes"]
    np.testing.assert_array_equal(reset[:, :4], plain[:, :4])  # the update of step 3 is replaced
    for number in (3, 6):
        fresh, _ = redrawn(stage.RESET_STREAM + 5, range(len(reset)), (CODE,), number, CPU)
        np.testing.assert_array_equal(reset[:, number + 1], fresh.relu())
    assert (reset[:, 5] != plain[:, 5]).any(1).all()


def test_a_redrawn_epsilon_takes_over_at_the_first_reset(sample: Sample) -> None:
    """From a narrow range: the chains are those of resets alone, then those of that epsilon 1."""
    update = {"resets": 3, "redraw_prior": [0.7, 0.7001]}
    redrawn, plain, strong = sample(update), sample({"resets": 3}), sample({"resets": 3}, settings=(
        epsilons(prior=0.70005, condition=2.0, noise=0.2),))  # fmt: skip
    np.testing.assert_array_equal(redrawn["codes"][:, :5], plain["codes"][:, :5])
    np.testing.assert_allclose(redrawn["codes"][:, 4:], strong["codes"][:, 4:], atol=2e-3)
    assert (np.abs(redrawn["codes"][:, 5] - plain["codes"][:, 5]).max(1) > 0.02).all()


def test_a_chain_is_the_same_in_batches_of_another_size_with_every_switch_on(sample: Sample) -> None:
    whole, parts = sample(ALL), sample(ALL, chunk_size=5)
    for name in ("codes", "log_prob"):
        np.testing.assert_allclose(parts[name], whole[name], atol=1e-4)


def test_a_chain_that_blows_up_where_a_reset_is_due_is_counted(sample: Sample) -> None:
    result = sample({"resets": 1}, settings=(epsilons(prior=1e38),))
    assert (result["diverged"] >= 0).all()
    assert np.isfinite(result["codes"]).all()

"""The optimiser is torch's own, without its compiler; whoever does not play is frozen."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import nn

from ppgn_bench.training import loop
from ppgn_bench.training.optimizer import Adam
from ppgn_bench.training.recipes import RECIPES
from tests.conftest import ROOT
from tests.training.small import built, job

TRAINING = """
import sys, torch
from pathlib import Path
from ppgn_bench.training import stage
from tests.training.small import job, save_data
place = Path(sys.argv[1])
stage.train(job("classifier", iterations=3), save_data(place / "data.safetensors"), {}, torch.device("cpu"))
print(*sorted(name for name in sys.modules if name in ("torch._dynamo", "torch._inductor", "sympy")))
"""


def test_a_training_in_a_fresh_process_does_not_import_torchs_compiler(tmp_path):
    command = [sys.executable, "-c", TRAINING, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == ""


def stepped(optimizer: torch.optim.Optimizer, network: nn.Module) -> list[torch.Tensor]:
    """The weights after ten steps, the rate another at each."""
    rng = torch.Generator().manual_seed(0)
    for number in range(10):
        optimizer.param_groups[0]["lr"] = 0.01 * (number + 1)
        images = torch.rand(4, 1, 8, 8, generator=rng).contiguous(memory_format=torch.channels_last)
        network(images).code.square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    return [weight.detach() for weight in network.parameters()]


def test_its_steps_are_those_of_torchs_adam_bit_for_bit():
    networks = [built("classifier").to(memory_format=torch.channels_last) for _ in range(2)]
    ours, theirs = (
        kind(network.parameters(), 1e-3, fused=True)
        for kind, network in zip((Adam, torch.optim.Adam), networks, strict=True)
    )
    for mine, other in zip(stepped(ours, networks[0]), stepped(theirs, networks[1]), strict=True):
        assert torch.equal(mine, other)
    assert isinstance(ours, torch.optim.Adam)
    assert ours.state_dict()["param_groups"] == theirs.state_dict()["param_groups"]


def test_its_state_goes_back_and_forth_between_it_and_torchs_adam():
    network = built("classifier")
    ours, theirs = Adam(network.parameters(), 1e-3, fused=True), torch.optim.Adam(network.parameters(), fused=True)
    stepped(ours, network)
    theirs.load_state_dict(ours.state_dict())
    ours.load_state_dict(theirs.state_dict())
    for own, other in zip(ours.state_dict()["state"].values(), theirs.state_dict()["state"].values(), strict=True):
        assert own.keys() == other.keys() == {"step", "exp_avg", "exp_avg_sq"}
        assert all(torch.equal(own[key], other[key]) for key in own)


@pytest.fixture
def turns(monkeypatch):
    """What trains and is frozen each time that an objective is asked; the rival plays every second time."""
    seen = []
    own = job("generator", iterations=4, rival=replace(RECIPES["generator"].rival, every=2))
    network, rival = built("generator"), built(own.rival)

    def playing(name, player):
        def terms(*_):
            trains = [all(p.requires_grad for p in net.parameters()) for net in (network, rival)]
            frozen = [not any(p.requires_grad for p in net.parameters()) for net in (network, rival)]
            left = [p.grad for net in (network, rival) for p in net.parameters() if p.grad is not None]
            seen.append((name, trains, frozen, len(left)))
            loss = sum(weight.square().sum() for net in (network, rival) for weight in net.parameters())
            if player is rival:
                return {"discriminator": loss}
            return {"image": loss, "gan": loss.detach() + 1}, None

        return terms

    played = {
        own.objective: None,
        own.rival.against: playing("generator", network),
        own.rival.objective: playing("rival", rival),
    }
    monkeypatch.setattr(loop, "resolve", lambda name: played[name])
    state = loop.start(network, rival, own, 0)
    loop.fit(state, iter([None] * 4), own, lambda: None)
    return seen


def test_while_one_plays_the_other_is_frozen_and_no_gradient_is_left_over(turns):
    generator, rival = ("generator", [True, False], [False, True], 0), ("rival", [False, True], [True, False], 0)
    assert turns == [generator, rival, generator, generator, rival, generator]


def test_the_rate_falls_along_a_cosine_from_what_the_job_says():
    own = job("generator", iterations=4)
    state = loop.start(built("generator"), built(own.rival), own, 0)
    rates = []
    for player in (state.learner, state.opponent):
        for progress in (0.0, 0.5):
            player.pull(sum(weight.sum() for weight in player.network.parameters()))
            player.step(progress)
            rates.append(player.optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([own.learning_rate * share for share in (1, 0.5, 0.5, 0.25)])

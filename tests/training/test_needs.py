"""Networks that a recipe needs: each file loaded once, frozen, and given to the objective by its role."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from ppgn_bench.jobs import Training
from ppgn_bench.lookup import Name
from ppgn_bench.networks.load import load
from ppgn_bench.storage import files
from ppgn_bench.training import objectives, stage
from ppgn_bench.training.objectives import Material, Noise
from tests.configs import save_network
from tests.training.small import CPU, job

BOTH = {"encoder": "classifier", "teacher": "code_denoiser"}


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[Material]:
    """All that a made-up objective, "taught", is given."""
    given: list[Material] = []

    def taught(network: nn.Module, batch: Material, noise: Noise) -> dict[str, Tensor]:
        given.append(batch)
        return objectives.image_denoiser(network, batch, noise)

    monkeypatch.setattr(objectives, "taught", taught, raising=False)
    return given


def taught(needs: Mapping[str, str]) -> Training:
    """A training of one iteration with these needs."""
    return job("image_denoiser", objective=Name("training.objectives:taught"), needs=needs, iterations=1)


def test_an_objective_gets_every_network_that_its_recipe_needs_frozen(
    batches: list[Material], inputs: dict[str, Path], tmp_path: Path
) -> None:
    teacher = save_network(tmp_path / "teacher.safetensors", job("code_denoiser"))
    stage.train(taught(BOTH), inputs["data"], {"encoder": inputs["encoder"], "teacher": teacher}, CPU)
    assert len(batches) == 2  # one of training, one of held-out images
    for batch in batches:
        classes = {role: type(network).__name__ for role, network in batch.networks.items()}
        assert classes == {"encoder": "Classifier", "teacher": "CodeDenoiser"}
        assert batch.encoder is batch.networks["encoder"]
        assert not any(network.training for network in batch.networks.values())
        assert not any(weight.requires_grad for network in batch.networks.values() for weight in network.parameters())
        for role, path in (("encoder", inputs["encoder"]), ("teacher", teacher)):
            kept, _ = files.load_arrays(path, classes[role])
            weights = batch.networks[role].state_dict()
            assert all(torch.equal(weights[name], torch.from_numpy(array)) for name, array in kept.items())


def test_a_recipe_may_need_networks_and_no_encoder(
    batches: list[Material], inputs: dict[str, Path], tmp_path: Path
) -> None:
    teacher = save_network(tmp_path / "teacher.safetensors", job("code_denoiser"))
    stage.train(taught({"teacher": "code_denoiser"}), inputs["data"], {"teacher": teacher}, CPU)
    assert [(list(batch.networks), batch.encoder, batch.code) for batch in batches] == [(["teacher"], None, None)] * 2


def test_a_file_that_serves_two_needs_is_loaded_once(
    batches: list[Material], inputs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []

    def loading(path: Path, network: Name, device: torch.device) -> nn.Module:
        loaded.append(path)
        return load(path, network, device)

    monkeypatch.setattr("ppgn_bench.networks.load.load", loading)
    own = taught(dict.fromkeys(BOTH, "classifier"))
    stage.train(own, inputs["data"], dict.fromkeys(BOTH, inputs["encoder"]), CPU)
    assert loaded == [inputs["encoder"]]
    assert batches[0].networks["teacher"] is batches[0].networks["encoder"]

"""The estimate of a sampling job's memory: against what a step keeps, and what is refused because of it."""

import math
from pathlib import Path

import pytest
import torch

from ppgn_bench.config import memory, networks
from ppgn_bench.config.sections import Run
from ppgn_bench.data.table import DATASETS
from ppgn_bench.jobs import Sampling
from ppgn_bench.training.recipes import RECIPES
from tests.configs import load, network_of, problem, sizes_of

CHAINS = 8


@pytest.mark.parametrize(("name", "image_size"), [("digits", 16), ("digits", 64), ("shapes", 32), ("shapes", 64)])
def test_a_batch_is_estimated_to_need_what_a_step_keeps_for_its_gradient_once_to_four_times(name, image_size) -> None:
    sizes = sizes_of(name, image_size)
    generator, classifier = (network_of(kind, name, image_size).eval() for kind in ("generator", "classifier"))
    kept: dict[int, int] = {}

    def noted(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    weights = [*generator.requires_grad_(False).parameters(), *classifier.requires_grad_(False).parameters()]
    codes = torch.randn(CHAINS, sizes.code_size, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(noted, lambda tensor: tensor):
        logits = classifier(generator(codes)).logits  # held, so that no storage is used twice
    for weight in weights:
        kept.pop(weight.untyped_storage().data_ptr(), None)
    ahead = CHAINS * memory.FLOAT * Sampling.noise_block((sizes.code_size,)) * sizes.code_size
    recipes = (RECIPES["generator"], RECIPES["classifier"])
    built = [
        (networks.options(DATASETS[name], recipe), networks.sizes(DATASETS[name], image_size, recipe))
        for recipe in recipes
    ]
    needed = memory.batch_bytes(built, (sizes.code_size,), CHAINS) - memory.batch_bytes(built, (0,), 0)
    assert len(logits) == CHAINS
    assert sum(kept.values()) + ahead < needed < 4 * (sum(kept.values()) + ahead)


@pytest.mark.parametrize("name", ["classifier", "generator", "code_denoiser"])
@pytest.mark.parametrize(("dataset", "image_size"), [("digits", 16), ("shapes", 256)])
def test_the_weights_of_large_networks_are_counted(name, dataset, image_size) -> None:
    network, recipe = network_of(name, dataset, image_size), RECIPES[name]
    counted = networks.options(DATASETS[dataset], recipe).parameters(
        networks.sizes(DATASETS[dataset], image_size, recipe)
    )
    assert 0.75 < counted / sum(weight.numel() for weight in network.parameters()) <= 1


@pytest.mark.parametrize(("size", "steps"), [(64, 20), (4096, 2), (3 * 227 * 227, 1)])
def test_noise_is_counted_for_as_many_steps_as_are_drawn_at_once(size, steps) -> None:
    assert memory.batch_bytes([], (size,), 3) == 2 * 3 * memory.FLOAT * steps * size


def test_the_kept_draws_are_counted_to_the_byte_and_twice() -> None:
    run = Run(chains_per_target=1, steps=20, keep_every=10)
    image, code, log_prob = 16 * 16, 4 * 64, 4 * 21
    assert memory.kept_bytes((1, 16, 16), 0, 5, run) == 2 * 5 * (3 * image + log_prob)
    assert memory.kept_bytes((1, 16, 16), 64, 5, run) == 2 * 5 * (3 * (image + code) + log_prob)


def test_a_container_has_what_its_limit_says_where_that_is_less(tmp_path: Path) -> None:
    whole = memory.of_machine(())
    assert 2**28 < whole < math.inf
    for said, expected in {"1048576\n": 2**20, "max\n": whole, f"{2**62}": whole}.items():
        (tmp_path / "memory.max").write_text(said)
        assert memory.of_machine([tmp_path / "missing", tmp_path / "memory.max"]) == expected


@pytest.mark.usefixtures("config_folder")
class TestAConfig:
    def test_whose_batch_is_too_large_is_refused_with_the_key_and_the_estimate(self) -> None:
        said = problem("{chunk_size: 100000, sweeps: {own: {quality: {chains_per_target: 5000}}}}")
        assert said.startswith("chunk_size: batches of 50,000 chains of joint_ppgn_h on shapes need about 12.8")
        assert said.endswith(" GiB, and memory_gib allows 4")

    def test_whose_chunk_is_large_but_never_filled_is_not(self) -> None:
        assert load("chunk_size: 100000").chunk_size == 100000

    def test_that_allows_more_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "of_machine", lambda: 64 * memory.GIB)
        assert load("{memory_gib: 40, chunk_size: 100000, sweeps: {own: {quality: {chains_per_target: 5000}}}}")

    def test_that_allows_more_than_the_machine_has_is_refused_with_what_it_has(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(memory, "of_machine", lambda: 8 * memory.GIB)
        said = problem("{memory_gib: 40, chunk_size: 100000, sweeps: {own: {quality: {chains_per_target: 5000}}}}")
        assert said.startswith("chunk_size: batches of 50,000 chains of joint_ppgn_h on shapes need about 12.8")
        assert said.endswith(" GiB, and this machine has 8")

    def test_that_lies_on_a_graphics_card_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "of_machine", lambda: 8 * memory.GIB)
        large = "memory_gib: 40, chunk_size: 100000, sweeps: {own: {quality: {chains_per_target: 5000}}}"
        assert load(f"{{device: cuda, {large}}}")

    def test_whose_kept_draws_are_too_many_is_refused_with_the_run(self) -> None:
        said = problem("sweeps: {own: {quality: {chains_per_target: 5000, steps: 1000, keep_every: 10}}}")
        assert said.startswith(
            "sweeps.own.quality: the kept draws of 50,000 chains of joint_ppgn_h on shapes need about 3"
        )

    def test_whose_grid_makes_them_too_many_is_refused(self) -> None:
        grid = "{prior: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], noise: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}"
        run = "{chains_per_target: 100, steps: 1000, keep_every: 20}"
        said = problem(f"sweeps: {{codes: {{mixing: {run}, epsilon: {grid}}}}}")
        assert said.startswith("sweeps.codes.mixing: the kept draws of 100,000 chains of joint_ppgn_h on shapes")

    @pytest.mark.parametrize(("value", "words"), [("0", "must be above 0, got 0"), ("lots", "must be a number")])
    def test_that_allows_nonsense_is_refused(self, value: str, words: str) -> None:
        assert problem(f"memory_gib: {value}").startswith(f"memory_gib: {words}")

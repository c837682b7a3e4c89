"""What is measured of a network after training: errors on held-out images, and the asymmetry of E(G(h)) - h."""

import numpy as np
import pytest
import torch

from ppgn_bench.storage import files
from ppgn_bench.training import objectives, stage
from tests.configs import save_network
from tests.training.test_stage import job


def test_the_asymmetry_is_none_for_a_gradient_and_one_for_a_rotation():
    def pulled(matrix):
        """E(G(h)) - h = matrix h, whatever the networks."""
        whole = matrix + torch.eye(2)
        seen = type("Seen", (), {})

        def encode(codes):
            seen.code = codes @ whole.T
            return seen

        return objectives.asymmetry(torch.nn.Identity(), encode, torch.randn(5, 2)).item()

    assert pulled(torch.tensor([[2.0, 1.0], [1.0, -3.0]])) == pytest.approx(0, abs=1e-6)
    assert pulled(torch.tensor([[0.0, 1.0], [-1.0, 0.0]])) == pytest.approx(1)
    assert pulled(torch.tensor([[0.0, 1.0], [0.0, 0.0]])) == pytest.approx(0.5**0.5)


def test_the_log_ends_with_errors_on_images_that_did_not_train(tmp_path):
    rng = np.random.default_rng(0)
    splits = {f"{s}.images": rng.integers(0, 256, (30, 1, 8, 8), dtype=np.uint8) for s in ("train", "judge")}
    splits |= {f"{split}.labels": np.arange(30) % 3 for split in ("train", "judge")}
    files.save_arrays(tmp_path / "data.safetensors", splits, {"kind": "data"})
    encoder = save_network(tmp_path / "classifier.safetensors", job("classifier"))
    _, losses = stage.train(
        job("joint", iterations=3), tmp_path / "data.safetensors", {"classifier": encoder}, torch.device("cpu")
    )
    held_out = {term: value for step, term, value in losses if step == 3 and term.startswith("held-out")}
    assert list(held_out) == ["held-out image", "held-out h1", "held-out code", "held-out asymmetry"]
    assert 0 < held_out["held-out asymmetry"] < 1

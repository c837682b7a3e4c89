"""What is measured of networks on held-out images: Wiener filters, sharpness."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ppgn_bench.data.source import InMemory
from ppgn_bench.training import held_out
from ppgn_bench.training.batches import Passes
from ppgn_bench.training.objectives import Material, Noise
from tests.training.small import CPU


def test_a_wiener_filter_is_as_good_as_theory_says_whichever_way_it_is_made() -> None:
    """Gaussian states of known spectrum: the error is the sum of l s^2 / (l + s^2) over the eigenvalues l."""
    rng = torch.Generator().manual_seed(0)
    spectrum = torch.cat([torch.ones(4), torch.zeros(60)])
    turn = torch.linalg.qr(torch.randn(64, 64, generator=rng)).Q
    clean = torch.randn(4000, 64, generator=rng) * spectrum.sqrt() @ turn.T + 3
    noisy = clean + 0.5 * torch.randn(4000, 64, generator=rng)
    expected = float((spectrum * 0.25 / (spectrum + 0.25)).sum()) / 64
    many = F.mse_loss(held_out.wiener(clean[:2000], 0.5)(noisy), clean).item()
    few = F.mse_loss(held_out.wiener(clean[:40], 0.5)(noisy), clean).item()
    assert many == pytest.approx(expected, rel=0.02)
    assert expected < few < 1.3 * expected  # 40 examples of 64 numbers each
    same = held_out.wiener(torch.cat([clean[:40], clean[:40]]), 0.5)(noisy)
    torch.testing.assert_close(same, held_out.wiener(clean[:40], 0.5)(noisy), atol=0.02, rtol=0.02)


def test_a_wiener_filter_is_made_from_examples_of_all_classes_where_classes_take_turns() -> None:
    """Of 6,000 codes half are taken: every second one would be of one class alone, and tell nothing of the other."""
    rng = np.random.default_rng(0)
    centre = np.tile([[0, 200], [200, 0]], (3000, 1))
    images = np.clip(centre + rng.integers(0, 3, (6000, 2)), 0, 255).astype(np.uint8).reshape(6000, 1, 1, 2)
    terms = held_out.code_denoiser(unchanged, passes_of(images[:500]), passes_of(images), quiet(0.5))
    assert terms["wiener"] < 0.7 * terms["identity"]


unchanged: Any = nn.Identity()


def passes_of(images: np.ndarray) -> Passes:
    """Images of no class, whose code is ten times what they are."""
    encoder: Any = lambda images: SimpleNamespace(h1=None, code=10 * images.flatten(1))  # noqa: E731
    return Passes(InMemory(images, np.zeros(len(images), dtype=np.int64), None), {"encoder": encoder}, CPU)


def test_the_sharpness_of_real_images_is_one_and_of_blurred_ones_less() -> None:
    images = torch.rand(20, 3, 8, 8)
    parts: Any = [Material(images, torch.zeros(20), code=torch.zeros(20, 1))]
    for drawn, low, high in ((images, 1 - 1e-6, 1 + 1e-6), (F.avg_pool2d(images, 3, 1, 1), 0.0, 0.3)):
        network: Any = lambda codes, drawn=drawn: drawn  # noqa: E731
        value = held_out.sharpness(network, parts, parts, quiet())["sharpness"].item()
        assert low <= value <= high


def quiet(level: float = 0.0) -> Noise:
    """Noise of this level everywhere."""
    return Noise(dict.fromkeys(("image", "h1", "code"), level), torch.Generator().manual_seed(1))

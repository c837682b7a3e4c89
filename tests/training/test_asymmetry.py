"""The asymmetry of the joint prior: of known maps, and how far its estimate and its stated error can be trusted."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ppgn_bench.training import held_out
from ppgn_bench.training.objectives import Material, Noise
from tests.training.small import built

ENOUGH = 400  # probes whose mean lies within a few percent


def material(encoder: Any, codes: Tensor) -> Material:
    """A batch of which only the codes and the encoder count."""
    return Material(torch.zeros(1), torch.zeros(1), networks={"encoder": encoder}, code=codes)


def asymmetry(network: nn.Module, encoder: Any, codes: Tensor) -> dict[str, Tensor]:
    """As training measures it."""
    parts: Any = [material(encoder, codes)]
    return held_out.asymmetry(network, parts, parts, Noise({}, torch.Generator()))


def pulled(pull: Callable[[Tensor], Tensor], codes: Tensor) -> tuple[float, float]:
    """Asymmetry and its error where E(G(h)) - h is this function of h, whatever the networks."""

    def encoder(codes: Tensor) -> Any:
        return SimpleNamespace(code=codes + pull(codes))

    terms = asymmetry(nn.Identity(), encoder, codes)
    return terms["asymmetry"].item(), terms["asymmetry_error"].item()


def full(network: nn.Module, encoder: Any, codes: Tensor) -> float:
    """The asymmetry from the whole Jacobian at each code."""
    asymmetries = []
    for code in codes:
        whole = torch.autograd.functional.jacobian(lambda h: encoder(network(h[None])).code[0] - h, code)
        asymmetries.append((whole - whole.T).norm() / (2 * whole.norm()))
    return torch.stack(asymmetries).mean().item()


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [([[2.0, 1.0], [1.0, -3.0]], 0.0), ([[0.0, 1.0], [-1.0, 0.0]], 1.0), ([[0.0, 1.0], [0.0, 0.0]], 0.5**0.5)],
    ids=["gradient", "rotation", "half"],
)
def test_the_asymmetry_is_none_for_a_gradient_and_one_for_a_rotation(
    matrix: list[list[float]], expected: float
) -> None:
    value, error = pulled(lambda codes: codes @ torch.tensor(matrix).T, torch.randn(5, 2))
    assert value == pytest.approx(expected, abs=1e-6)
    assert error == pytest.approx(0, abs=1e-6)


def test_the_gradient_of_an_energy_that_is_not_quadratic_has_none_either() -> None:
    mixing = torch.randn(12, 12, generator=torch.Generator().manual_seed(0))
    value, _ = pulled(lambda codes: -torch.tanh(codes @ mixing.T) @ mixing, torch.randn(40, 12))
    assert value < 1e-6


def test_the_estimate_nears_that_of_the_full_jacobian(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through every kind of layer of the generator and the classifier."""
    network, encoder = (built(name).eval().requires_grad_(False) for name in ("generator", "classifier"))
    with torch.no_grad():
        for weight in [own for net in (network, encoder) for own in net.parameters() if own.dim() > 1]:
            weight.mul_(3)  # else J is the identity's, nearly
    codes = torch.randn(held_out.CODES, 12, generator=torch.Generator().manual_seed(1)).relu()
    exact = full(network, encoder, codes)
    assert exact > 0.05
    monkeypatch.setattr(held_out, "PROBES", ENOUGH)
    estimate = asymmetry(network, encoder, codes)["asymmetry"].item()
    assert estimate == pytest.approx(exact, rel=0.03)


def test_estimates_from_other_codes_and_signs_spread_as_the_stated_error_says(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 12, 12, generator=rng)
    estimates = []
    for seed in range(200):
        monkeypatch.setattr(held_out, "PROBE_SEED", seed)
        codes = torch.randn(held_out.CODES, 12, generator=rng)
        estimates.append(pulled(lambda codes: torch.tanh(codes @ first) @ second, codes))
    values, errors = torch.tensor(estimates).T
    assert errors.mean() == pytest.approx(values.std().item(), rel=0.15)  # 200 draws know it to 5 %


def test_few_probes_make_an_estimate_uncertain_and_not_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a map with few directions that count, the plain ratio of means is 8 % too large with four probes."""
    rng = torch.Generator().manual_seed(0)
    left, right = torch.randn(2, 12, 2, generator=rng)
    whole = left @ right.T
    exact = ((whole - whole.T).norm() / (2 * whole.norm())).item()
    monkeypatch.setattr(held_out, "CODES", 4000)
    value, error = pulled(lambda codes: codes @ whole.T, torch.zeros(4000, 12))
    assert error < 0.01 * exact
    assert value == pytest.approx(exact, rel=0.02)


def test_no_probe_is_shared_by_two_codes() -> None:
    """Of one map for all codes, what is left is the probes' share of the error."""
    matrix = torch.randn(12, 12, generator=torch.Generator().manual_seed(0))
    _, error = pulled(lambda codes: codes @ matrix.T, torch.zeros(held_out.CODES, 12))
    assert 0.001 < error < 0.05


def test_a_code_of_4096_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = torch.randn(2, 4096, 20, generator=torch.Generator().manual_seed(0))
    whole = ((left.T @ left) * (right.T @ right)).sum()  # |J|^2 of J = left right^T
    squared = ((right.T @ left) @ (right.T @ left)).trace()  # tr J J
    exact = ((2 * whole - 2 * squared) / whole).sqrt().item() / 2
    monkeypatch.setattr(held_out, "CODES", 8)
    value, error = pulled(lambda codes: (codes @ right) @ left.T, torch.randn(8, 4096))
    assert error < 0.05
    assert abs(value - exact) < 5 * error

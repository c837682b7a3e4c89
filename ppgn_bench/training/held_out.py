"""What is measured of a trained network on held-out images beside its losses: `checks` asks whether it does its job.

Each function takes the network, held-out images, images that trained it, and the recipe's noise, and gives named terms.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.training.objectives import Material, Noise, Terms, noisy_codes, relative_error

EXAMPLES = 3000  # clean ones that a Wiener filter is made from, at most: its cost grows with their cube
# Of the estimate of an asymmetry: a standard error of 0.004 on digits and 0.007 on shapes, most of it from the codes.
CODES, PROBES, PROBE_SEED = 64, 4, 0
CODES_AT_ONCE = 16  # which bounds the memory


def classifier(network: nn.Module, held_out: Material, train: Material, noise: Noise) -> Terms:
    """Accuracy on held-out images; and the share of the code's units that fire for none of the training images."""
    logits, codes = network(held_out.images).logits, network(train.images).code
    return {
        "accuracy": (logits.argmax(1) == held_out.labels).double().mean(),
        "dead_units": (codes <= 0).all(0).double().mean(),
    }


def judge(network: nn.Module, held_out: Material, train: Material, noise: Noise) -> Terms:
    """Shares of held-out images whose class a judge tells, and whose mode where it is known."""
    judgement = network(held_out.images)
    terms = {"accuracy": (judgement.logits.argmax(1) == held_out.labels).double().mean()}
    if judgement.mode_logits is not None and held_out.modes is not None:
        terms["mode_accuracy"] = (judgement.mode_logits.argmax(1) == held_out.modes).double().mean()
    return terms


def image_denoiser(network: nn.Module, held_out: Material, train: Material, noise: Noise) -> Terms:
    """What doing nothing leaves of the noise on images, and what a Wiener filter does, both cut to where images lie."""
    clean, noisy = held_out.images, noise(held_out.images, "image")
    return _simple_denoisers(clean, noisy, train.images, noise.levels["image"], (0.0, 1.0))


def code_denoiser(network: nn.Module, held_out: Material, train: Material, noise: Noise) -> Terms:
    """The same of noise on codes, which are never negative; and what R_h leaves, under the name that E(G(h))'s has."""
    assert held_out.code is not None
    assert train.code is not None
    clean, noisy = held_out.code, noise(held_out.code, "code")
    own = {"denoised_code": relative_error(network(noisy), clean)}
    return own | _simple_denoisers(clean, noisy, train.code, noise.levels["code"], (0.0, None))


def _simple_denoisers(
    clean: Tensor, noisy: Tensor, examples: Tensor, sigma: float, bounds: tuple[float, float | None]
) -> Terms:  # fmt: skip
    if not sigma:
        return {}
    some = torch.randperm(len(examples), generator=torch.Generator().manual_seed(0))[:EXAMPLES]  # no stride: sets cycle
    estimates = {"identity": noisy, "wiener": wiener(examples[some.to(examples.device)], noisy, sigma)}
    return {name: relative_error(estimate.clamp(*bounds), clean) for name, estimate in estimates.items()}


def wiener(examples: Tensor, noisy: Tensor, sigma: float) -> Tensor:
    """The best linear estimate of what was before noise of this standard deviation, from examples' mean and covariance.

        x^ = m + S (S + sigma^2 I)^-1 (y - m)

    examples, noisy [n, ...], of any shape: images of any size. Where they have more numbers each than there are
    examples, S is known only where these differ, and is 0 elsewhere; it is never written down then, since

        S (S + sigma^2 I)^-1 = X' (X X' + r I)^-1 X,  X the centred examples in rows, r = (n - 1) sigma^2
    """
    known, given = examples.flatten(1).double(), noisy.flatten(1).double()
    mean = known.mean(0)
    rows, ridge = known - mean, (len(known) - 1) * sigma**2
    if len(rows) < rows.shape[1]:
        gram = rows @ rows.T
        estimate = torch.linalg.solve(_raised(gram, ridge), rows @ (given - mean).T).T @ rows
    else:
        scatter = rows.T @ rows
        estimate = torch.linalg.solve(_raised(scatter, ridge), scatter @ (given - mean).T).T
    restored: Tensor = mean + estimate
    return restored.to(noisy).view_as(noisy)


def _raised(matrix: Tensor, ridge: float) -> Tensor:
    return matrix + ridge * torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)


def sharpness(network: nn.Module, held_out: Material, train: Material, noise: Noise) -> Terms:
    """How sharp G(h) is on held-out images: energy of its Laplacian over that of the real ones, 1 where equally."""
    assert held_out.code is not None
    return {"sharpness": _edges(network(held_out.code)) / _edges(held_out.images)}


def _edges(images: Tensor) -> Tensor:
    kernel = images.new_tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]).repeat(images.shape[1], 1, 1, 1)
    return F.conv2d(images, kernel, groups=images.shape[1]).square().mean()


def joint_denoiser(network: nn.Module, held_out: Material, train: Material, noise: Noise) -> Terms:
    """What E(G(h)) leaves of the noise on h alone, and what doing nothing leaves; nothing where there is no noise."""
    if not noise.levels.get("code"):
        return {}
    assert held_out.code is not None
    noisy = noise(held_out.code, "code")
    restored = held_out.networks["encoder"](network(noisy)).code
    return {
        "denoised_code": relative_error(restored, held_out.code),
        "identity": relative_error(noisy.relu(), held_out.code),
    }


def discriminator(rival: nn.Module, network: nn.Module, held_out: Material, noise: Noise) -> Terms:
    """How often D is right about held-out images and what G makes of their codes, half of each: .5 by chance."""
    assert held_out.code is not None
    real = rival(held_out.images, held_out.code) > 0
    drawn = rival(network(noisy_codes(held_out, noise)), held_out.code) <= 0
    return {"accuracy": torch.cat([real, drawn]).double().mean()}


def asymmetry(network: nn.Module, held_out: Material, train: Material, noise: Noise) -> Terms:
    """How far the joint prior's pull E(G(h)) - h is from a gradient: the asymmetry of its Jacobian J, mean over codes.

        a = |J - J^T| / (2 |J|),  Frobenius norms;  |A|^2 = E |A v|^2,  v of random signs

    0 where J is symmetric, as the Jacobian of a score is, to 1 (antisymmetric: a pure rotation). An estimate, as
    Hutchinson's of a trace: each expectation is a mean over PROBES vectors v, which each code has of its own. Its
    standard error, over codes and vectors, of the first CODES codes:

        asymmetry_error = s / sqrt(n),  s the standard deviation of the estimated a over the n codes

    Both sources are in s, since codes and vectors are independent from code to code.
    """
    assert held_out.code is not None
    rng = torch.Generator().manual_seed(PROBE_SEED)
    parts = held_out.code[:CODES].split(CODES_AT_ONCE)
    each = torch.cat([_asymmetries(network, held_out.encoder, codes, rng) for codes in parts])
    return {"asymmetry": each.mean(), "asymmetry_error": each.std() / len(each) ** 0.5}


@torch.enable_grad()
def _asymmetries(network: nn.Module, encoder: Any, codes: Tensor, rng: torch.Generator) -> Tensor:
    """The estimate at each code [n]. J v is the gradient of (J^T u) v in u.

    The root of a ratio of two means of k probes is off by about c / k; the jackknife, over leaving one out, is not.
    """
    codes = codes.detach().requires_grad_()
    pull = encoder(network(codes)).code - codes
    u = torch.zeros_like(codes, requires_grad=True)
    (turned,) = torch.autograd.grad(pull, codes, u, create_graph=True)
    apart, whole = torch.zeros(2, PROBES, len(codes), device=codes.device)
    for probe in range(PROBES):
        signs = torch.randint(0, 2, codes.shape, generator=rng).to(codes) * 2 - 1
        (forward,) = torch.autograd.grad(turned, u, signs, retain_graph=True)  # J v
        (backward,) = torch.autograd.grad(pull, codes, signs, retain_graph=True)  # J^T v
        apart[probe], whole[probe] = (forward - backward).square().sum(1), forward.square().sum(1)
    all_of_them = (apart.sum(0) / whole.sum(0)).sqrt() / 2
    without_one = ((apart.sum(0) - apart) / (whole.sum(0) - whole)).sqrt() / 2
    each: Tensor = PROBES * all_of_them - (PROBES - 1) * without_one.mean(0)
    return each

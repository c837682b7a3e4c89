"""What is measured of a trained network on held-out images beside its losses: `checks` asks whether it does its job.

Each function takes the network, all held-out images and all that trained it, pass by pass, and the recipe's noise, and
gives named terms.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.training.batches import Passes
from ppgn_bench.training.objectives import Material, Noise, Terms, noisy_codes, relative_error

# Clean examples that a Wiener filter is made from, at most: its cost grows with their cube, and images lie in memory in
# double precision, of which this many bytes hold 3,000 of 74 pixels a side, or 42 in colour.
EXAMPLES, EXAMPLE_BYTES = 3000, 2**27
# Of the estimate of an asymmetry: a standard error of 0.004 on digits and 0.007 on shapes, most of it from the codes.
CODES, PROBES, PROBE_SEED = 64, 4, 0
CODES_AT_ONCE = 16  # which bounds the memory


def mean_over(parts: Iterable[Material], measure: Callable[[Material], Terms]) -> Terms:
    """The mean of each term over passes, weighted by their images."""
    sums: dict[str, Tensor] = {}
    count = 0
    for part in parts:
        count += len(part.images)
        for name, value in measure(part).items():
            sums[name] = sums.get(name, 0.0) + len(part.images) * value.double()
    return {name: total / count for name, total in sums.items()}


def classifier(network: nn.Module, held_out: Passes, train: Passes, noise: Noise) -> Terms:
    """Accuracy on held-out images; and the share of the code's units that fire for none of the training images."""
    return mean_over(held_out, lambda part: {"accuracy": _accuracy(network(part.images).logits, part.labels)}) | {
        "dead_units": _dead_units(network(part.images).code for part in train)
    }


@torch.no_grad()
def told(network: nn.Module, images: Iterable[Material]) -> Terms:
    """Share of images whose class a network tells: all that is asked of one that was not trained here."""
    return mean_over(images, lambda part: {"accuracy": _accuracy(network(part.images).logits, part.labels)})


def _dead_units(codes: Iterable[Tensor]) -> Tensor:
    """Share of units that no code has; asks for no more codes than it takes to see all of them."""
    dead = torch.tensor(True)
    for some in codes:
        dead = dead.to(some.device) & (some <= 0).all(0)
        if not dead.any():
            break
    return dead.double().mean()


def _accuracy(logits: Tensor, labels: Tensor) -> Tensor:
    return (logits.argmax(1) == labels).double().mean()


def judge(network: nn.Module, held_out: Passes, train: Passes, noise: Noise) -> Terms:
    """Shares of held-out images whose class a judge tells, and whose mode where it is known."""

    def told(part: Material) -> Terms:
        """Of the images of a pass."""
        judgement = network(part.images)
        terms = {"accuracy": _accuracy(judgement.logits, part.labels)}
        if judgement.mode_logits is not None and part.modes is not None:
            terms["mode_accuracy"] = _accuracy(judgement.mode_logits, part.modes)
        return terms

    return mean_over(held_out, told)


def image_denoiser(network: nn.Module, held_out: Passes, train: Passes, noise: Noise) -> Terms:
    """What doing nothing leaves of the noise on images, and what a Wiener filter does, both cut to where images lie."""
    if not (sigma := noise.levels["image"]):
        return {}
    most = min(EXAMPLES, EXAMPLE_BYTES // (8 * math.prod(train.source.shape)))
    restored = wiener(torch.cat([part.images for part in train.some(most)]), sigma)
    return mean_over(
        held_out, lambda part: _simple(part.images, noise(part.images, "image"), restored, bounds=(0.0, 1.0))
    )


def code_denoiser(network: nn.Module, held_out: Passes, train: Passes, noise: Noise) -> Terms:
    """The same of noise on codes, which are never negative; and what R_h leaves, under the name that E(G(h))'s has."""
    sigma = noise.levels["code"]
    restored = wiener(torch.cat([_code(part) for part in train.some(EXAMPLES)]), sigma) if sigma else None

    def left(part: Material) -> Terms:
        """Of the noise on a pass's codes."""
        clean, noisy = _code(part), noise(_code(part), "code")
        own = {"denoised_code": relative_error(network(noisy), clean)}
        return own | _simple(clean, noisy, restored, bounds=(0.0, None)) if restored else own

    return mean_over(held_out, left)


def _code(part: Material) -> Tensor:
    assert part.code is not None
    return part.code


def _simple(
    clean: Tensor, noisy: Tensor, restored: Callable[[Tensor], Tensor], bounds: tuple[float, float | None]
) -> Terms:
    estimates = {"identity": noisy, "wiener": restored(noisy)}
    return {name: relative_error(estimate.clamp(*bounds), clean) for name, estimate in estimates.items()}


def wiener(examples: Tensor, sigma: float) -> Callable[[Tensor], Tensor]:
    """The best linear estimate of what was before noise of this standard deviation, from examples' mean and covariance.

        x^ = m + S (S + sigma^2 I)^-1 (y - m)

    examples, and what the estimate takes [n, ...], of any shape: images of any size. Where they have more numbers each
    than there are examples, S is known only where these differ, and is 0 elsewhere; then it is never written down, as

        S (S + sigma^2 I)^-1 = X' (X X' + r I)^-1 X,  X the centred examples in rows, r = (n - 1) sigma^2
    """
    known = examples.flatten(1).double()
    mean = known.mean(0)
    rows, ridge = known - mean, (len(known) - 1) * sigma**2
    wide = len(rows) < rows.shape[1]
    scatter = rows @ rows.T if wide else rows.T @ rows
    factor = torch.linalg.cholesky(_raised(scatter, ridge))

    def estimate(noisy: Tensor) -> Tensor:
        """What was before the noise [n, ...]."""
        given = noisy.flatten(1).double() - mean
        solved = torch.cholesky_solve((rows if wide else scatter) @ given.T, factor)
        restored: Tensor = mean + (rows.T @ solved if wide else solved).T
        return restored.to(noisy).view_as(noisy)

    return estimate


def _raised(matrix: Tensor, ridge: float) -> Tensor:
    return matrix + ridge * torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)


def sharpness(network: nn.Module, held_out: Passes, train: Passes, noise: Noise) -> Terms:
    """How sharp G(h) is on held-out images: energy of its Laplacian over that of the real ones, 1 where equally."""
    return {"sharpness": relative_energy(lambda part: network(_code(part)), held_out)}


def relative_energy(drawn: Callable[[Material], Tensor], held_out: Passes) -> Tensor:
    """Energy of the edges of what is drawn again of held-out images, over that of these."""
    of = mean_over(held_out, lambda part: {"drawn": edges(drawn(part)), "real": edges(part.images)})
    return of["drawn"] / of["real"]


def edges(images: Tensor) -> Tensor:
    """Energy of the Laplacian, the mean over pixels and images."""
    kernel = images.new_tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]).repeat(images.shape[1], 1, 1, 1)
    return F.conv2d(images, kernel, groups=images.shape[1]).square().mean()


def joint_denoiser(network: nn.Module, held_out: Passes, train: Passes, noise: Noise) -> Terms:
    """What E(G(h)) leaves of the noise on h alone, and what doing nothing leaves; nothing where there is no noise."""

    def left(part: Material) -> Terms:
        """Of the noise on a pass's codes."""
        clean, noisy = _code(part), noise(_code(part), "code")
        restored = part.networks["encoder"](network(noisy)).code
        return {"denoised_code": relative_error(restored, clean), "identity": relative_error(noisy.relu(), clean)}

    return mean_over(held_out, left) if noise.levels.get("code") else {}


def discriminator(rival: nn.Module, network: nn.Module, held_out: Iterable[Material], noise: Noise) -> Terms:
    """How often D is right about held-out images and what G makes of their codes, half of each: .5 by chance."""

    def right(part: Material) -> Terms:
        """Of a pass's images, and of as many that G draws."""
        real = rival(part.images, _code(part)) > 0
        drawn = rival(network(noisy_codes(part, noise)), _code(part)) <= 0
        return {"accuracy": torch.cat([real, drawn]).double().mean()}

    return mean_over(held_out, right)


def asymmetry(network: nn.Module, held_out: Passes, train: Passes, noise: Noise) -> Terms:
    """How far the joint prior's pull E(G(h)) - h is from a gradient: the asymmetry of its Jacobian J, mean over codes.

        a = |J - J^T| / (2 |J|),  Frobenius norms;  |A|^2 = E |A v|^2,  v of random signs

    0 where J is symmetric, as the Jacobian of a score is, to 1 (antisymmetric: a pure rotation). An estimate, as
    Hutchinson's of a trace: each expectation is a mean over PROBES vectors v, which each code has of its own. Its
    standard error, over codes and vectors, of the first CODES codes:

        asymmetry_error = s / sqrt(n),  s the standard deviation of the estimated a over the n codes

    Both sources are in s, since codes and vectors are independent from code to code.
    """
    rng = torch.Generator().manual_seed(PROBE_SEED)
    encoder, codes = _first(held_out, CODES)
    each = torch.cat([_asymmetries(network, encoder, some, rng) for some in codes.split(CODES_AT_ONCE)])
    return {"asymmetry": each.mean(), "asymmetry_error": each.std() / len(each) ** 0.5}


def _first(parts: Iterable[Material], count: int) -> tuple[Any, Tensor]:
    """The encoder, and so many codes from as many passes as have them."""
    codes: list[Tensor] = []
    for part in parts:
        codes.append(_code(part))
        if sum(map(len, codes)) >= count:
            break
    return part.encoder, torch.cat(codes)[:count]


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

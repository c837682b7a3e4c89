"""Analytic worlds, where the truth is known, and the walkers that are compared with it: two tables of data.

A world is a mixture of Gaussians, each component of one class; `mixtures` knows its densities. A walker says where
its prior term comes from and which powers of the two experts its epsilons stand for. Nothing here imports torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple


class Component(NamedTuple):
    """A Gaussian of a mixture: its class, its weight, its mean, and its standard deviation in every direction."""

    label: int
    weight: float
    mean: tuple[float, ...]
    deviation: float


@dataclass(frozen=True)
class World:
    """A class-conditional mixture of Gaussians. Classes are 0, 1, ...; weights sum to 1."""

    title: str
    components: tuple[Component, ...]

    @property
    def dimensions(self) -> int:
        """Length of a state."""
        return len(self.components[0].mean)


@dataclass(frozen=True)
class Walker:
    """A chain on a world: step of Eq. 5 with epsilon 1 and 2 made of epsilon 3 and two powers (`walkers.epsilons`).

    prior: "score" of p; "perfect", the residual R(x) - x of the best possible denoiser; "denoiser", that of a trained
    one. metropolis: with accept/reject. prior_power a and condition_power b: it aims at p(x)^a p(y | x)^b, with
    p_sigma in place of p for a residual that nothing corrects. forgets_variance: epsilon 1 of a residual lacks its
    1 / sigma^2, which makes the power a sigma^2.
    """

    title: str
    prior: str
    metropolis: bool = False
    prior_power: float = 1.0
    condition_power: float = 1.0
    forgets_variance: bool = False


def _axes(label: int, weight: float, deviation: float, **places: float) -> Component:
    """A component in ten dimensions, its mean zero but for some coordinates: x1=1.6, x4=-0.8."""
    return Component(label, weight, tuple(places.get(f"x{axis}", 0.0) for axis in range(10)), deviation)


# Modes of a class are about 1.6 apart and overlap a little: a chain crosses between them within some hundred steps.
# Classes are neighbours, so that p(y | x) has something to say.
WORLDS: Mapping[str, World] = MappingProxyType(
    {
        "plane": World(
            title="Plane: 3 classes with 2 to 3 modes in 2 dimensions",
            components=(
                Component(0, 0.20, (-2.0, 0.6), 0.45),
                Component(0, 0.10, (-1.2, 2.0), 0.40),
                Component(1, 0.15, (0.4, 1.8), 0.40),
                Component(1, 0.15, (1.8, 1.4), 0.50),
                Component(1, 0.10, (1.6, -0.1), 0.40),
                Component(2, 0.20, (-1.2, -1.4), 0.50),
                Component(2, 0.10, (0.4, -1.5), 0.40),
            ),
        ),
        "ten_dimensions": World(
            title="Ten dimensions: 3 classes with 2 modes",
            components=(
                _axes(0, 0.20, 0.50, x0=1.6, x3=0.8),
                _axes(0, 0.15, 0.40, x0=1.6, x3=-0.8),
                _axes(1, 0.20, 0.50, x1=1.6, x4=0.8),
                _axes(1, 0.10, 0.40, x1=1.6, x4=-0.8),
                _axes(2, 0.25, 0.50, x2=1.6, x5=0.8),
                _axes(2, 0.10, 0.40, x2=1.6, x5=-0.8),
            ),
        ),
    }
)

WALKERS: Mapping[str, Walker] = MappingProxyType(
    {
        "mala": Walker("MALA, exact score", "score", metropolis=True),
        "approx": Walker("MALA-approx, exact score", "score"),
        "mala_denoiser": Walker("MALA, trained denoiser's drift", "denoiser", metropolis=True),
        "approx_denoiser": Walker("MALA-approx, trained denoiser", "denoiser"),
        "approx_perfect": Walker("MALA-approx, perfect denoiser", "perfect"),
        "weak_prior": Walker("a = 1/2, b = 1", "score", prior_power=0.5),
        "strong_prior": Walker("a = 2, b = 1", "score", prior_power=2.0),
        "strong_condition": Walker("a = 1, b = 3", "score", condition_power=3.0),
        "stronger_condition": Walker("a = 1, b = 10", "score", condition_power=10.0),
        "forgotten_variance": Walker("ε1 = ε3²/2 with a residual", "perfect", forgets_variance=True),
    }
)

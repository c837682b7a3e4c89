"""How each network is trained, as one table. A recipe is data; `training` reads it, an ablation changes one number.

Nothing here imports torch: the workflow reads this table every time it is started.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Recipe:
    """One network's training.

    network: a class of `networks`; objective: a function of `objectives`; split: the images that train it; needs:
    recipes whose networks it needs; weights: loss term -> weight, each term being divided by the variance of its
    target; noise: standard deviation, for a generator as a fraction of the mean activation on images, h1 and codes,
    for a denoiser as a fraction of the range of images or of the mean of codes; budgeted: whether an experiment's
    `budget` scales its iterations.
    """

    title: str
    network: str
    objective: str
    iterations: int
    weights: Mapping[str, float]
    needs: tuple[str, ...] = ()
    split: str = "train"
    batch_size: int = 32
    learning_rate: float = 2e-3
    noise: float = 0.0
    budgeted: bool = True


_NOISELESS_LOSSES = MappingProxyType({"image": 5.0, "h1": 1.0, "gan": 0.01})

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "judge": Recipe(
            title="judge (held out)",
            network="Judge",
            objective="judge",
            iterations=1200,
            weights=MappingProxyType({"class": 1.0, "pooled": 1.0, "mode": 1.0}),
            split="judge",
            budgeted=False,
        ),
        "classifier": Recipe(
            title="classifier C = encoder E",
            network="Classifier",
            objective="classifier",
            iterations=1000,
            weights=MappingProxyType({"class": 1.0, "pooled": 1.0}),
        ),
        "image_denoiser": Recipe(
            title="image denoiser R_x",
            network="ImageDenoiser",
            objective="image_denoiser",
            iterations=1500,
            weights=MappingProxyType({"image": 1.0}),
            noise=0.1,
        ),
        "code_denoiser": Recipe(
            title="code denoiser R_h",
            network="CodeDenoiser",
            objective="code_denoiser",
            iterations=3000,
            weights=MappingProxyType({"code": 1.0}),
            needs=("classifier",),
            noise=0.1,
        ),
        "generator": Recipe(
            title="generator G (noiseless)",
            network="Generator",
            objective="generator",
            iterations=4000,
            weights=_NOISELESS_LOSSES,
            needs=("classifier",),
            batch_size=16,
            learning_rate=3e-3,
        ),
        "joint": Recipe(
            title="generator G (Joint)",
            network="Generator",
            objective="generator",
            iterations=4000,
            weights=MappingProxyType({**_NOISELESS_LOSSES, "code": 1.0}),
            needs=("classifier",),
            batch_size=16,
            learning_rate=3e-3,
            noise=0.1,
        ),
    }
)

"""How each network is trained, as one table. A recipe is data: `training` reads it, `changes` makes others of it.

Nothing here imports torch: the workflow reads this table every time it is started.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

from ppgn_bench.lookup import Name

Precision = Literal["float32", "bfloat16", "float16"]  # of passes; what learns is float32 throughout
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


@dataclass(frozen=True)
class Rival:
    """A network that plays against the one that is trained, where the recipe's weights have its term.

    architecture, options: as in a recipe; against: what the other is trained on instead of its recipe's objective, and
    what it drew; objective: what the rival is trained on, functions of `objectives`; held_out: what is measured of both
    on held-out images while they train, a function of `held_out`; gives: other terms of the objective that are not
    there without it; every: in which iterations it learns; rate: its learning rate over the other's; betas: its Adam's.
    """

    architecture: str
    against: Name
    objective: Name
    held_out: Name
    term: str
    gives: tuple[str, ...] = ()
    every: int = 2
    rate: float = 0.5
    betas: tuple[float, float] = (0.5, 0.999)  # not .9: it must follow an opponent that moves
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """One network's training.

    architecture: its name in ARCHITECTURES; options: those that differ from the architecture's and the data set's;
    objective: a function of `objectives`; split: the images that train it; needs: role -> recipe of a network that it
    is trained with; accumulate: in how many parts a batch is seen, whose gradients add up; precision: that of passes,
    one of PRECISIONS; weights: loss term -> weight, each term being divided by the variance of its target; losses: all
    terms that can have a weight, if not those; noise: where it is put -> standard deviation, for a generator as a
    fraction of the mean activation on images, h1 and codes, for a denoiser as a fraction of the range of images or of
    the mean of codes; rival: what plays against it; after: what is done with the trained network, a function of it and
    of the images that trained it; held_out: what is measured on held-out images beside the losses, functions of
    `held_out`; budgeted: whether an experiment's `budget` scales its iterations.
    """

    title: str
    architecture: str
    objective: Name
    iterations: int
    weights: Mapping[str, float]
    needs: Mapping[str, str] = field(default_factory=dict)
    split: str = "train"
    batch_size: int = 32
    learning_rate: float = 2e-3
    accumulate: int = 1
    precision: Precision = "float32"
    noise: Mapping[str, float] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    losses: tuple[str, ...] = ()
    rival: Rival | None = None
    after: Name | None = None
    held_out: tuple[Name, ...] = ()
    budgeted: bool = True


JUDGES = ("judge", "residual_judge", "mixing_judge")  # the one of the tables, and two that show what hangs on it
FACTOR_JUDGE = "factor_judge"  # of what images show beside their class; only data sets with factors have one
LOSSES = ("image", "h1", "code", "gan")  # of a generator


def _at(level: float, *places: str) -> Mapping[str, float]:
    return MappingProxyType(dict.fromkeys(places, level))


_ENCODER = MappingProxyType({"encoder": "classifier"})
_DISCRIMINATOR = Rival(
    "discriminator",
    Name("training.objectives:generator_against"),
    Name("training.objectives:discriminator"),
    Name("training.held_out:discriminator"),
    term="gan",
)
_IMAGES_DISCRIMINATOR = Rival(
    "discriminator",
    Name("training.variational:losses_against"),
    Name("training.objectives:discriminator"),
    Name("training.variational:told"),
    term="gan",
    gives=("features",),
    options=MappingProxyType({"sees_code": False}),
)
_OF_GENERATORS = tuple(Name(f"training.held_out:{what}") for what in ("joint_denoiser", "sharpness", "asymmetry"))
_EACH_FACTOR = MappingProxyType(dict.fromkeys(("background", "hue", "loop", "size", "slant", "thickness"), 1.0))
_NOISELESS_LOSSES = MappingProxyType({"image": 5.0, "h1": 1.0, "gan": 0.03})


def _judge(title: str, architecture: str) -> Recipe:
    """A judge's training: on images that nothing else sees, and never shorter."""
    return Recipe(
        title=title,
        architecture=architecture,
        objective=Name("training.objectives:judge"),
        iterations=8000,
        weights=MappingProxyType({"class": 1.0, "pooled": 2.0, "mode": 1.0}),
        split="judge",
        held_out=(Name("training.held_out:judge"),),
        budgeted=False,
    )


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "judge": _judge("judge (held out)", "judge"),
        "residual_judge": _judge("second judge (held out)", "residual_judge"),
        "mixing_judge": _judge("third judge (held out)", "mixing_judge"),
        "classifier": Recipe(
            title="classifier C = encoder E",
            architecture="classifier",
            objective=Name("training.objectives:classifier"),
            iterations=1000,
            weights=MappingProxyType({"class": 1.0, "pooled": 1.0}),
            after=Name("networks.classifier:rescale"),
            held_out=(Name("training.held_out:classifier"),),
        ),
        "factors": Recipe(
            title="factors (what steers to what no generator knows)",
            architecture="factors",
            objective=Name("training.factors:losses"),
            iterations=1500,
            weights=_EACH_FACTOR,
            held_out=(Name("training.factors:told"),),
        ),
        FACTOR_JUDGE: Recipe(
            title="judge of factors (held out)",
            architecture="residual_factors",
            objective=Name("training.factors:judge_losses"),
            iterations=4000,
            weights=MappingProxyType({**_EACH_FACTOR, "noise": 1.0}),
            split="judge",
            held_out=(Name("training.factors:told"), Name("training.factors:told_of_noise")),
            budgeted=False,
        ),
        "image_denoiser": Recipe(
            title="image denoiser R_x",
            architecture="image_denoiser",
            objective=Name("training.objectives:image_denoiser"),
            iterations=2000,
            weights=MappingProxyType({"image": 1.0}),
            batch_size=16,
            noise=_at(0.1, "image"),
            held_out=(Name("training.held_out:image_denoiser"),),
        ),
        "code_denoiser": Recipe(
            title="code denoiser R_h",
            architecture="code_denoiser",
            objective=Name("training.objectives:code_denoiser"),
            iterations=1500,
            weights=MappingProxyType({"code": 1.0}),
            needs=_ENCODER,
            batch_size=64,
            learning_rate=1e-3,
            noise=_at(0.1, "code"),
            held_out=(Name("training.held_out:code_denoiser"),),
        ),
        "generator": Recipe(
            title="generator G (noiseless)",
            architecture="generator",
            objective=Name("training.objectives:generator"),
            iterations=1500,
            weights=_NOISELESS_LOSSES,
            needs=_ENCODER,
            batch_size=16,
            learning_rate=3e-3,
            noise=_at(0.0, "image", "h1", "code"),
            losses=LOSSES,
            rival=_DISCRIMINATOR,
            held_out=_OF_GENERATORS,
        ),
        "joint": Recipe(
            title="generator G (Joint)",
            architecture="generator",
            objective=Name("training.objectives:generator"),
            iterations=1500,
            weights=MappingProxyType({**_NOISELESS_LOSSES, "code": 1.0}),
            needs=_ENCODER,
            batch_size=16,
            learning_rate=3e-3,
            noise=_at(0.1, "image", "h1", "code"),
            losses=LOSSES,
            rival=_DISCRIMINATOR,
            held_out=_OF_GENERATORS,
        ),
        "vae_gan": Recipe(
            title="generator G (VAE-GAN)",
            architecture="variational",
            objective=Name("training.variational:losses"),
            iterations=1500,
            weights=MappingProxyType({"kl": 0.3, "features": 1.0, "gan": 0.03}),
            batch_size=16,
            learning_rate=3e-3,
            losses=("kl", "image", "features", "gan"),
            rival=_IMAGES_DISCRIMINATOR,
            held_out=(Name("training.variational:spread"),),
        ),
        "captioner": Recipe(
            title="captioner",
            architecture="captioner",
            objective=Name("training.captioning:words"),
            iterations=2000,
            weights=MappingProxyType({"words": 1.0}),
            noise=MappingProxyType({"image": 0.3, "patch": 0.4}),  # a chain passes images unlike real ones
            held_out=(Name("training.captioning:told"),),
        ),
    }
)

"""Does each trained network do its job? A check a row, from what is measured of it on held-out images.

What a network must do to be worth sampling with, written before the numbers: docs/networks.md. Nothing imports torch.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppgn_bench.training.changes import named
from ppgn_bench.training.recipes import Recipe

if TYPE_CHECKING:
    from pandas import DataFrame

GENERATORS = ("generator", "joint")


@dataclass(frozen=True)
class Check:
    """What a number that was measured of a network must be.

    recipes: whose; value: the term of the loss log that is compared, after "held-out "; sign and bound: how, and with
    what: a number, or so many times another term; where: the group and key of a recipe's number without which there is
    nothing to check, as the weight of L_GAN; required: whether a run fails where it does not hold. What does not is
    said all the same.
    """

    title: str
    recipes: tuple[str, ...]
    value: str
    sign: str
    bound: float
    times: str = ""
    where: tuple[str, str] | None = None
    required: bool = True

    def applies(self, recipe: Recipe, base: str) -> bool:
        """Whether a recipe has what is checked; base: the table's entry that it is made from."""
        group, key = self.where or ("weights", next(iter(recipe.weights), ""))
        return base in self.recipes and bool(getattr(recipe, group).get(key, 0.0))


CHECKS: Mapping[str, Check] = {
    "dead_units": Check(
        title="share of the code's units that fire for no training image",
        recipes=("classifier",), value="dead_units", sign="<", bound=0.1,
    ),
    "image_identity": Check(
        title="R_x's error, against doing nothing",
        recipes=("image_denoiser",), value="image", sign="<", bound=1.0, times="identity", where=("noise", "image"),
    ),
    "image_wiener": Check(
        title="R_x's error, against 1.5 times a Wiener filter's",
        recipes=("image_denoiser",), value="image", sign="<", bound=1.5, times="wiener", where=("noise", "image"),
    ),
    "code_identity": Check(
        title="R_h's error, against doing nothing",
        recipes=("code_denoiser",), value="code", sign="<", bound=1.0, times="identity", where=("noise", "code"),
    ),
    "code_wiener": Check(
        title="R_h's error, against 1.5 times a Wiener filter's",
        recipes=("code_denoiser",), value="code", sign="<", bound=1.5, times="wiener", where=("noise", "code"),
    ),
    "discriminator": Check(  # of the second half alone: D begins at chance, whatever it does later
        title="D's accuracy in the second half of training (its lower quarter)",
        recipes=GENERATORS, value="discriminator_accuracy", sign=">", bound=0.6, where=("weights", "gan"),
    ),
    "vae_gan_discriminator": Check(
        title="D's accuracy against images drawn from N(0, I), in the second half of training (its lower quarter)",
        recipes=("vae_gan",), value="discriminator_accuracy", sign=">", bound=0.6, where=("weights", "gan"),
    ),
    "moment": Check(  # N(0, I) says 1. Off by a third, its score is as that of the codes with epsilon 1 off by a third
        title="how far the codes' second moment is from N(0, I)'s, the mean over units",
        recipes=("vae_gan",), value="moment_error", sign="<", bound=1 / 3, where=("weights", "kl"),
    ),
    "factors": Check(
        title="share of held-out images whose factor is told, of the factor that is told worst",
        recipes=("factors",), value="least_accuracy", sign=">", bound=0.8,
    ),
    "factor_judge": Check(
        title="share of held-out images whose factor the judge tells, of the factor that is told worst",
        recipes=("factor_judge",), value="least_accuracy", sign=">", bound=0.9,
    ),
    "factor_judge_noise": Check(
        title="share of pixel noise to which the judge of factors has an answer",
        recipes=("factor_judge",), value="noise_answered", sign="<", bound=0.05,
    ),
    "joint_identity": Check(
        title="error of E(G(h)) with noise on h alone, against doing nothing",
        recipes=GENERATORS, value="denoised_code", sign="<", bound=1.0, times="identity", where=("noise", "code"),
        required=False,
    ),
    "captioner": Check(  # of ten words a captioner knows all but one
        title="share of the naming words that the captioner knows, of combinations of shape and hue that it learnt",
        recipes=("captioner",), value="accuracy", sign=">", bound=0.9,
    ),
    "captioner_new": Check(
        title="share of the naming words that the captioner knows, of combinations that it never saw",
        recipes=("captioner",), value="new_accuracy", sign=">", bound=0.9, required=False,
    ),
}  # fmt: skip
SIGNS = {"<": operator.lt, ">": operator.gt}

Network = tuple[str, str, int]  # data set, recipe, seed
Row = tuple[str, str, int, str, float, float, bool, bool]  # columns NETWORKS_CHECK


def check(network: Network, values: Mapping[str, float], required: bool) -> Iterator[Row]:
    """The rows of a network: its checks, each with the value, what it must lie below or above, and whether it does.

    One that was not trained here, but has weights of its own, has nothing to show. values: what was measured of it by
    name; a number that is missing does not hold. required: whether a run fails where it does not do its job, or, as
    with ablations that spoil one on purpose, the report only says so.
    """
    recipe, base = named(network[1]), network[1].partition("+")[0]
    for name, own in CHECKS.items() if not recipe.options.get("weights") else ():
        if own.applies(recipe, base):
            value = values.get(own.value, math.nan)
            bound = own.bound * (values.get(own.times, math.nan) if own.times else 1.0)
            yield *network, name, value, bound, SIGNS[own.sign](value, bound), required and own.required


def failures(rows: DataFrame) -> list[str]:
    """A sentence for each required check that does not hold; rows: columns NETWORKS_CHECK."""
    wrong = rows[rows["required"].astype(bool) & ~rows["holds"].astype(bool)]
    return [f"{row.dataset}: {row.recipe}, seed {row.seed}: {in_words(row)}" for row in wrong.itertuples()]


def in_words(row: Any) -> str:
    """What a row is about, its value and what that must be."""
    own = CHECKS[row.check]
    return f"{own.title}: {row.value:.3g}, must be {own.sign} {row.bound:.3g}"

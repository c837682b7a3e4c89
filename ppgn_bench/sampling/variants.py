"""The samplers of the paper as one table. A variant is data: it names its prior, its networks and its epsilons.

Nothing here imports torch: the workflow reads this table every time it is started.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ppgn_bench.columns import TERMS
from ppgn_bench.lookup import Name
from ppgn_bench.sampling.steering import CONDITIONS, Expert


def epsilons(**values: float) -> Mapping[str, float]:
    """The multipliers of Eq. 5 and Eq. 12, all TERMS: epsilon 1 (prior), 2 (condition), 3 (noise, a standard
    deviation), 4 (context).

    A term that is not named is 0. Raises TypeError for one that there is not.
    """
    if unknown := values.keys() - set(TERMS):
        raise TypeError(f"no term of the update: {', '.join(sorted(unknown))}; there are {', '.join(TERMS)}")
    return MappingProxyType({term: values.get(term, 0.0) for term in TERMS})


@dataclass(frozen=True)
class Update:
    """How the terms become a step, and what is done around it. The defaults are the paper's, Eq. 11.

    The rest are the switches of the released sampler [C], which is not Eq. 11: normalise: the length of every step,
    the mean absolute change of the state's elements (None: as long as the terms make it); lr_end: where that length
    goes, linearly, over a run (None: it stays); noise_inside: whether the noise is part of what is normalised;
    start: a function of `starts`; resets: every how many steps a chain starts anew (0: never); redraw_prior: the range
    that epsilon 1 is then drawn from (None: it stays); select: the least p(y | x) of a final draw that is kept as a
    sample (None: all are). Its clip is a variant's bounds, the form of its gradient a condition, its epsilon 3 an
    epsilon, its iterations a run's steps. Its crop does not apply: images are generated at the size that the
    classifier sees.
    """

    normalise: float | None = None
    lr_end: float | None = None
    noise_inside: bool = False
    start: Name = Name("sampling.starts:rectified")
    resets: int = 0
    redraw_prior: tuple[float, float] | None = None
    select: float | None = None


# What a config may say of an update, for codes.
STARTS: Mapping[str, Name] = MappingProxyType(
    {name: Name(f"sampling.starts:{name}") for name in ("rectified", "normal", "encoded")}
)

# Eq. 11 and Eq. 7: the plain update in each space, with that space's start.
PLAIN: Mapping[str, Update] = MappingProxyType({"code": Update(), "image": Update(start=Name("sampling.starts:grey"))})


OWN_CLASS: Mapping[str, float] = MappingProxyType({"own_class": 1.0})


@dataclass(frozen=True)
class Variant:
    """One sampler.

    title as the paper spells it; space "image" or "code": what the chain walks in; prior: a function of `priors`;
    networks: role -> recipe (see `recipes`): the roles that its prior and its condition name as their parameters, and
    "generator" where it walks codes; roles of one recipe are one network. searched: data set -> the epsilons that the
    search chose there; epsilon: those of the others. bounds of the state, or None; view: how the
    condition looks at an image, a function of `conditions`; source: section and how it is known; update: Eq. 11 or
    what differs; conditions: keys of CONDITIONS with their weights, a sum where there are several; wanted: the targets,
    each a text for every condition ((): all that the conditions can steer to).
    """

    title: str
    space: str
    prior: Name
    networks: Mapping[str, str]
    epsilon: Mapping[str, float]
    bounds: tuple[float, float] | None
    source: str
    view: Name = Name("sampling.conditions:as_is")
    update: Update = PLAIN["code"]
    searched: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    conditions: Mapping[str, float] = field(default_factory=lambda: OWN_CLASS)
    wanted: tuple[tuple[str, ...], ...] = ()

    @property
    def experts(self) -> tuple[Expert, ...]:
        """What its chains climb: the experts of its conditions with their weights; one of weight 0 only asks."""
        weighed = {name: weight for name, weight in self.conditions.items() if weight}
        return tuple(
            replace(expert, weight=weight) for name, weight in weighed.items() for expert in CONDITIONS[name].experts
        )


def _shapes(**values: float) -> Mapping[str, Mapping[str, float]]:
    """Of the data set with a search of its own; all others have mnist's."""
    return MappingProxyType({"shapes": epsilons(**values)})


# The epsilons are what the rule of `search` chose, of the same 32 trials for each sampler (docs/settings.md); a test
# holds them against docs/search.csv. What a variant does not have is zero.
NOISELESS = epsilons(prior=0.0392, condition=0.392, noise=0.0221)
NOISELESS_ON_SHAPES = epsilons(prior=0.0698, condition=6.98, noise=0.0392)


def _without_prior(epsilon: Mapping[str, float]) -> Mapping[str, float]:
    return MappingProxyType({**epsilon, "prior": 0.0})


_PIXELS = MappingProxyType({"condition": "classifier"})
_NOISELESS = MappingProxyType({"condition": "classifier", "generator": "generator"})
_IMAGE_BOUNDS = (0.0, 1.0)


Pair = tuple[float, float]


def _ascent(title: str, prior: str, values: tuple[Pair, Pair, Pair], basis: str, view: str = "as_is") -> Variant:
    """Activation maximization in pixels: without noise, with a hand-designed prior or none.

    values: epsilons 1 and 2 on mnist, on shapes, and on imagenet (docs/imagenet.md).
    """
    on_mnist, on_shapes, on_imagenet = (epsilons(prior=own[0], condition=own[1]) for own in values)
    return Variant(
        title=title,
        space="image",
        prior=Name(f"sampling.priors:{prior}"),
        networks=_PIXELS,
        epsilon=on_mnist,
        searched=MappingProxyType({"shapes": on_shapes, "imagenet": on_imagenet}),
        bounds=_IMAGE_BOUNDS,
        source=f"Sec. 2.2 [{basis}], epsilons of this suite",
        view=Name(f"sampling.conditions:{view}"),
        update=PLAIN["image"],
    )


_SEARCHED: Mapping[str, Variant] = MappingProxyType(
    {
        "am": _ascent("AM, no prior", "absent", ((0.0, 0.107), (0.0, 0.107), (0.0, 1.33)), "S"),
        "am_l2": _ascent("AM + L2 decay", "l2_decay", ((0.00111, 0.107), (0.583, 0.698), (0.0205, 0.75)), "M"),
        "am_blur": _ascent("AM + Gaussian blur", "gaussian_blur", ((0.129, 4.53), (0.47, 6.04), (0.274, 0.422)), "M"),
        "am_tv": _ascent(
            "AM + total variation", "total_variation", ((0.0673, 9.31), (0.104, 2.21), (0.00154, 0.133)), "M"
        ),
        "am_jitter": _ascent("AM + jitter", "absent", ((0.0, 2.55), (0.0, 0.107), (0.0, 0.422)), "M", view="jittered"),
        "ppgn_x": Variant(
            title="PPGN-x",
            space="image",
            prior=Name("sampling.priors:denoised"),
            networks=MappingProxyType({**_PIXELS, "denoiser": "image_denoiser"}),
            epsilon=epsilons(prior=0.47, condition=6.04, noise=0.00573),
            searched=_shapes(prior=0.129, condition=4.53, noise=0.0242),
            bounds=_IMAGE_BOUNDS,
            source="Sec. 3.1, Eq. 7 [S], epsilons of this suite",
            update=PLAIN["image"],
        ),
        "dgn_am": Variant(
            title="DGN-AM",
            space="code",
            prior=Name("sampling.priors:absent"),
            networks=_NOISELESS,
            epsilon=epsilons(condition=1.07),
            searched=_shapes(condition=1.43),
            bounds=None,
            source="Sec. 3.2, Eq. 10 [S], epsilons of this suite",
        ),
        "dgn_am_noise": Variant(
            title="DGN-AM + noise (control)",
            space="code",
            prior=Name("sampling.priors:absent"),
            networks=_NOISELESS,
            epsilon=_without_prior(NOISELESS),
            searched=_shapes(**_without_prior(NOISELESS_ON_SHAPES)),
            bounds=None,
            source="control of this suite: Noiseless without its prior",
        ),
        "ppgn_h": Variant(
            title="PPGN-h",
            space="code",
            prior=Name("sampling.priors:denoised"),
            networks=MappingProxyType({**_NOISELESS, "denoiser": "code_denoiser"}),
            epsilon=epsilons(prior=0.294, condition=0.523, noise=0.165),
            searched=_shapes(prior=0.604, condition=6.04, noise=0.0191),
            bounds=None,
            source="Sec. 3.3, Eq. 11 [C][S], epsilons of this suite",
        ),
        "joint_ppgn_h": Variant(
            title="Joint PPGN-h",
            space="code",
            prior=Name("sampling.priors:joint"),
            networks=MappingProxyType({"encoder": "classifier", "condition": "classifier", "generator": "joint"}),
            epsilon=epsilons(prior=0.0191, condition=1.91, noise=0.0604),
            searched=_shapes(prior=0.107, condition=1.07, noise=0.107),
            bounds=None,
            source="Sec. 3.4, Eq. 11 [C][S], epsilons of this suite",
        ),
        "noiseless_joint_ppgn_h": Variant(
            title="Noiseless Joint PPGN-h",
            space="code",
            prior=Name("sampling.priors:joint"),
            networks=MappingProxyType({"encoder": "classifier", **_NOISELESS}),
            epsilon=NOISELESS,
            searched=_shapes(**NOISELESS_ON_SHAPES),
            bounds=None,
            source="Sec. 3.5, Eq. 11 [C][S], epsilons of this suite",
        ),
        "vae_gan": Variant(
            title="VAE-GAN",
            space="code",
            prior=Name("sampling.priors:standard_normal"),
            networks=MappingProxyType({"condition": "classifier", "generator": "vae_gan"}),
            epsilon=epsilons(prior=0.0221, condition=0.221, noise=0.124),
            searched=_shapes(prior=0.0165, condition=0.931, noise=0.0931),
            bounds=None,
            source="relative of this suite: Larsen et al. 2016, with Eq. 11 on codes of its N(0, I)",
            update=Update(start=Name("sampling.starts:normal")),
        ),
    }
)


def _as_released(name: str, **values: float) -> Variant:
    """A sampler with everything as in the release's class script: epsilons, update, clip and start [C]."""
    of = _SEARCHED[name]
    return replace(
        of,
        title=f"{of.title}, as released",
        epsilon=epsilons(condition=1.0, noise=1e-17, **values),
        bounds=(0.0, 30.0),
        source="class script of the release [C]",
        conditions=MappingProxyType({"target_only": 1.0}),
        update=Update(normalise=1.0, noise_inside=True, start=STARTS["normal"]),
        searched={},
    )


VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {
        **_SEARCHED,
        "dgn_am_released": _as_released("dgn_am"),
        "ppgn_h_released": _as_released("ppgn_h", prior=1e-5),
        "joint_released": _as_released("joint_ppgn_h", prior=1e-5),
        "noiseless_released": _as_released("noiseless_joint_ppgn_h", prior=1e-5),
    }
)

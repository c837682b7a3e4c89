"""Synthetic images and chains of which every metric has a value that is not trivial: what its exact number is taken of.

Arrays have the names that METRICS reads. Samples are unlike real images: their features are shifted and wider, their
images noisier. Chains mix; three diverge, and some never have a picture or the classifier's confidence.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, Any]

SEED = 0
CLASSES = 4
PER_CLASS = 30  # of samples and of real images: more than 100 in all, so that subsets of 100 are some of them
TRAINING = 80
MODES = 8
SIZE = 16  # pixels a side
SPREAD = np.linspace(1.5, 0.5, 8)  # of features about their class's mean: one direction is the widest by far
CHAINS = 40
STEPS = np.arange(0, 810, 10)  # of draws; more than 500 are left after the warm-up
CORRELATION = 0.4  # of a chain's next draw with this one: R-hat is below 1.1, which ESS asks for
DIVERGED, DIVERGED_AT = 3, 300  # chains, step
FACTORS = ("background", "hue", "loop", "size", "slant", "thickness")  # that a metric is of
HUES, SIZES = (0, 1, 2, 0, 1, 2, -1, 0), (0, 0, 1, 1, -1, -1, -1, 1)  # that each target asks beside its class
SEEN = 0.7  # share of samples that show a value that is asked of them
UNITS, SHOWN, LIMIT = 3, 40, 6.0  # hidden units, images of each, how far apart those of one facet may be


class Shown(NamedTuple):
    """Images that a unit is shown by, as `facets.Shown`."""

    features: NDArray[np.float64]
    activation: NDArray[np.float64]
    pictures: NDArray[np.bool_]


def inputs() -> Arrays:
    """All arrays that METRICS reads, the same on every machine."""
    rng = np.random.default_rng(SEED)
    means = 2 * rng.standard_normal((CLASSES, len(SPREAD)))
    waves = _waves()
    labels = np.arange(CLASSES * PER_CLASS) % CLASSES
    sets = {
        "sample": _set(rng, labels, means + 0.5, 1.3 * SPREAD, waves, 0.15),
        "matched": _set(rng, labels, means, SPREAD, waves, 0.1),
        "reference": _set(rng, labels, means, SPREAD, waves, 0.1),
        "training": _set(rng, np.arange(TRAINING) % CLASSES, means, SPREAD, waves, 0.1),
        "chain": _chains(rng, means + 0.2),
    }
    arrays = {f"{of}.{name}": array for of, members in sets.items() for name, array in members.items()}
    arrays |= {f"{of}.targets": arrays[f"{of}.labels"] for of in ("sample", "chain")}
    logits, other = arrays["sample.logits"], np.random.default_rng(SEED + 1)  # what was there before stays as it was
    for part, doubt in {"half": 1.0, "quarter": 3.0}.items():
        arrays[f"sample.{part}_size_logits"] = logits + doubt * other.standard_normal(logits.shape)
    arrays["chain.halfway_logits"] = logits + 2 * other.standard_normal(logits.shape)
    arrays["chain.halfway_features"] = arrays["sample.features"] + other.standard_normal(
        arrays["sample.features"].shape
    )
    arrays["chain.compared"] = arrays["reference.labels"] == np.arange(CLASSES)[:, None]
    arrays |= {"band": np.array([0.125, 0.25])}
    other = np.random.default_rng(SEED + 2)
    return arrays | _asked(other, arrays) | _units(other, means) | _contexts(other, arrays)


def _waves() -> NDArray[np.float64]:
    """A picture of each class [class, 1, height, width]: a wave of its own direction."""
    angles = np.pi * np.arange(CLASSES)[:, None, None, None] / CLASSES
    row, column = np.mgrid[:SIZE, :SIZE]
    return 0.5 + 0.25 * np.sin(0.8 * (np.cos(angles) * row + np.sin(angles) * column))


def _set(
    rng: np.random.Generator,
    labels: NDArray[np.int64],
    means: NDArray[np.float64],
    spread: NDArray[np.float64],
    waves: NDArray[np.float64],
    noise: float,
) -> Arrays:
    """A set of images about their class's wave, and what a judge could say of them."""
    count = len(labels)
    images = waves[labels] + noise * rng.standard_normal((count, 1, SIZE, SIZE))
    return {
        "images": images.clip(0, 1).astype(np.float32),
        "labels": labels,
        "features": means[labels] + spread * rng.standard_normal((count, len(spread))),
        "logits": 3 * np.eye(CLASSES)[labels] + 1.5 * rng.standard_normal((count, CLASSES)),
        "modes": rng.integers(0, MODES, count),
        "accepted": rng.random(count) < 0.6,
    }


def _chains(rng: np.random.Generator, means: NDArray[np.float64]) -> Arrays:
    """Chains whose features are AR(1), which come nearer to real images and grow confident, each at a pace of its own.

    As in `chains.chain_arrays`, what follows a divergence is missing.
    """
    labels = np.arange(CHAINS) % CLASSES
    pace, fall, doubt = rng.uniform(20, 200, (CHAINS, 1)), rng.choice([0, 2, 4], (CHAINS, 1)), rng.random((CHAINS, 1))
    steps = np.arange(STEPS[-1] + 1)
    innovations = SPREAD * rng.standard_normal((len(STEPS), CHAINS, len(SPREAD)))
    features = [innovations[0]]
    for innovation in innovations[1:]:
        features.append(CORRELATION * features[-1] + np.sqrt(1 - CORRELATION**2) * innovation)
    diverged = np.where(np.arange(CHAINS) < DIVERGED, DIVERGED_AT, -1)
    arrays: Arrays = {
        "features": means[labels, None] + np.stack(features, 1),
        "modes": rng.integers(0, MODES, (CHAINS, len(STEPS))),
        "accepted": rng.random((CHAINS, len(STEPS))) < 0.05,
        "pictures": fall * np.exp(-STEPS / pace) + 0.02 * rng.standard_normal((CHAINS, len(STEPS))) < 0.03,
        "log_prob": -4 * np.exp(-steps / pace) - 0.15 * doubt**2,
        "labels": labels,
        "diverged": diverged,
        "steps": STEPS,
    }
    arrays["features"][:DIVERGED, STEPS >= DIVERGED_AT] = np.nan
    arrays["log_prob"][:DIVERGED, DIVERGED_AT:] = np.nan
    for name in ("accepted", "pictures"):
        arrays[name][:DIVERGED, STEPS >= DIVERGED_AT] = False
    return arrays


def _asked(rng: np.random.Generator, arrays: Arrays) -> Arrays:
    """What samples are asked for, by their targets the class, a hue and a size; most show it."""
    targets = np.arange(len(arrays["sample.labels"])) % len(HUES)
    asked = {"label": arrays["sample.labels"], "hue": np.array(HUES)[targets], "size": np.array(SIZES)[targets]}
    of_factors = {name: asked.get(name, rng.integers(-1, 3, len(targets))) for name in FACTORS}
    said = {name: _mostly(rng, values) for name, values in {**of_factors, "label": asked["label"]}.items()}
    each = {f"{of}.{name}": arrays[name] for of, arrays in (("asked", of_factors), ("said", said)) for name in FACTORS}
    beside = {name: asked[name] for name in ("hue", "size")}
    final = {"asked": asked, "asked_beside": beside, "said": said, "targets": targets}
    return each | {f"final.{name}": values for name, values in final.items()}


def _mostly(rng: np.random.Generator, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """These values, and some others in their place."""
    shown = rng.random(len(values)) < SEEN
    return np.where(shown & (values >= 0), values, rng.integers(0, 1 + values.max(), len(values)))


def _units(rng: np.random.Generator, means: NDArray[np.float64]) -> Arrays:
    """Samples of one or two classes that make a unit fire, beside training images of more, some no pictures."""

    def shown(kinds: int, activation: float) -> Shown:
        """Images of so many classes that are about so active; nine in ten are pictures."""
        centres = means[np.arange(SHOWN) % kinds]
        features = centres + 0.5 * SPREAD * rng.standard_normal((SHOWN, len(SPREAD)))
        return Shown(features, activation + rng.standard_normal(SHOWN), rng.random(SHOWN) < 0.9)

    pairs = [(shown(1 + number % 2, 5 + number), shown(CLASSES, 6)) for number in range(UNITS)]
    return {"unit.shown": pairs, "unit.limit": LIMIT}


def _contexts(rng: np.random.Generator, arrays: Arrays) -> Arrays:
    """Samples that fill the left or the upper half of real images of their classes, two contexts a class."""
    count = len(arrays["sample.labels"])
    targets = np.arange(count) % (2 * CLASSES)
    halves = np.arange(SIZE) >= SIZE // 2
    left, upper = np.broadcast_to(halves, (SIZE, SIZE)), np.broadcast_to(halves[:, None], (SIZE, SIZE))
    known = np.where((targets < CLASSES)[:, None, None, None], left, upper)
    originals, training = arrays["matched.images"][targets], arrays["training.images"]
    fill = {"originals": originals, "known": known, "nearest": training[targets]}
    fill |= {f"{of}_fill": np.where(known, originals, own) for of, own in (("nearest", training[targets]),
                                                                           ("mean", training.mean(0)))}  # fmt: skip
    sure = {"": 5, "nearest_fill_": 4, "mean_fill_": 2, "original_": 9}
    said = {f"{of}probability": rng.beta(value, 2, count) for of, value in sure.items()}
    own = {"images": arrays["sample.images"], "labels": arrays["sample.labels"], "targets": targets}
    own |= {"real": arrays["reference.images"], "real_labels": arrays["reference.labels"]}
    return {f"context.{name}": values for name, values in (fill | said | own).items()}

"""How each network is trained, as one table. A recipe is data; `training` reads it, an ablation changes one number.

A recipe that differs from one of the table has a name that says so, "joint+noise.h1=0.2+weights.gan=0", and its
networks a folder of that name. Nothing here imports torch: the workflow reads this table every time it is started.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ppgn_bench.lookup import Name


@dataclass(frozen=True)
class Recipe:
    """One network's training.

    network: its architecture; objective: a function of `objectives`; split: the images that train it; needs:
    recipes whose networks it needs; weights: loss term -> weight, each term being divided by the variance of its
    target; noise: where it is put -> standard deviation, for a generator as a fraction of the mean activation on
    images, h1 and codes, for a denoiser as a fraction of the range of images or of the mean of codes; budgeted:
    whether an experiment's `budget` scales its iterations.
    """

    title: str
    network: Name
    objective: Name
    iterations: int
    weights: Mapping[str, float]
    needs: tuple[str, ...] = ()
    split: str = "train"
    batch_size: int = 32
    learning_rate: float = 2e-3
    noise: Mapping[str, float] = field(default_factory=dict)
    budgeted: bool = True


SYMBOLS = {"image": "img", "h1": "h1", "code": "h", "gan": "GAN"}  # loss -> what stands below its L
PLACES = {"image": "x", "code": "h"}  # of training noise -> what a reader knows them by, where that is another name
LOSSES = ("image", "h1", "code", "gan")  # of a generator


def _at(level: float, *places: str) -> Mapping[str, float]:
    return MappingProxyType(dict.fromkeys(places, level))


_NOISELESS_LOSSES = MappingProxyType({"image": 5.0, "h1": 1.0, "gan": 0.01})

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "judge": Recipe(
            title="judge (held out)",
            network=Name("networks.judge:Judge"),
            objective=Name("training.objectives:judge"),
            iterations=1200,
            weights=MappingProxyType({"class": 1.0, "pooled": 1.0, "mode": 1.0}),
            split="judge",
            budgeted=False,
        ),
        "classifier": Recipe(
            title="classifier C = encoder E",
            network=Name("networks.classifier:Classifier"),
            objective=Name("training.objectives:classifier"),
            iterations=1000,
            weights=MappingProxyType({"class": 1.0, "pooled": 1.0}),
        ),
        "image_denoiser": Recipe(
            title="image denoiser R_x",
            network=Name("networks.denoisers:ImageDenoiser"),
            objective=Name("training.objectives:image_denoiser"),
            iterations=1500,
            weights=MappingProxyType({"image": 1.0}),
            noise=_at(0.1, "image"),
        ),
        "code_denoiser": Recipe(
            title="code denoiser R_h",
            network=Name("networks.denoisers:CodeDenoiser"),
            objective=Name("training.objectives:code_denoiser"),
            iterations=3000,
            weights=MappingProxyType({"code": 1.0}),
            needs=("classifier",),
            noise=_at(0.1, "code"),
        ),
        "generator": Recipe(
            title="generator G (noiseless)",
            network=Name("networks.generator:Generator"),
            objective=Name("training.objectives:generator"),
            iterations=4000,
            weights=_NOISELESS_LOSSES,
            needs=("classifier",),
            batch_size=16,
            learning_rate=3e-3,
            noise=_at(0.0, "image", "h1", "code"),
        ),
        "joint": Recipe(
            title="generator G (Joint)",
            network=Name("networks.generator:Generator"),
            objective=Name("training.objectives:generator"),
            iterations=4000,
            weights=MappingProxyType({**_NOISELESS_LOSSES, "code": 1.0}),
            needs=("classifier",),
            batch_size=16,
            learning_rate=3e-3,
            noise=_at(0.1, "image", "h1", "code"),
        ),
    }
)


def changed(recipe: Recipe, key: str, value: float) -> Recipe:
    """The recipe with one number changed.

    key: iterations, batch_size, learning_rate; noise (at every place that it has one) or noise.<place>; a loss'
    weights.<term>, where 0 drops the loss; budget, a factor on the iterations. Raises KeyError for another key.
    """
    group, _, part = key.partition(".")
    if key == "budget":
        return replace(recipe, iterations=max(1, round(recipe.iterations * value)))
    if key == "iterations":
        return replace(recipe, iterations=int(value))
    if key == "batch_size":
        return replace(recipe, batch_size=int(value))
    if key == "learning_rate":
        return replace(recipe, learning_rate=value)
    if key == "noise" and recipe.noise:
        return replace(recipe, noise=_at(value, *recipe.noise))
    if group == "noise" and part in recipe.noise:
        return replace(recipe, noise=MappingProxyType({**recipe.noise, part: value}))
    if group == "weights" and part in (LOSSES if recipe.network.short == "Generator" else recipe.weights):
        others = {term: weight for term, weight in recipe.weights.items() if term != part}
        return replace(recipe, weights=MappingProxyType({**others, part: value} if value else others))
    raise KeyError(key)


def name_of(recipe: Recipe) -> str:
    """Name of a changed recipe: the entry that it is nearest to, and what differs. Equal recipes have one name."""
    names = [
        [name, *(f"{key}={value:g}" for key, value in sorted(_differences(entry, recipe)))]
        for name, entry in RECIPES.items()
        if (entry.network, entry.objective, entry.split) == (recipe.network, recipe.objective, recipe.split)
    ]
    nearest: list[str] = min(names, key=len)
    return "+".join(nearest)


def named(name: str) -> Recipe:
    """Recipe of a name: a base, then what differs. Raises KeyError for a name that none can have."""
    base, *differences = name.split("+")
    recipe = RECIPES[base]
    for difference in differences:
        key, _, value = difference.partition("=")
        recipe = changed(recipe, key, float(value))
    return replace(recipe, title=title_of(name))


def title_of(name: str) -> str:
    """What a reader sees: the recipe's title and what differs; another name stays as it is."""
    base, *differences = name.split("+")
    if base not in RECIPES:
        return name
    changes = (difference.partition("=") for difference in differences)
    return ", ".join([RECIPES[base].title, *(change_in_words(key, float(value)) for key, _, value in changes)])


def number_in_words(key: str) -> str:
    """A recipe's number for readers: "noise.code" is "training noise on h", "weights.gan" is "weight of L_GAN"."""
    group, _, part = key.partition(".")
    if group == "weights":
        return f"weight of L_{SYMBOLS.get(part, part)}"
    if group == "noise" and part:
        return f"training noise on {PLACES.get(part, part)}"
    return "training noise" if group == "noise" else key.replace("_", " ")


def change_in_words(key: str, value: float) -> str:
    """A change of a recipe for readers: "training noise on h: 0.1", "iterations: 100"; "no L_GAN" for a weight of 0."""
    words = number_in_words(key)
    return words.replace("weight of", "no") if key.startswith("weights.") and value == 0 else f"{words}: {value:g}"


def _differences(base: Recipe, recipe: Recipe) -> Iterator[tuple[str, float]]:
    for key in ("iterations", "batch_size", "learning_rate"):
        if getattr(recipe, key) != getattr(base, key):
            yield key, getattr(recipe, key)
    for term in {**base.weights, **recipe.weights}:
        if recipe.weights.get(term) != base.weights.get(term):
            yield f"weights.{term}", recipe.weights.get(term, 0.0)
    levels = {place: level for place, level in recipe.noise.items() if level != base.noise[place]}
    if levels and len(set(recipe.noise.values())) == 1:
        yield "noise", next(iter(levels.values()))
    else:
        yield from ((f"noise.{place}", level) for place, level in levels.items())

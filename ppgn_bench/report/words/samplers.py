"""The samplers in words: what each is made of, what those with one generator differ in, what is changed in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pandas import DataFrame

from ppgn_bench.columns import TERMS
from ppgn_bench.report.results import Results
from ppgn_bench.report.words.numbers import listed
from ppgn_bench.report.words.terms import AXES, SETTING, SYMBOLS, equations
from ppgn_bench.storage.manifest import Sampler
from ppgn_bench.training.changes import PLACES, named, number_in_words, title_of
from ppgn_bench.training.changes import SYMBOLS as LOSSES
from ppgn_bench.training.recipes import RECIPES

BRACKETS = f"In brackets after a sampler that was run at several settings: {'/'.join(SYMBOLS.values())}."
OWN_CONTROLS = (
    "Controls depend on how many images they have: a sweep of fewer has controls of its own size, and so other values."
)
PRIORS = {  # prior -> its term
    "absent": "none",
    "denoised": "R(s) - s",
    "joint": "E(G(h)) - h",
    "standard_normal": "-z",
}
SWITCHES = {  # of an update -> what a reader sees, to go before its value
    "normalise": "normalised to",
    "noise_inside": "noise inside the normalisation",
    "lr_end": "step decays to",
    "bounds": "codes cut to",
    "condition": "condition by",
    "start": "start",
    "resets": "steps between resets",
    "redraw_prior": "ε1 redrawn in",
    "select": "p_C of those kept above",
}
VALUES = {  # of those switches
    "target_only": "the target's part of the gradient alone",
    "target_unit": "the target's part of a unit's gradient alone",
    "target_inpainting": "the target's part of the gradient alone, in a context",
    "raw_logit": "the gradient of the raw logit",
    "normal": "N(0, I)",
    "encoded": "codes of real images",
}


def once(results: Results) -> list[Sampler]:
    """The samplers that were measured, each once, with all names that it has here."""
    return [
        row.model_copy(update={"title": results.names[row.key]})
        for row in results.manifest.variants
        if row.key in results.names
    ]


def parts(sampler: Sampler) -> dict[str, str]:
    """All that the table of samplers says of one, column by column."""
    return {
        "sampler": sampler.title,
        "walks in": sampler.space,
        "prior term": prior_term(sampler),
        "noise in training": _training_noise(sampler.networks),
        "losses": _losses(sampler.networks),
        **{symbol: epsilon_words(sampler, term) for term, symbol in SYMBOLS.items()},
        "update": update_words(sampler.update),
        "networks": "; ".join(_served(title, roles) for title, roles in _serving(sampler).items()),
        "source": sampler.source.replace(", epsilons of this suite", ""),
    }


def epsilon_words(sampler: Sampler, term: str) -> str:
    """One of its epsilons: "0.1", or "0.1 / 0.2" where the data sets, in their order, have different ones."""
    values = [f"{own[term]:g}" for own in sampler.epsilon.values()]
    return " / ".join(values if len(set(values)) > 1 else values[:1])


def _serving(sampler: Sampler) -> dict[str, list[str]]:
    """Title of a network -> the roles that it serves."""
    serving: dict[str, list[str]] = {}
    for role, recipe in sampler.networks.items():
        serving.setdefault(title_of(recipe), []).append(role)
    return serving


def _served(title: str, roles: Sequence[str]) -> str:
    """A network and the roles that it serves, where its title does not say them: "encoder and condition: ..."."""
    return title if set(roles) <= set(title.split()) else f"{' and '.join(roles)}: {title}"


def prior_term(sampler: Sampler) -> str:
    """The prior's term as the paper writes it, or what it is called."""
    return PRIORS.get(sampler.prior, sampler.prior.replace("_", " "))


def _training_noise(networks: Mapping[str, str]) -> str:
    """Where noise was put, and how much, while the network that makes the prior was trained."""
    recipe = networks.get("denoiser") or networks.get("generator")
    if recipe is None or recipe.partition("+")[0] not in RECIPES:
        return "-" if recipe is None else "not known"
    noisy = {PLACES.get(place, place): level for place, level in named(recipe).noise.items() if level}
    if len(noisy) > 1 and len(set(noisy.values())) == 1:
        return f"{100 * next(iter(noisy.values())):g} % on {', '.join(noisy)}"
    return "; ".join(f"{100 * level:g} % on {place}" for place, level in noisy.items()) or "none"


def _losses(networks: Mapping[str, str]) -> str:
    """The losses that its generator was trained with, and the weight of one that is not the usual one: the Joint's, or
    its own recipe's where the Joint has no such loss.
    """
    recipe = networks.get("generator")
    if recipe is None or recipe.partition("+")[0] not in RECIPES:
        return "-" if recipe is None else "not known"
    own, usual = named(recipe).weights, {**RECIPES[recipe.partition("+")[0]].weights, **RECIPES["joint"].weights}
    return ", ".join(
        symbol if own[term] == usual.get(term) else f"{symbol} × {own[term]:g}"
        for term, symbol in LOSSES.items()
        if own.get(term)
    )


def update_words(update: Mapping[str, Any]) -> str:
    """How an update differs from the plain one: "normalised to 1; codes cut to 0..30"."""
    return "; ".join(_switch(name, value) for name, value in update.items()) or "plain"


def _switch(name: str, value: Any) -> str:
    said = SWITCHES.get(name, name.replace("_", " "))
    if isinstance(value, bool):
        return said if value else f"{said}: no"
    if isinstance(value, (list, tuple)):
        return f"{said} {'..'.join(f'{end:g}' for end in value)}"
    return f"{said} {VALUES.get(value, value.replace('_', ' ')) if isinstance(value, str) else f'{value:g}'}"


# ------------------------------------------------------------------------------------- samplers that share a generator


def shared_generators(samplers: Sequence[Sampler]) -> list[str]:
    """One sentence for each generator that several samplers use: what they can still differ in."""
    users: dict[str, list[Sampler]] = {}
    for row in samplers:
        if "generator" in row.networks:
            users.setdefault(row.networks["generator"], []).append(row)
    sentences = []
    for recipe, rows in users.items():
        if len(rows) > 1:
            served = f"One and the same network, {title_of(recipe)}, serves {listed([row.title for row in rows])}"
            sentences.append(f"{served}: {_differences(rows)}.")
            sentences += _prior_alone(rows) + _autoencoder_alone(rows)
    return sentences


def _differences(rows: Sequence[Sampler]) -> str:
    """What samplers with one generator differ in alone, each with its own: all that a chain depends on is compared."""
    # Who has an encoder at all follows from the prior's term.
    roles = dict.fromkeys(role for row in rows for role in row.networks if role != "encoder")
    values: dict[str, list[str]] = {
        "the space": [row.space for row in rows],
        "the prior term": [prior_term(row) for row in rows],
        **{symbol: [epsilon_words(row, term) for row in rows] for term, symbol in SYMBOLS.items()},
        **{f"the {role}": [title_of(row.networks.get(role, "none")) for row in rows] for role in roles},
        "the update": [update_words(row.update) for row in rows],
    }
    differ = {name: of_rows for name, of_rows in values.items() if len(set(of_rows)) > 1}
    if not differ:
        return "they are the same sampler"
    each = [
        f"{row.title}: {', '.join(_own(name, of_rows[place]) for name, of_rows in differ.items())}"
        for place, row in enumerate(rows)
    ]
    return f"they differ in {listed([*differ])} alone ({'; '.join(each)})"


def _own(name: str, value: str) -> str:
    return f"{name.removeprefix('the ')}: {value}" if name.startswith("the ") else f"{name} = {value}"


def _prior_alone(rows: Sequence[Sampler]) -> list[str]:
    """Of samplers with one generator: those that share all but the prior, its epsilon and its own network."""
    same: dict[str, dict[str, str]] = {}
    for row in rows:
        own = row.prior, epsilon_words(row, "prior"), row.networks.get("denoiser")
        others = epsilon_words(row, "condition"), epsilon_words(row, "noise")
        rest = row.space, *others, row.update, row.networks.get("condition")
        same.setdefault(str(rest), {}).setdefault(str(own), row.title)
    return [
        f"Of these, {listed([*titles.values()])} have the same ε2 and ε3 as well: they differ in the prior alone."
        for titles in same.values()
        if 1 < len(titles) < len(rows)
    ]


def _autoencoder_alone(rows: Sequence[Sampler]) -> list[str]:
    """Of samplers with one generator: what makes the joint prior, R_h(h) = E(G(h)), of none."""
    without = [row.title for row in rows if row.prior == "absent"]
    return [
        f"{row.title} is the generator of {without[0]} with the prior term E(G(h)) - h: no network of its own."
        for row in rows
        if row.prior == "joint" and without
    ]


# --------------------------------------------------------------------------------------------- what is changed in them


def axis_words(axis: str) -> str:
    """An ablation's axis as a reader sees it: an epsilon of the chain, or what the networks were trained with."""
    epsilon, _, term = axis.partition("_")
    return AXES[TERMS.index(term)] if epsilon == "epsilon" and term in TERMS else number_in_words(axis)


def axis_unit(axis: str) -> str:
    """The unit of an ablation's axis, as a recipe has it; nothing for a plain number."""
    return " (of the mean activation)" if axis.partition(".")[0] == "noise" else ""


def at_epsilons(results: Results, dataset: str, sweep: str, keys: Sequence[str]) -> str:
    """The epsilons of these samplers in a sweep, to end a caption with; nothing where they have several."""
    here = results.here(dataset, sweep)
    settings = here[here.variant.isin(list(keys))][SETTING].drop_duplicates().to_numpy().tolist()
    return f"; {equations(settings[0])}" if len(settings) == 1 else ""


def brackets(frame: DataFrame) -> str:
    """What stands in brackets after a sampler that was run at several epsilons. frame: a main table."""
    rows = zip(frame.row, frame.epsilons, strict=True)
    several = any(epsilons and str(row).endswith(f"({epsilons})") for row, epsilons in rows)
    return BRACKETS if several else ""


def own_controls(results: Results, dataset: str, sweep: str) -> str:
    """That controls depend on the size of a sample, where this sweep has some of its own."""
    own = any(place[:2] == (dataset, sweep) for place in results.sized_values)
    return " ".join(filter(None, (OWN_CONTROLS if own else "", other_controls(results, dataset, sweep))))


def other_controls(results: Results, dataset: str, sweep: str) -> str:
    """Where the controls of samplers stand whose targets give another number of samples; nothing where all have one."""
    sized = sorted({place for of, place, _ in results.sized_values if of == dataset and place.startswith(f"{sweep}+")})
    numbers = {place: place.removeprefix(f"{sweep}+").replace("_", " ") for place in sized}
    return " ".join(
        f"Samplers with {number} in all have controls of that number, in the rows “{place}” of metrics.csv."
        for place, number in numbers.items()
    )

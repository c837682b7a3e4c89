"""An example of a results folder in the true formats, for a report that needs nothing sampled."""

import itertools
import math

import numpy as np
import pandas as pd

from ppgn_bench.claims.verdicts import verdicts
from ppgn_bench.columns import CONTROLS_CHECK, COSTS, CURVES, EPSILONS, METRICS_TABLE, NETWORKS_CHECK, TARGETS
from ppgn_bench.metrics.table import CONTROLS, METRICS
from ppgn_bench.sampling.variants import VARIANTS
from ppgn_bench.storage import files
from ppgn_bench.storage.manifest import Ablation, Dataset, Judge, Manifest, Network, Run, Sampler

KEYS = ["am", "dgn_am", "joint_ppgn_h"]
IMAGES = {"digits": (1, 16, 16), "shapes": (3, 24, 24)}
CLASSES = tuple(map(str, range(10)))
SWEEP = "own"
COLUMNS = list(METRICS_TABLE)
JUDGE = "0123456789ab"
RESPLITS = 4  # of real images, but where there is one seed
RUNS = {"quality": 5, "mixing": 31}  # draws


def a_value(rng, metric, level):
    """A number that the metric could give; level 0 (bad) to 1 (good)."""
    if metric.transform == "logit":
        return float(np.clip(0.2 + 0.7 * level + rng.normal(0, 0.02), 0.01, 0.99))
    if metric.transform == "log":
        return float(np.exp(4 - 3 * level + rng.normal(0, 0.1)))
    return float(1.5 - level + rng.normal(0, 0.05))


def metric_rows(dataset, variant, seeds, level, runs):
    epsilon = VARIANTS[variant].epsilon if variant in VARIANTS else None
    setting = tuple(epsilon.values()) if epsilon else (np.nan,) * len(EPSILONS)
    sweep = SWEEP if epsilon else "controls"
    rows = []
    for place, (name, metric) in enumerate(METRICS.items()):
        if metric.run in runs and not metric.of_conditions and (dataset == "shapes" or not metric.known_modes):
            for seed in seeds:
                rng = np.random.default_rng([seed, place, len(variant)])
                value, judge = a_value(rng, metric, level), JUDGE if metric.asks_judge else ""
                rows.append((dataset, sweep, variant, seed, *setting, name, value, judge))
    return rows


def save_chain_results(folder, dataset, variant, seeds, runs):
    epsilon = VARIANTS[variant].epsilon
    setting = tuple(epsilon.values())
    rng = np.random.default_rng(len(variant))
    rows, arrays = [], {}
    for run in runs:
        steps = 10 * np.arange(RUNS[run])
        for seed, step in itertools.product(seeds, steps):
            levels = {
                **dict.fromkeys(("p_condition", "distance"), (0.2, 0.5 + 0.01 * seed, 0.8)),
                **dict.fromkeys(("to_picture", "to_confidence"), (np.nan, np.exp(-step * (1 + seed) / 20), np.nan)),
            }
            key = (dataset, SWEEP, variant, seed, *setting, run)
            rows += [(*key, curve, step, *values) for curve, values in levels.items()]
        shapes = {"grid": (10, 8), "best": (10,), "worst": (10,), "strip": (2, len(steps))}
        for name, shape in shapes.items():
            arrays[f"{run}.{name}"] = rng.integers(0, 256, (*shape, *IMAGES[dataset]), dtype=np.uint8)
        arrays |= {f"{run}.strip_steps": steps, f"{run}.strip_targets": np.array([0, 8])}
    files.save_table(folder / f"{variant}.curves.csv", pd.DataFrame(rows, columns=list(CURVES)))
    files.save_arrays(folder / f"{variant}.pictures.safetensors", arrays, {"kind": "pictures"})


def save_map(root, dataset="digits", variant="joint_ppgn_h", priors=(0.0, 0.1, 1.0), noises=(0.0, 0.1)):
    """Add a sweep "map" over a grid of epsilons, with a picture of every setting."""
    settings = np.array([(prior, 2.0, noise, 0.0) for prior in priors for noise in noises])
    rng = np.random.default_rng(7)
    rows = [
        (dataset, "map", variant, seed, *setting, name, a_value(rng, METRICS[name], level), JUDGE)
        for setting, level in zip(settings, np.linspace(0, 1, len(settings)), strict=True)
        for name in ("frechet_distance", "judge_accuracy")
        for seed in (0, 1, 2)
    ]
    metrics = files.load_table(root / "metrics.csv", list(METRICS_TABLE))
    files.save_table(root / "metrics.csv", pd.concat([metrics, pd.DataFrame(rows, columns=COLUMNS)]))
    cells = rng.integers(0, 256, (len(settings), 10, *IMAGES[dataset]), dtype=np.uint8)
    path = root / "metrics" / dataset / "map" / f"{variant}.pictures.safetensors"
    arrays = {"quality.cells": cells, "quality.cells_settings": settings}
    files.save_arrays(path, arrays, {"kind": "pictures"})


def save_claims(root):
    """Judge the example's numbers."""
    check = files.load_table(root / "controls_check.csv", CONTROLS_CHECK)
    table, parts = verdicts(files.load_table(root / "metrics.csv", list(METRICS_TABLE)), check)
    files.save_table(root / "claims.csv", table)
    files.save_table(root / "claims.parts.csv", parts)


def save_results(root, keys=KEYS, seeds=(0, 1, 2), runs=tuple(RUNS), datasets=tuple(IMAGES)):
    """A results folder in the true formats; its values are examples. Returns its manifest."""
    rows, costs = [], []
    for dataset in datasets:
        for place, control in enumerate(CONTROLS):
            resplits = range(RESPLITS if control == "real" and len(seeds) > 1 else 1)
            rows += metric_rows(dataset, control, resplits, 1 - place / len(CONTROLS), ("quality",))
        real = np.random.default_rng(9).integers(0, 256, (10, 8, *IMAGES[dataset]), dtype=np.uint8)
        path = root / "metrics" / dataset / "controls.pictures.safetensors"
        controls = {f"control.{control}": real[:, place % 8] for place, control in enumerate(CONTROLS)}
        files.save_arrays(path, {"grid": real} | controls, {"kind": "pictures"})
        costs += [("training", dataset, "", "generator", seed, "cpu", 20.0 + seed, np.nan, 800.0) for seed in seeds]
        for place, variant in enumerate(keys):
            rows += metric_rows(dataset, variant, seeds, (place + 1) / (len(keys) + 1), runs)
            save_chain_results(root / "metrics" / dataset / SWEEP, dataset, variant, seeds, runs)
            costs += [("sampling", dataset, SWEEP, variant, seed, "cpu", 4.0 + seed, 3e3, 700.0) for seed in seeds]
    files.save_table(root / "metrics.csv", pd.DataFrame(rows, columns=COLUMNS))
    files.save_table(root / "costs.csv", pd.DataFrame(costs, columns=list(COSTS)))
    check = [
        (dataset, "frechet_distance", "real", "<", worse, 10.0, value, math.log(10 / value), 0.2, value > 10)
        for dataset in datasets
        for worse, value in {"repeated": 500.0, "noise": 900.0}.items()
    ]
    files.save_table(root / "controls_check.csv", pd.DataFrame(check, columns=list(CONTROLS_CHECK)))
    numbers = {"discriminator": (0.8, 0.6), "joint_identity": (0.004, 0.003)}
    checks = [
        (dataset, "joint", seed, check, *pair, check == "discriminator", check == "discriminator")
        for dataset in datasets
        for seed in seeds
        for check, pair in numbers.items()
    ]
    files.save_table(root / "networks_check.csv", pd.DataFrame(checks, columns=list(NETWORKS_CHECK)))
    return a_manifest(root, keys, seeds, runs, datasets)


THE_JUDGE = Judge(
    title="judge: an example", file="ppgn_bench/judges/digits/judge.safetensors", hash="0123456789ab", accuracy=0.975,
    mode_accuracy=None,
)  # fmt: skip


def a_manifest(root, keys=KEYS, seeds=(0, 1, 2), runs=tuple(RUNS), datasets=tuple(IMAGES)):
    """What the manifest of such results says; it writes the loss logs of a network beside them."""
    networks = []
    for dataset, seed in itertools.product(datasets, seeds):
        path = root.parent / "networks" / dataset / "generator" / f"seed_{seed}.losses.csv"
        losses = [(s, t, 5.0 / (s + 1) + 0.1 * seed) for s in range(0, 200, 20) for t in ("image", "gan")]
        files.save_table(path, pd.DataFrame(losses, columns=["step", "term", "value"]))
        networks.append(Network(dataset=dataset, recipe="generator", seed=seed, weights="", losses=str(path)))
    sizes = {"train": 1000, "judge": 397, "reference": 200, "control": 200}
    return Manifest(
        name="example",
        datasets=tuple(
            Dataset(name=name, title=name, source="an example", image=IMAGES[name], modes=0,
                    classes=CLASSES, sizes=sizes, networks=(), judges=(THE_JUDGE,))
            for name in datasets
        ),
        sweeps=tuple(
            Run(name=SWEEP, run=run, chains_per_target=30, steps=200, keep_every=10, without=None) for run in runs
        ),
        variants=tuple(a_sampler(key) for key in keys),
        ablations=(),
        networks=tuple(networks),
        worlds=(),
        hardware={"processor": "an example", "cores": "2"},
        versions={"numpy": "2"},
        settings={"name": "example", "seeds": list(seeds)},
    )  # fmt: skip


def a_sampler(of, **other):
    """What a manifest says of a sampler of the table; other: what is other in this one."""
    own = VARIANTS[of]
    parts = {"key": of, "title": own.title, "space": own.space, "prior": own.prior.short, "source": own.source}
    parts |= {"networks": dict(own.networks), "update": {}}
    parts["epsilon"] = {dataset: dict(own.epsilon) for dataset in IMAGES}
    parts["targets"] = dict.fromkeys(IMAGES, CLASSES)
    return Sampler(**parts | other)


def an_ablation(name, samplers, axes=None, **other):
    """An ablation of Joint with these samplers, key -> value on each axis."""
    parts = {"name": name, "title": name, "of": "joint_ppgn_h", "ladder": None, "axes": axes or {}}
    return Ablation(samplers=samplers, **parts | other)


def changed(manifest, **parts):
    """The manifest with other parts."""
    return manifest.model_copy(update=parts)


def save_light(root, **few):
    """One data set and its tables alone: what draws few figures and so is built fast."""
    manifest = save_results(root, **{"keys": KEYS[:1], "datasets": ("digits",), "runs": ("quality",)} | few)
    for path in [*root.rglob("*.safetensors"), *root.rglob("*.curves.csv"), *root.parent.rglob("*.losses.csv")]:
        path.unlink()
    return manifest


# --------------------------------------------------------------------------------------- conditions that are no classes

OF_CONDITIONS = {  # sampler -> what is other in it, its targets, and metric -> a value for all targets, or for each
    "swapped": ({"condition": "own_values"}, ("thin", "thick", "loop"),
                {"target_met": 0.9, "best_target_met": 0.9, "met_thickness": (0.8, 0.9, None),
                 "met_loop": (None, None, 0.7)}),
    "random_codes": ({"condition": "own_values"}, ("thin", "thick", "loop"),
                     {"target_met": 0.3, "best_target_met": 0.3, "met_thickness": (0.3, 0.4, None),
                      "met_loop": (None, None, 0.5)}),
    "old": ({"condition": "own_class + 0 own_values"}, ("0 + thin", "1 + thin"),
            {"best_target_met": 0.6, "met_thickness": (0.25, 0.625)}),
    "units": ({"condition": "hidden_unit"}, ("unit 1", "unit 2"),
              {"unit_activation": 1.25, "unit_facets": (2.0, 4.0), "real_unit_facets": 3.0}),
    "units_dgn_am": ({"condition": "hidden_unit"}, ("unit 1", "unit 2"),
                     {"unit_activation": 1.5, "unit_facets": (1.0, 1.0), "real_unit_facets": 3.0}),
    "captions": ({"condition": "caption"}, ("a small red disc on a dark ground", "a red ring on a light ground"),
                 {"target_met": (0.5, 0.25), "met_hue": (0.75, 0.5), "met_size": (0.5, None), "judge_accuracy": 0.875}),
    "fill+epsilon_context=0": ({"condition": "inpainting"}, ("0 #1 left", "1 #1 left"),
                               {"context_error": 0.3, "fill_probability": 0.9, "context_error_of_nearest": 0.2,
                                "fill_probability_of_original": 0.95, "fill_diversity": 0.8}),
    "fill+epsilon_context=0.01": ({"condition": "inpainting"}, ("0 #1 left", "1 #1 left"),
                                  {"context_error": 0.1, "fill_probability": 0.85, "context_error_of_nearest": 0.2,
                                   "fill_probability_of_original": 0.95, "fill_diversity": 0.4}),
    "class_and_stroke": ({"condition": "own_class + own_values"}, ("1 + loop", "7 + thick", "2 + thin"),
                         {"target_met": (0.01, 0.5, 0.9), "met_loop": (0.02, None, None),
                          "met_thickness": (None, 0.5, 0.9), "training_images": (0, 0, 12)}),
    "class_in_context": ({"condition": "own_class + context"}, ("3 + 8 #1 left",),
                         {"fill_probability": 0.5, "context_error": 0.125, "training_images": 100}),
}  # fmt: skip
FILES_OF_SEEDS = {"0": "0" * 64, "1": "1" * 64, "2": "2" * 64}


def save_conditions(root, keys=tuple(OF_CONDITIONS), seeds=(0, 1, 2), dataset="digits", hashes=FILES_OF_SEEDS):
    """Add samplers of other conditions to a folder of results; return what the manifest says of them.

    Values differ between seeds by their thousandths.
    """
    rows, samplers = [], []
    for key in keys:
        update, names, values = OF_CONDITIONS[key]
        still = key.startswith("random")
        context = float(key.partition("=")[2] or 0)
        terms = {"prior": 0.1, "condition": 1.0, "noise": 0.0}
        epsilon = {term: 0.0 if still else value for term, value in terms.items()} | {"context": context}
        own = {"key": key, "title": key.replace("_", " "), "update": update}
        own |= {"targets": {dataset: names}, "epsilon": {dataset: epsilon}}
        of = a_sampler("dgn_am" if "dgn_am" in key else "joint_ppgn_h", **own)
        samplers.append(of)
        targets = []
        for seed, (metric, value) in itertools.product(seeds, values.items()):
            setting = (dataset, SWEEP, key, seed, *epsilon.values())
            each = value if isinstance(value, tuple) else (value,) * len(names)
            known = [one for one in each if one is not None]
            if metric != "training_images":
                rows.append((*setting, metric, sum(known) / len(known) + seed / 1000, JUDGE))
            moved = 0 if metric == "training_images" else seed / 1000
            targets += [(*setting, name, metric, np.nan if one is None else one + moved)
                        for name, one in zip(names, each, strict=True) if metric != "judge_accuracy"]  # fmt: skip
        place = root / "metrics" / dataset / SWEEP
        files.save_table(place / f"{key}.targets.csv", pd.DataFrame(targets, columns=list(TARGETS)))
        header = {"kind": "pictures", "networks": {str(seed): {"generator": hashes[str(seed)]} for seed in seeds}}
        files.save_arrays(place / f"{key}.pictures.safetensors", _pictures_of(len(names), dataset, update), header)
    metrics = files.load_table(root / "metrics.csv", list(METRICS_TABLE))
    files.save_table(root / "metrics.csv", pd.concat([metrics, pd.DataFrame(rows, columns=COLUMNS)]))
    return tuple(samplers)


def _pictures_of(count, dataset, update):
    """Pictures of samples of so many targets, and what stands beside them."""
    rng = np.random.default_rng(count)
    beside = {
        "hidden_unit": {"top": (count, 8)},
        "inpainting": {"masked": (count,), "original": (count,)},
        "own_class + context": {"masked": (count,), "original": (count,)},
    }
    shapes = {"grid": (count, 8)} | beside.get(update["condition"], {})
    arrays = {f"quality.{name}": rng.integers(0, 256, (*shape, *IMAGES[dataset]), dtype=np.uint8)
              for name, shape in shapes.items()}  # fmt: skip
    return arrays | ({"quality.units": np.arange(count)} if "hidden_unit" in update["condition"] else {})


def with_conditions(root, manifest, **few):
    """The manifest with samplers of other conditions, whose results are saved."""
    added = save_conditions(root, **few)
    fill = [row.key for row in added if row.key.startswith("fill")]
    axes = {"epsilon_context": tuple(float(key.partition("=")[2]) for key in fill)}
    of = {key: {"epsilon_context": value} for key, value in zip(fill, axes["epsilon_context"], strict=True)}
    more = (an_ablation("fill", of, axes),) if fill else ()
    return changed(manifest, variants=(*manifest.variants, *added), ablations=(*manifest.ablations, *more))

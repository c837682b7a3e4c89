"""An example of results of samplers that are steered to something else than classes, in the true formats."""

import itertools

import numpy as np
import pandas as pd

from ppgn_bench.columns import EPSILONS, METRICS_TABLE, TARGETS
from ppgn_bench.metrics.table import METRICS
from ppgn_bench.storage import files
from tests.example_results import COLUMNS, IMAGES, JUDGE, SWEEP, a_sampler, an_ablation, changed

OF_CONDITIONS = {  # sampler -> what is other in it, its targets, and metric -> a value for all targets, or for each
    "swapped": ("own_values", ("thin", "thick", "loop"),
                {"target_met": 0.9, "best_target_met": 0.9, "met_thickness": (0.8, 0.9, None),
                 "met_loop": (None, None, 0.7)}),
    "random_codes": ("own_values", ("thin", "thick", "loop"),
                     {"target_met": 0.3, "best_target_met": 0.3, "met_thickness": (0.3, 0.4, None),
                      "met_loop": (None, None, 0.5)}),
    "old": ("own_class + 0 own_values", ("0 + thin", "1 + thin"),
            {"best_target_met": 0.6, "met_thickness": (0.25, 0.625)}),
    "units": ("hidden_unit", ("unit 1", "unit 2"),
              {"unit_activation": 1.25, "unit_facets": (2.0, 4.0), "real_unit_facets": 3.0}),
    "units_dgn_am": ("hidden_unit", ("unit 1", "unit 2"),
                     {"unit_activation": 1.5, "unit_facets": (1.0, 1.0), "real_unit_facets": 3.0}),
    "captions": ("caption", ("a small red disc on a dark ground", "a red ring on a light ground"),
                 {"target_met": (0.5, 0.25), "met_label": (0.75, 1.0), "met_hue": (0.75, 0.5), "met_size": (0.5, None),
         "judge_accuracy": 0.875}),
    "fill+epsilon_context=0": ("inpainting", ("0:1 left", "1:1 left"),
                               {"context_error": 0.3, "fill_probability": 0.9, "context_error_of_nearest": 0.2,
                                "fill_probability_of_original": 0.95, "fill_diversity": 0.8}),
    "fill+epsilon_context=0.01": ("inpainting", ("0:1 left", "1:1 left"),
                                  {"context_error": 0.1, "fill_probability": 0.85, "context_error_of_nearest": 0.2,
                                   "fill_probability_of_original": 0.95, "fill_diversity": 0.4}),
    "class_and_stroke": ("own_class + own_values", ("1 + loop", "7 + thick", "2 + thin"),
                         {"target_met": (0.01, 0.5, 0.9), "met_loop": (0.02, None, None),
                          "met_thickness": (None, 0.5, 0.9), "training_images": (0, 0, 12)}),
    "class_in_context": ("own_class + context", ("3 + 8:1 left",),
                         {"fill_probability": 0.5, "context_error": 0.125, "training_images": 100}),
}  # fmt: skip
FILES_OF_SEEDS = {"0": "0" * 64, "1": "1" * 64, "2": "2" * 64}


def save_conditions(root, keys=tuple(OF_CONDITIONS), seeds=(0, 1, 2), dataset="digits", hashes=FILES_OF_SEEDS):
    """Add samplers of other conditions to a folder of results; return what the manifest says of them.

    Values differ between seeds by their thousandths; real images show what they should.
    """
    none = (np.nan,) * len(EPSILONS)
    rows = [(dataset, "controls", "real", seed, *none, name, 0.96875, JUDGE)
            for name in ("met_thickness", "met_loop") for seed in range(2)]  # fmt: skip
    samplers = tuple(_sampler(key, dataset) for key in keys)
    for sampler in samplers:
        found, targets = _values(sampler, seeds, dataset)
        rows += found
        place = root / "metrics" / dataset / SWEEP
        files.save_table(place / f"{sampler.key}.targets.csv", pd.DataFrame(targets, columns=list(TARGETS)))
        header = {"kind": "pictures", "networks": {str(seed): {"generator": hashes[str(seed)]} for seed in seeds}}
        files.save_arrays(place / f"{sampler.key}.pictures.safetensors", _pictures_of(sampler, dataset), header)
    metrics = files.load_table(root / "metrics.csv", list(METRICS_TABLE))
    files.save_table(root / "metrics.csv", pd.concat([metrics, pd.DataFrame(rows, columns=COLUMNS)]))
    return samplers


def _sampler(key, dataset):
    condition, names, _ = OF_CONDITIONS[key]
    still, context = key.startswith("random"), float(key.partition("=")[2] or 0)
    epsilon = {"prior": 0.1, "condition": 1.0, "noise": 0.1, "context": context}
    own = {"key": key, "title": key.replace("_", " "), "update": {"condition": condition}, "targets": {dataset: names}}
    own["epsilon"] = {dataset: dict.fromkeys(epsilon, 0.0) if still else epsilon}
    return a_sampler("dgn_am" if "dgn_am" in key else "joint_ppgn_h", **own)


def _values(sampler, seeds, dataset):
    """Rows of a sampler, of all its targets and of each."""
    rows, of_targets, names = [], [], sampler.targets[dataset]
    for seed, (metric, value) in itertools.product(seeds, OF_CONDITIONS[sampler.key][2].items()):
        setting = (dataset, SWEEP, sampler.key, seed, *sampler.epsilon[dataset].values())
        each = value if isinstance(value, tuple) else (value,) * len(names)
        known = [one for one in each if one is not None]
        if metric in METRICS:
            rows.append((*setting, metric, sum(known) / len(known) + seed / 1000, JUDGE))
        moved = 0 if metric == "training_images" else seed / 1000
        if metric != "judge_accuracy":
            of_targets += [(*setting, name, metric, np.nan if one is None else one + moved)
                           for name, one in zip(names, each, strict=True)]  # fmt: skip
    return rows, of_targets


def _pictures_of(sampler, dataset):
    """Pictures of samples of so many targets, and what stands beside them."""
    count, condition = len(sampler.targets[dataset]), sampler.update["condition"]
    rng = np.random.default_rng(len(sampler.key))
    beside = {
        "hidden_unit": {"top": (count, 8)},
        "inpainting": {"masked": (count,), "original": (count,)},
        "own_class + context": {"masked": (count,), "original": (count,)},
    }
    shapes = {"grid": (count, 8)} | beside.get(condition, {})
    arrays = {f"quality.{name}": rng.integers(0, 256, (*shape, *IMAGES[dataset]), dtype=np.uint8)
              for name, shape in shapes.items()}  # fmt: skip
    return arrays | ({"quality.units": np.arange(count)} if "hidden_unit" in condition else {})


def with_conditions(root, manifest, **few):
    """The manifest with samplers of other conditions, whose results are saved."""
    added = save_conditions(root, **few)
    fill = [row.key for row in added if row.key.startswith("fill")]
    axes = {"epsilon_context": tuple(float(key.partition("=")[2]) for key in fill)}
    of = {key: {"epsilon_context": value} for key, value in zip(fill, axes["epsilon_context"], strict=True)}
    more = (an_ablation("fill", of, axes),) if fill else ()
    return changed(manifest, variants=(*manifest.variants, *added), ablations=(*manifest.ablations, *more))

"""Metrics as a reader knows them: which ones lead, their short names, and where better is."""

from __future__ import annotations

import re

from ppgn_bench.metrics.table import METRICS

HEADLINES = ("frechet_distance", "judge_accuracy", "coverage", "precision", "within_class_dissimilarity",
             "modes_covered", "steering_probability", "judge_probability", "total_variation_distance",
             "steps_to_picture", "lagged_distance_500")  # fmt: skip
ALONG = (*HEADLINES, "high_frequency_distance")  # what is drawn along a change
HEADINGS = {  # metric -> its name where its title is too long, as over a column or a panel
    "judge_accuracy": "judge accuracy",
    "accuracy_at_half_size": "accuracy at half size",
    "accuracy_at_quarter_size": "accuracy at quarter size",
    "within_class_dissimilarity": "1 − SSIM",
    "modes_covered": "modes covered",
    "steps_to_picture": "steps to picture",
    "lagged_distance_500": "lag-500 distance",
    "high_frequency_distance": "high frequencies",
    "confident_share": "p_C > 0.98",
    "steering_probability": "p (steering)",
    "judge_probability": "p (judge)",
    "top_5_accuracy": "judge's top-5",
    "total_variation_distance": "total variation",
    "diverged_share": "diverged",
    "target_met": "all met",
    "best_target_met": "met by the best target",
    **{name: f"{name.removeprefix('met_')} met" for name in METRICS if name.startswith("met_")},
    "unit_activation": "activation over that of top images",
    "unit_facets": "facets of samples",
    "real_unit_facets": "facets of top images",
    "context_error": "context error",
    "context_error_of_nearest": "context error of the nearest image",
    "hole_error": "hole error",
    "hole_error_of_nearest": "hole error, nearest image",
    "hole_error_of_mean": "hole error, mean image",
    "fill_diversity": "diversity of fills",
    "fill_probability": "p(class) of fills",
    "fill_probability_of_nearest": "p(class), nearest image",
    "fill_probability_of_mean": "p(class), mean image",
    "fill_probability_of_original": "p(class), originals",
    "training_images": "training images",
}
BOLD = (
    "Bold: best, and separated from every other sampler by the paired interval over seeds (pairs are not corrected for "
    "their number)."
)
OF_CONTROLS = (
    "Controls come last: their mean over the ways to part real images in two halves, and where one such half lies; no "
    "interval where they were measured once."
)
FAILS = "†: not admitted on this data set, so that no claim on it is decided there; “Do the metrics work?” says why."
ARROWS = {"higher": "↑", "lower": "↓", "real": "→ real"}
AIMS = {"higher": "higher is better", "lower": "lower is better", "real": "closest to real"}


def short(name: str) -> str:
    """The title without its remarks; a name that is no metric's stays."""
    return re.split(r"[:,]| \((?!judge\)|own Inception\))", METRICS[name].title)[0] if name in METRICS else name


def heading(name: str) -> str:
    """The name over a narrow column or panel."""
    return HEADINGS.get(name) or short(name)


def arrow(name: str) -> str:
    """Where better is: up, down, or towards the value of real images."""
    metric = METRICS[name]
    return f"→ {metric.real:g}" if metric.real is not None else ARROWS[metric.direction]

"""Metrics of conditions: whether chains show what they were asked for, facets of hidden units, fills of contexts.

They are measured where targets have what they read (`metrics.asked`).
"""

from collections.abc import Mapping
from types import MappingProxyType

from ppgn_bench.lookup import Name
from ppgn_bench.metrics.metric import Metric, reads, share
from ppgn_bench.metrics.orders import ASKED

FACTORS = ("background", "hue", "loop", "size", "slant", "thickness")  # of any data set, in alphabetical order

_SHOWN = reads(shown="unit.shown", limit="unit.limit")


def _met(factor: str) -> Metric:
    title = f"samples with the {factor} that was asked for, by the judge of factors"
    read = reads(asked=f"asked.{factor}", said=f"said.{factor}")
    return share(title, Name("metrics.targets:part_met"), read, ASKED, sized=False)


def _error(title: str, function: str, images: str) -> Metric:
    read = reads(images=images, originals="context.originals", known="context.known")
    return Metric(title, Name(f"metrics.inpainting:{function}"), read, "RMS of [0, 1]", "lower", 1.1, "log")


def _probability(whose: str, array: str) -> Metric:
    title = f"the judge's mean p of the class that was asked for: {whose}"
    read = reads(probability=f"context.{array}probability")
    return Metric(title, Name("metrics.inpainting:mean_probability"), read, "share", "higher", 0.05, "logit")


def _facets(title: str, function: str) -> Metric:
    return Metric(title, Name(f"metrics.units:{function}"), _SHOWN, "effective facets", "higher", 1.1, "log")


# fmt: off
OF_CONDITIONS: Mapping[str, Metric] = MappingProxyType({
    "target_met": share(
        "samples that show all that was asked for, by independent judges", Name("metrics.targets:target_met"),
        reads(asked="final.asked", said="final.said")),
    "best_target_met": share(
        "what was asked for beside the class, by the target that shows it most often",
        Name("metrics.targets:best_target_met"),
        reads(targets="final.targets", asked="final.asked_beside", said="final.said")),
    **{f"met_{factor}": _met(factor) for factor in FACTORS},
    "unit_activation": Metric(
        "activation of a unit over that of its top training images", Name("metrics.units:relative_activation"),
        reads(shown="unit.shown"), "ratio", "higher", 1.1, "log"),
    "unit_facets": _facets(
        "facets of a unit among samples, at equal activation with its top training images", "sample_facets"),
    "real_unit_facets": _facets(
        "facets of a unit among its top training images, at equal activation with samples", "real_facets"),
    "context_error": _error("error of what is drawn around a hole", "context_error", "context.images"),
    "context_error_of_nearest": _error(
        "error of the nearest training image around a hole", "context_error", "context.nearest"),
    "hole_error": _error("difference of a fill from what was there", "hole_error", "context.images"),
    "hole_error_of_nearest": _error(
        "difference of the nearest training image from what was in a hole", "hole_error", "context.nearest_fill"),
    "hole_error_of_mean": _error(
        "difference of the mean training image from what was in a hole", "hole_error", "context.mean_fill"),
    "fill_diversity": Metric(
        "difference of two fills of one hole (1 = real images of the class)", Name("metrics.inpainting:fill_diversity"),
        reads(images="context.images", targets="context.targets", known="context.known", labels="context.labels",
              real="context.real", real_labels="context.real_labels"),
        "ratio", "real", 0.1),
    "fill_probability": _probability("fills in their context", ""),
    "fill_probability_of_nearest": _probability("filled from the nearest training image", "nearest_fill_"),
    "fill_probability_of_mean": _probability("filled with the mean training image", "mean_fill_"),
    "fill_probability_of_original": _probability("the originals", "original_"),
})
# fmt: on

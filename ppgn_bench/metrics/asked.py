"""What metrics of conditions read: what chains were asked for and what independent judges see, units, contexts.

Of the final draws of chains that did not diverge, all of them:

    final.asked    factor -> what each image's target asks of it [n], -1 for nothing; the class is "label"
    final.said     factor -> what a judge sees: the class's judge of "label", the judge of factors of all others, which
                   may be -1, not sure enough to say
    final.asked_beside  the same as asked, without the class
    final.targets  numbers of the job's targets [n]
    asked.<factor>, said.<factor>   the same of one factor that some target asks
    unit.shown     of each hidden unit samples and its top training images, as `facets.Shown`, both as many
    unit.limit     how far apart images of one facet may be, of `facets.facet_limit`
    context.*      images [n, channel, height, width] as they were generated, originals, known [n, 1, height, width],
                   labels and targets [n]; real and real_labels of the reference; fills by the mean training image and
                   by the nearest one, and what the judge says of these, of the originals and of the composed images
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from torch import nn

from ppgn_bench.data import contexts
from ppgn_bench.data.masks import MASKS, hole
from ppgn_bench.data.source import opened
from ppgn_bench.jobs import Sampling
from ppgn_bench.metrics import facets, inpainting
from ppgn_bench.metrics.chains import parted
from ppgn_bench.metrics.images import Images, as_floats, images_of
from ppgn_bench.metrics.inputs import BATCH, Arrays, Blocks, Pixels, Real, floats_of, judged, slices
from ppgn_bench.networks.factors import answers
from ppgn_bench.sampling.targets import Target

LABEL = "label"
FILLS = ("composed", "original", "mean_fill", "nearest_fill")  # what the judge is asked of in a context


def known_names(targets: Sequence[Target]) -> frozenset[str]:
    """The arrays of this module that there are for these targets."""
    asked = {name for target in targets for name in target.asks}
    names = {f"{of}.{name}" for of in ("asked", "said") for name in asked - {LABEL}}
    if asked - {LABEL}:
        names |= {"final.asked", "final.asked_beside", "final.said", "final.targets"}
    if all({"rank", "unit"} & target.values.keys() for target in targets):
        names |= {"unit.shown", "unit.limit"}
    if all("mask" in target.values for target in targets):
        names |= {f"context.{name}" for name in ("images", "originals", "known", "labels", "targets", "probability")}
        names |= {"context.real", "context.real_labels", "context.nearest"}
        names |= {f"context.{fill}{part}" for fill in FILLS[1:] for part in ("", "_probability")}
    return frozenset(names)


def seen_whole(chains: Arrays, job: Sampling, real: Real) -> Arrays:
    """One setting's chains as people look at them: where targets have a context, real pixels around the hole.

    What was generated there stays as `generated`, of the final draws.
    """
    if "mask" not in job.targets[0].values:
        return chains
    drawn = images_of(chains["images"], leading=2)
    originals, known = of_contexts(job.targets, real, drawn.shape[-1])
    targets = np.repeat(chains["targets"], drawn.shape[1])

    def whole(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        of = targets[numbers]
        return np.where(known[of], originals[of], drawn.flat[numbers])

    return chains | {
        "images": Images(whole, np.arange(len(targets)).reshape(drawn.shape[:2]), drawn.of_one),
        "generated": drawn[:, -1],
    }


def of_contexts(targets: Sequence[Target], real: Real, size: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The real image of each target's context [target, channel, height, width], and which pixels are known."""
    which = np.array([target.values["original"] for target in targets], dtype=np.int64)
    names = [*MASKS]
    known = np.stack([~hole(names[int(target.values["mask"])], size)[None] for target in targets])  # type: ignore[arg-type]
    return contexts.originals(opened(real.data_file, contexts.SPLIT, in_file=True), which), known


def asked_arrays(chains: Arrays, job: Sampling, real: Real) -> Arrays:
    """The arrays of one setting's chains, judged by `chains.judged_chains`, that `known_names` says."""
    final = parted(chains, chains["diverged"] < 0)
    names = known_names(job.targets)
    arrays: dict[str, Any] = {}
    if not len(final["targets"]):
        return arrays
    if "final.asked" in names:
        arrays |= _asked(final, job.targets, real)
    if "unit.shown" in names:
        arrays |= _units(final, real)
    if "context.known" in names:
        arrays |= _contexts(final, job.targets, real)
    return arrays


def _asked(final: Arrays, targets: Sequence[Target], real: Real) -> dict[str, Any]:
    names = sorted({name for target in targets for name in target.asks})
    of_targets = {name: np.array([target.asks.get(name, -1) for target in targets]) for name in names}
    asked = {name: values[final["targets"]] for name, values in of_targets.items()}
    return asked_and_said(asked, final["images"][:, -1], final["logits"].argmax(-1), real) | {
        "final.targets": final["targets"]
    }


def asked_and_said(
    asked: Mapping[str, NDArray[np.int64]], images: Pixels, labels: NDArray[np.int64], real: Real
) -> dict[str, Any]:
    """What is asked of images, and what is seen of it; labels: the classes that the class's judge sees."""
    assert real.factor_judge is not None
    said = {LABEL: labels} | told(real.factor_judge, images, real.device)
    said = {name: said[name] for name in asked}
    each = {f"asked.{name}": values for name, values in asked.items() if name != LABEL}
    each |= {f"said.{name}": values for name, values in said.items() if name != LABEL}
    beside = {name: values for name, values in asked.items() if name != LABEL}
    return {"final.asked": dict(asked), "final.asked_beside": beside, "final.said": said, **each}


def training_images(target: Target, real: Real) -> int:
    """How many training images show all that a target asks: none, and it may be impossible."""
    source = real.training
    factors = dict(
        zip(real.header.get("factors", {}), () if source.factors is None else source.factors.T, strict=False)
    )
    known = {LABEL: source.labels, **factors}
    return int(np.logical_and.reduce([known[name] == value for name, value in target.asks.items()]).sum())


def told(judge: nn.Module, images: Pixels, device: torch.device | str) -> dict[str, NDArray[np.int64]]:
    """Factor -> the value that the judge of factors sees in each image [n], -1 where it is not sure enough to say."""
    parts: list[dict[str, NDArray[np.int64]]] = []
    with torch.inference_mode():
        for pixels in slices([images], BATCH):
            logits = judge(torch.tensor(pixels, device=device).float().div(255)).logits
            parts.append({name: answers(of).cpu().numpy() for name, of in logits.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _units(final: Arrays, real: Real) -> dict[str, Any]:
    """Of each target's unit the samples, and as many training images that it fires most for (`Real.familiar`)."""
    known = real.reference
    features = real.arrays["training.features"] if len(real.training) else known["features"]
    seen = final["features"]
    shown = []
    for target, of_images in enumerate(final["observed_real"]):
        own = final["targets"] == target
        top = np.argsort(-of_images, kind="stable")[: np.count_nonzero(own)]
        sides = (seen[own], final["observed"][own]), (features[top], of_images[top])
        shown.append(tuple(facets.Shown(of, activation, _pictures(of, real)) for of, activation in sides))
    kinds = known["labels"]
    if real.source.modes is not None:
        kinds = kinds * (real.source.modes.max() + 1) + real.source.modes
    return {"unit.shown": shown, "unit.limit": facets.facet_limit(features=known["features"], kinds=kinds)}


def _pictures(features: NDArray[np.floating], real: Real) -> NDArray[np.bool_]:
    return facets.pictures(real=real.reference["features"], generated=features, limit=real.picture_limit)


def _contexts(final: Arrays, targets: Sequence[Target], real: Real) -> dict[str, Any]:
    """What is around each image's hole, and what else fills it, is made once a target."""
    present, place = np.unique(final["targets"], return_inverse=True)
    of_targets, known = of_contexts(targets, real, final["images"].shape[-1])
    originals, known = as_floats(of_targets[present]), known[present]
    training = Blocks(real.familiar)
    nearest = inpainting.nearest(originals=originals, known=known, training=training)
    each = {
        "originals": originals,
        "known": known,
        "nearest": nearest,
        "mean_fill": inpainting.mean_fill(originals=originals, known=known, training_mean=_mean(training)),
        "nearest_fill": inpainting.composed(images=nearest, originals=originals, known=known),
    }
    arrays: dict[str, Any] = {name: images_of(of)[place] for name, of in each.items()}
    classes = np.array([target.values["original"][0] for target in targets])  # type: ignore[index]
    asked = np.array([target.asks.get(LABEL, own) for target, own in zip(targets, classes, strict=True)])
    wanted, composed = asked[final["targets"]], images_of(final["images"][:, -1]).made(as_floats)
    fills = {"": composed, "original_": arrays["originals"]}
    fills |= {f"{name}_": arrays[name] for name in ("mean_fill", "nearest_fill")}
    for name, images in fills.items():
        said = judged(real.judge, [images.made(_in_levels)], len(images), real.device)["logits"]
        arrays[f"{name}probability"] = softmax(said.astype(np.float64), 1)[np.arange(len(wanted)), wanted]
    arrays |= {"images": images_of(final["generated"]).made(as_floats)}
    arrays |= {"labels": classes[final["targets"]], "targets": final["targets"]}
    arrays |= {"real": floats_of(real.source), "real_labels": real.source.labels}
    return {f"context.{name}": values for name, values in arrays.items()}


def _in_levels(images: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Images in 256 levels."""
    return np.round(images * 255).astype(np.uint8)


def _mean(training: Any) -> NDArray[np.float64]:
    """The mean training image [channel, height, width], block by block."""
    total, count = 0.0, 0
    for block in training:
        total, count = total + block.sum(0, dtype=np.float64), count + len(block)
    return np.asarray(total / count)

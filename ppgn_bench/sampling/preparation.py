"""Preparation: what a condition reads, made of what its targets say, once, before the first step.

A function takes the chains' targets (value -> tensor [chain, ...]), the real images of the data set, and the networks
that it needs, each by its role. It gives further values, name -> tensor [chain, ...].
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ppgn_bench.data import contexts as originals
from ppgn_bench.data.masks import MASKS, hole
from ppgn_bench.data.source import ImageSource, familiar, passes
from ppgn_bench.errors import UserError

Target = Mapping[str, Tensor]
Reals = Callable[[str], ImageSource]  # split -> its images

SUREST = 20  # images of a unit by which its selectivity is measured


def contexts(target: Target, reals: Reals) -> dict[str, Tensor]:
    """The context that each chain sees: `context`, a real image [chain, channel, height, width] in [0, 1], and `known`
    [chain, 1, height, width], 1 around the hole and 0 in it.

    target: original [chain, 2], class and number of an image of the split `control`; mask [chain], a number of MASKS.
    Raises UserError for an image that there is not.
    """
    source, device = reals(originals.SPLIT), target["mask"].device
    images = originals.originals(source, target["original"].cpu().numpy())
    names = [*MASKS]
    holes = {number: hole(names[number], source.shape[-1]) for number in set(target["mask"].tolist())}
    known = ~torch.from_numpy(np.stack([holes[number] for number in target["mask"].tolist()]))[:, None]
    return {"context": torch.from_numpy(images).to(device).float().div(255), "known": known.to(device).float()}


@torch.no_grad()
def most_selective(target: Target, reals: Reals, condition: Callable[[Tensor], Any]) -> dict[str, Tensor]:
    """The unit that each chain wants, by its rank among the channels of the encoder's last convolution layer, in the
    middle of the layer: channel, row, column [chain].

        selectivity = mean p over the SUREST training images with the highest p - mean p over all,
        p = softmax over the channels at that place

    A unit that fires for nothing has none. target: rank [chain], 0 for the most selective. Raises UserError for a rank
    that the layer does not have.
    """
    device = target["rank"].device
    layers = [condition(_floats(images, device)).h1 for images in passes(familiar(reals))]
    row, column = (side // 2 for side in layers[0].shape[2:])
    shares = torch.cat([torch.softmax(layer[:, :, row, column], 1) for layer in layers])  # [image, channel]
    surest = shares.topk(min(SUREST, len(shares)), 0).values.mean(0)
    ranked = (surest - shares.mean(0)).argsort(descending=True, stable=True)
    if int(target["rank"].max()) >= len(ranked):
        raise UserError(f"unit {int(target['rank'].max()) + 1}: the layer has {len(ranked)} channels")
    places = {"row": row, "column": column}
    return {"channel": ranked[target["rank"]], **{k: torch.full_like(target["rank"], v) for k, v in places.items()}}


@torch.no_grad()
def units_of_conv5(target: Target, reals: Reals, condition: Callable[[Tensor], Any]) -> dict[str, Tensor]:
    """The unit of conv5 that each chain wants, channel, row, column [chain], -1 being the middle: as `target_unit`
    reads it.

    target: unit [chain, 3]. Raises UserError for a network without conv5 and for a unit outside it.
    """
    device = target["unit"].device
    output = condition(_floats(reals(originals.SPLIT).batch(np.arange(1)), device))
    if not hasattr(output, "conv5"):
        raise UserError("condition 'target_unit': reads conv5 of CaffeNet, which only the architecture caffenet gives")
    shape = torch.tensor(output.conv5.shape[1:], device=device)
    middle = torch.stack([torch.zeros_like(shape[0]), *(shape[1:] // 2)])
    units = torch.where(target["unit"] < 0, middle, target["unit"])
    if bool((wrong := (units >= shape).any(1)).any()):
        channel, row, column = units[wrong][0].tolist()
        most = " x ".join(map(str, shape.tolist()))
        raise UserError(f"unit conv5:{channel}@{row},{column}: conv5 has {most} units, channel, row and column from 0")
    return dict(zip(("channel", "row", "column"), units.unbind(1), strict=True))


def _floats(images: Any, device: torch.device) -> Tensor:
    pixels = torch.from_numpy(images).to(device).float().div(255)
    return pixels.contiguous(memory_format=torch.channels_last)

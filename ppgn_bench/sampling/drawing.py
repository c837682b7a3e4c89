"""Drawing: chains of a job that `draw` asked for, whose context or unit is no target of a data set."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ppgn_bench.data.contexts import Context
from ppgn_bench.data.source import opened
from ppgn_bench.errors import UserError
from ppgn_bench.jobs import Sampling
from ppgn_bench.networks.layers import at_layer
from ppgn_bench.sampling.stage import prepared, served, walked
from ppgn_bench.sampling.targets import Unit

RUN = "quality"  # the job's run in which every chain has a start of its own


class Drawn(NamedTuple):
    """What chains drew for each target; with a context, images have its pixels around the hole."""

    images: NDArray[np.uint8]  # [target, chain, draw, channel, height, width]
    log_prob: NDArray[np.float32]  # [target, chain], of the last draw, natural logarithm
    diverged: int  # chains


def drawn(
    job: Sampling,
    weights: Mapping[str, Path],
    data: Path,
    device: torch.device,
    context: Context | None = None,
    unit: Unit | None = None,
) -> Drawn:
    """The chains of a job, a row a target. weights: role -> file.

    data: splits, read where the job prepares something of them. context, unit: what the experts of the job read and
    nothing prepares. Raises UserError for a unit that the condition's network does not have.
    """
    models = served(job, weights, device)
    given: dict[str, Tensor] = {}
    if unit is not None:
        seen = _at_layer(models["condition"], unit)
        models = {role: seen if of is models["condition"] else of for role, of in models.items()}
        given |= _place(job, models, unit, device)
    if context is not None:
        pixels, known = torch.tensor(context.original).float().div(255), torch.tensor(~context.hole).float()
        given |= {"context": pixels.to(device), "known": known[None].to(device)}
    each = {name: value.expand(len(job.targets), *value.shape) for name, value in given.items()}
    reals = partial(opened, data)
    wanted = prepared(job, models, reals, device) | each
    arrays = walked(job, RUN, models, wanted, reals)
    images = arrays["images"]
    if context is not None:
        images = np.where(context.hole, images, context.original)
    shape = job.runs[RUN].chains_per_target, len(job.targets)  # chain i has target i modulo their number
    return Drawn(
        images=images.reshape(*shape, *images.shape[1:]).swapaxes(0, 1),
        log_prob=arrays["log_prob"][:, -1].reshape(shape).T,
        diverged=int((arrays["diverged"] >= 0).sum()),
    )


def _at_layer(network: Any, unit: Unit) -> Any:
    try:
        return at_layer(network, unit.layer)
    except UserError as error:
        raise UserError(f"unit {unit.text}: {error}") from None


@torch.no_grad()
def _place(job: Sampling, models: Mapping[str, Any], unit: Unit, device: torch.device) -> dict[str, Tensor]:
    """Channel, row and column of a unit. Raises UserError for one that lies outside its layer."""
    state = torch.zeros(1, *job.state_shape, device=device)
    image = models["generator"](state) if "generator" in models else state
    sides = dict(zip(("channel", "row", "column"), models["condition"](image).h1.shape[1:], strict=True))
    found = {name: sides[name] // 2 if number is None else number for name, number in unit.numbers.items()}
    for name, number in found.items():
        if number >= sides[name]:
            raise UserError(f"unit {unit.text}: {unit.layer} has {sides[name]} {name}s, 0 to {sides[name] - 1}")
    return {name: torch.tensor(number, device=device) for name, number in found.items()}

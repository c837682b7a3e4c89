"""A batch in equal parts: over processes, and in one process over passes whose gradients add up (`accumulate`).

What a step learns is that of the whole batch, to rounding: terms are means over images, so that the mean of the parts'
gradients is the batch's; what a term is divided by is taken of the whole batch; and an image has the same noise.
docs/paper-scale.md says what still differs: dropout draws other units, and a code that is normalised over the batch is
so over a part.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from ppgn_bench.training import processes
from ppgn_bench.training.objectives import OF_WHOLE, Material, Noise, Terms
from ppgn_bench.training.recipes import Precision

DTYPES: Mapping[Precision, torch.dtype] = {"bfloat16": torch.bfloat16, "float16": torch.float16}

Part = tuple[Material, Noise]
OfPart = TypeVar("OfPart", bound=Callable[..., Any])


def parted(batch: Material, noise: Noise, accumulate: int) -> Iterator[Part]:
    """The parts of this process's share of a batch, one after the other, each with its noise.

    Every part draws the whole batch's noise from where the stream was, and so the last one leaves it where the batch
    as one would have.
    """
    count = accumulate * processes.number()
    if count == 1:
        yield batch, noise
        return
    stream, size = noise.rng.get_state(), len(batch.images) // accumulate
    known = batch._replace(whole=whole(batch))
    for place in range(accumulate):
        noise.rng.set_state(stream)
        yield (
            known.rows(slice(place * size, (place + 1) * size)),
            noise._replace(part=processes.place() * accumulate + place, of=count),
        )


def whole(batch: Material) -> dict[str, Tensor]:
    """What objectives ask of a whole batch, from the shares of it that the processes have."""
    found = {}
    for name, number in OF_WHOLE.items():
        values = number.values(batch)
        if values is not None:
            found[name] = processes.variance(values) if number.is_variance else processes.mean(values.mean())
    return found


def mean_terms(of_parts: Sequence[Terms]) -> Terms:
    """The terms of a batch: the mean over its parts, here and in other processes."""
    if len(of_parts) == processes.number() == 1:
        return of_parts[0]
    values = torch.stack([torch.stack([part[name] for part in of_parts]).mean() for name in of_parts[0]])
    return dict(zip(of_parts[0], processes.mean(values).unbind(), strict=True))


def in_precision(precision: Precision, device: torch.device) -> Callable[[OfPart], OfPart]:
    """Let a function's passes run in this precision by torch's autocast; weights and gradients stay in float32."""
    if precision == "float32":
        return lambda function: function
    return torch.autocast(device.type, DTYPES[precision])

"""Several processes that train one network, as torchrun starts them: each its share of every batch, one step for all.

Gradients are averaged over the processes before every step, so that all have the same weights all the time. It is done
here and not by torch's DistributedDataParallel, which wraps one forward pass of one network: a generator and its rival
take turns, and an objective asks a network for several things. Alone a process has all of a batch, and nothing of this
costs or changes anything.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ppgn_bench.errors import UserError
from ppgn_bench.storage import cards


def number() -> int:
    """How many processes train."""
    return dist.get_world_size() if dist.is_initialized() else 1


def place() -> int:
    """Which of them this is, from 0; the first one measures and writes."""
    return dist.get_rank() if dist.is_initialized() else 0


def asked() -> int:
    """How many processes torchrun has started; 1 where it has not."""
    text = os.environ.get("WORLD_SIZE", "1")
    if not text.isdecimal() or int(text) < 1:
        raise UserError(f"WORLD_SIZE: must be a number of processes, as torchrun sets it, got {text!r}")
    return int(text)


def require(device: str, batch_size: int, accumulate: int) -> None:
    """Raise UserError where these processes cannot share a batch, or are more than the cards that each needs one of."""
    count, known = asked(), cards.visible(cards.ROOT)
    if batch_size % (count * accumulate):
        raise UserError(
            f"batch_size: must be a multiple of {count * accumulate} ({count} processes that accumulate {accumulate} "
            f"parts each), got {batch_size}"
        )
    if device != "cpu" and known and count > len(known):
        raise UserError(f"processes: {count} processes need a graphics card each, and there are {len(known)}")


@contextmanager
def joined(device: torch.device) -> Iterator[int]:
    """Join the others that torchrun has started, for as long as the block runs; gives this one's place."""
    if asked() == 1:
        yield 0
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield dist.get_rank()
    finally:
        dist.destroy_process_group()


def share(count: int) -> slice:
    """Which of so many rows are this process's."""
    size = count // number()
    return slice(place() * size, (place() + 1) * size)


def mean(values: Tensor) -> Tensor:
    """The mean over processes of what each has."""
    if number() == 1:
        return values
    total = values.detach().clone()
    dist.all_reduce(total)
    return total / number()


def variance(values: Tensor) -> Tensor:
    """Variance of what all processes have, an equal number each; alone it is torch's.

    From each one's mean and mean square, in double precision: |E x^2 - (E x)^2| n / (n - 1).
    """
    if number() == 1:
        return values.var()
    own, count = values.detach().double(), values.numel() * number()
    first, second = mean(torch.stack([own.mean(), own.square().mean()]))
    whole: Tensor = (second - first.square()) * count / (count - 1)
    return whole.to(values.dtype)


def average_gradients(network: nn.Module) -> None:
    """Give every process the mean of all gradients, in one message."""
    gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
    if number() == 1 or not gradients:
        return
    together = mean(torch.cat([gradient.flatten() for gradient in gradients]))
    for gradient, own in zip(gradients, together.split([gradient.numel() for gradient in gradients]), strict=True):
        gradient.copy_(own.view(gradient.shape))


def agreed(said: bool, device: torch.device) -> bool:
    """Whether any process says so: what one does, as ending, all must do after the same iteration."""
    if number() == 1:
        return said
    return bool(mean(torch.tensor([float(said)], device=device)).item())

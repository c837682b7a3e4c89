"""Images as what the objectives draw on: batches for training, all or some of a split for what comes after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ppgn_bench.data.source import ImageSource, passes, shuffled, some_of
from ppgn_bench.jobs import Training
from ppgn_bench.training import processes
from ppgn_bench.training.loop import State
from ppgn_bench.training.objectives import Material


@dataclass(frozen=True)
class Passes:
    """A split's images in order, as many at once as a pass holds, as often as one asks; indices: of some of them."""

    source: ImageSource
    networks: Mapping[str, nn.Module]
    device: torch.device
    indices: NDArray[np.int64] | None = None

    def __iter__(self) -> Iterator[Material]:
        wanted = np.arange(len(self.source)) if self.indices is None else self.indices
        first = 0
        for images in passes(self.source, self.indices):
            yield material(self.source, wanted[first : first + len(images)], images, self.networks, self.device)
            first += len(images)

    def some(self, most: int) -> "Passes":
        """At most so many, from all over the split, always the same."""
        return replace(self, indices=some_of(len(self.source), most))


def training(
    source: ImageSource, networks: Mapping[str, nn.Module], job: Training, state: State, seed: int
) -> Iterator[Material]:
    """Endless random batches, from the one after the iterations that are done; of each this process's share.

    In memory: all images as one tensor, encoded once, the numbers drawn from the state's own stream. Files and large
    sets: read and encoded batch by batch, no more than a few batches at once, in an order that the seed alone says.
    """
    device, own = state.rng.device, processes.share(job.batch_size)
    if source.in_memory:
        whole = joined(list(Passes(source, networks, device)))
        while True:
            drawn = torch.randint(len(whole.images), (job.batch_size,), generator=state.rng, device=device)
            yield whole.rows(drawn[own])
    for indices, images in shuffled(source, job.batch_size, seed, first=len(state.history), share=own):
        yield material(source, indices, images, networks, device)


@torch.no_grad()
def material(
    source: ImageSource,
    indices: NDArray[np.int64],
    images: NDArray[np.uint8],
    networks: Mapping[str, nn.Module],
    device: torch.device,
) -> Material:
    """Some of a source's images on a device, the frozen networks by role, and what the encoder makes of the images."""
    pixels = torch.from_numpy(images).to(device).float().div(255).contiguous(memory_format=torch.channels_last)
    labels, modes, factors = (
        None if known is None else torch.from_numpy(known[indices]).to(device)
        for known in (source.labels, source.modes, source.factors)
    )
    assert labels is not None
    known = Material(images=pixels, labels=labels, modes=modes, networks=networks, factors=factors)
    if known.encoder is None:
        return known
    activations = known.encoder(pixels)
    return known._replace(h1=activations.h1, code=activations.code)


def joined(parts: list[Material]) -> Material:
    """The images of several as one."""
    if len(parts) == 1:
        return parts[0]
    tensors: dict[str, Any] = {
        key: torch.cat([getattr(part, key) for part in parts])
        for key, value in parts[0]._asdict().items()
        if isinstance(value, Tensor)
    }
    return parts[0]._replace(**tensors)

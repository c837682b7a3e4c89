"""Random streams of chains: one for each chain, keyed by seed and chain number."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

Noise = Callable[[int], Tensor]

START_STREAM = 2**32  # added to the seed: starts and steps never share a random stream


def streams(seed: int, chains: Sequence[int], shape: Sequence[int], block: int, device: torch.device) -> Noise:
    """Standard normal noise for steps 0, 1, 2 ... in turn: one random stream per chain, keyed by seed and chain number.

    Chain 7 gets the same numbers alone as in a batch of thousands, on any device. Drawn in blocks of steps, on the
    CPU, so that thousands of streams cost little. Steps must be asked for in order.
    """
    rngs = [np.random.Generator(np.random.Philox(key=[seed, chain])) for chain in chains]
    drawn = torch.empty(0)

    def noise(number: int) -> Tensor:
        """The noise of a step [chain, ...]; a new block is drawn where the last one ends."""
        nonlocal drawn
        if number % block == 0:
            numbers = [rng.standard_normal((block, *shape), dtype=np.float32) for rng in rngs]
            drawn = torch.from_numpy(np.stack(numbers, 1)).to(device)  # [step, chain, ...]
        return drawn[number % block]

    return noise


def redrawn(
    seed: int, chains: Sequence[int], shape: Sequence[int], number: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Standard normal numbers [chain, ...] and a uniform one in [0, 1) [chain], keyed by seed, chain and step.

    A chain gets the same numbers alone as in a batch, and the same whatever was drawn at other steps.
    """
    normal, uniform = [], []
    for chain in chains:
        # The step is the highest word of the counter, which draws count up from the lowest: none overlap.
        rng = np.random.Generator(np.random.Philox(key=[seed, chain], counter=[0, 0, 0, number]))
        normal.append(rng.standard_normal(tuple(shape), dtype=np.float32))
        uniform.append(rng.random(dtype=np.float32))
    return torch.from_numpy(np.stack(normal)).to(device), torch.tensor(uniform, dtype=torch.float32, device=device)

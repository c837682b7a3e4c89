"""Random streams of chains: one for each chain, keyed by seed and chain number.

Chain 7 gets the same numbers alone as in a batch of thousands. Small states are drawn by numpy on the CPU, the same
bytes for any device; large ones by torch where the chain walks, since what the CPU draws would have to be waited for.
A state's size alone decides, so that a card and the CPU draw alike.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

Noise = Callable[[int], Tensor]

START_STREAM = 2**32  # added to the seed: starts and steps never share a random stream
LARGE = 2**14  # numbers of a state, from which on torch draws them; images of 64 x 64 in colour have 12,288


def streams(seed: int, chains: Sequence[int], shape: Sequence[int], block: int, device: torch.device) -> Noise:
    """Standard normal noise for steps 0, 1, 2 ... in turn: one random stream per chain, keyed by seed and chain number.

    Small states are drawn in blocks of steps, so that thousands of streams cost little. Steps must be asked for in
    order.
    """
    if math.prod(shape) >= LARGE:
        keys = _keys(seed, chains)
        return lambda number: _drawn_there(keys, shape, number, device)[0]
    rngs = [np.random.Generator(np.random.Philox(key=[seed, chain])) for chain in chains]
    drawn = torch.empty(0)

    def noise(number: int) -> Tensor:
        """The noise of a step [chain, ...]; a new block is drawn where the last one ends."""
        nonlocal drawn
        if number % block == 0:
            numbers = [rng.standard_normal((block, *shape), dtype=np.float32) for rng in rngs]
            drawn = _sent(torch.from_numpy(np.stack(numbers, 1)), device)  # [step, chain, ...]
        return drawn[number % block]

    return noise


def redrawn(
    seed: int, chains: Sequence[int], shape: Sequence[int], number: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Standard normal numbers [chain, ...] and a uniform one in [0, 1) [chain], keyed by seed, chain and step.

    A chain gets the same numbers alone as in a batch, and the same whatever was drawn at other steps.
    """
    if math.prod(shape) >= LARGE:
        return _drawn_there(_keys(seed, chains), shape, number, device)
    normal, uniform = [], []
    for chain in chains:
        # The step is the highest word of the counter, which draws count up from the lowest: none overlap.
        rng = np.random.Generator(np.random.Philox(key=[seed, chain], counter=[0, 0, 0, number]))
        normal.append(rng.standard_normal(tuple(shape), dtype=np.float32))
        uniform.append(rng.random(dtype=np.float32))
    return _sent(torch.from_numpy(np.stack(normal)), device), _sent(torch.tensor(uniform, dtype=torch.float32), device)


def _keys(seed: int, chains: Sequence[int]) -> Tensor:
    """The chains' keys of Philox4x32-10: each the cipher's word of the seed and the chain."""
    from torch.func import _random as stateless  # a prototype of torch's: a test holds it to the published cipher

    keys: Tensor = stateless.split(stateless.key(seed), max(chains) + 1)[list(chains)]
    return keys


def _drawn_there(keys: Tensor, shape: Sequence[int], number: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """As `redrawn`, made where the chains walk: Philox4x32-10, Box and Muller's transform.

    A step's key is the cipher's word of the chain's key and the step. A card draws the CPU's numbers to some 1e-6: its
    logarithm and its sine are coarser.
    """
    from torch.func import _random as stateless

    of_normal, of_uniform = _sent(stateless.split(stateless.fold_in(keys, number)), device)
    normal = stateless.normal(of_normal[:, None], (len(keys), math.prod(shape)))
    return normal.view(len(keys), *shape), stateless.uniform(of_uniform, (len(keys),))


def _sent(numbers: Tensor, device: torch.device) -> Tensor:
    """Numbers of the CPU on a device, which no step waits for: a card takes them from pinned memory by itself."""
    pinned = numbers.pin_memory() if device.type == "cuda" else numbers
    return pinned.to(device, non_blocking=True)

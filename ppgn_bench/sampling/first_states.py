"""Where chains start: what a sampler's start makes of standard normal numbers and, where it asks for them, of real
images.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ppgn_bench.data.contexts import SPLIT
from ppgn_bench.jobs import Sampling
from ppgn_bench.lookup import resolve
from ppgn_bench.networks.seeing import zero_of
from ppgn_bench.sampling.noise import START_STREAM, streams
from ppgn_bench.sampling.preparation import Reals
from ppgn_bench.sampling.transitions import Sampler, roles, serving

Start = Callable[[Tensor], Tensor]  # standard normal numbers [chain, ...] -> states


def first_states(job: Sampling, run: str, chains: Sequence[int], begin: Start, device: torch.device) -> Tensor:
    """Where chains start: what the variant's start makes of standard normal numbers.

    The start depends on the seed and the chain's number alone, so all variants that walk the same space
    start from the same states; in the mixing run all chains start from chain 0's. begin: of `beginning`.
    """
    numbers = [0] * len(chains) if run == "mixing" else chains
    return begin(streams(START_STREAM + job.seed, numbers, job.state_shape, 1, device)(0))


@torch.no_grad()
def beginning(job: Sampling, run: str, chains: Sequence[int], sampler: Sampler, reals: Reals) -> Start:
    """The start of these chains, which also makes the states of their resets.

    One that begins with real images has one for each chain: the context of a chain that has one, its hole being what
    the encoder sees as zero, as in the release [C]; else an image of the split `control`, by the chain's number, in an
    order that the seed says, and in the mixing run chain 0's for all.
    """
    start: Callable[..., Tensor] = resolve(job.update.start)
    if len(roles(start)) == 1:
        return start
    networks = serving(start, sampler.networks, skip=2)
    device = next(iter(sampler.target.values())).device
    if "known" in sampler.target:
        blank = zero_of(networks.get("encoder")).to(device)
        images = torch.where(sampler.target["known"] > 0, sampler.target["context"], blank)
    else:
        source = reals(SPLIT)
        order = np.random.default_rng(job.seed).permutation(len(source))
        numbers = [0] * len(chains) if run == "mixing" else chains
        pixels = source.batch(order[np.array(numbers) % len(source)])
        images = torch.from_numpy(pixels).to(device).float().div(255)
    return torch.no_grad()(partial(start, images=images, **networks))

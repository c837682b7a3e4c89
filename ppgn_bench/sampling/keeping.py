"""What is kept of draws: on the processor, in the types that a file of chains has."""

import numpy as np
import torch
from torch import Tensor

from ppgn_bench.sampling import update


def kept_of(draw: update.Draw, keep_codes: bool) -> dict[str, Tensor]:
    """What is kept of a draw, on the CPU: the image in 256 levels, as image files have it, cut to black and white.

    A card sends it when it gets there, while the chain goes on.
    """
    kept = {
        "images": draw.image.clamp(0, 1).mul(255).round().byte(),
        "log_prob": draw.log_prob,
        "diverged": draw.diverged,
        "steps": torch.tensor([draw.step]),
    }
    if keep_codes:
        kept["codes"] = draw.state
    return {name: values.to("cpu", non_blocking=True) for name, values in kept.items()}


def joined(draws: list[dict[str, Tensor]]) -> dict[str, np.ndarray]:
    """One array per name from draws in the order of their steps: draws become the second axis."""
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()  # now all that was kept has come
    kept = [{name: values.numpy() for name, values in draw.items()} for draw in draws]
    together = {name: np.stack([d[name] for d in kept], 1) for name in ("images", "codes") if name in kept[0]}
    return together | {
        "log_prob": np.concatenate([d["log_prob"] for d in kept], 1),
        "diverged": kept[-1]["diverged"],
        "steps": np.concatenate([d["steps"] for d in kept]),
    }

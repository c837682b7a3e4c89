"""Networks: new ones from their sizes and options, trained ones from their files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from ppgn_bench.errors import UserError
from ppgn_bench.lookup import Name, resolve
from ppgn_bench.networks.own_options import WRAPPED
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.storage import files


def built(network: Name, options: Mapping[str, Any], sizes: Sizes) -> nn.Module:
    """A new network of this class. options: as JSON has them, of the class's own `options_class`.

    A class of a file of the user's own is wrapped, and its file is run: who names the class answers for that, a job,
    never a file of weights. Raises ValidationError for an option that is missing, unknown or wrong, UserError for what
    is wrong with a class of the user's own.
    """
    made: nn.Module
    if network.file is not None:
        made = resolve(WRAPPED)(network, sizes, options)
        return made
    kind = resolve(network)
    made = kind(sizes, TypeAdapter(kind.options_class).validate_python(dict(options)))
    return made


def load(path: Path | str, network: Name, device: torch.device | str = "cpu") -> nn.Module:
    """Frozen network of this class, in evaluation mode, built to the sizes and options in its file's header.

    Raises UserError for a missing or damaged file, another kind, weights that are not finite, or of another
    architecture.
    """
    kind = network.short
    arrays, header = files.load_arrays(path, kind)
    if wrong := [name for name, array in arrays.items() if not np.isfinite(array).all()]:
        raise UserError(f"{path}: {wrong[0]} is not finite")
    try:
        sizes = TypeAdapter(Sizes).validate_python(header["sizes"])
        made = built(network, header["options"], sizes)
        made.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    except (KeyError, TypeError, RuntimeError, ValidationError) as error:
        detail = str(error).splitlines()[-1].strip()
        raise UserError(f"{path}: weights of another architecture than {kind}: {detail}") from error
    frozen: Any = made.requires_grad_(False).eval()
    placed: nn.Module = frozen.to(device=device, memory_format=torch.channels_last)
    return placed

"""Trained networks from their files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from ppgn_bench.errors import UserError
from ppgn_bench.lookup import Name, resolve
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.storage import files


def built(network: Name, options: Mapping[str, Any], sizes: Sizes) -> nn.Module:
    """A new network of this class."""
    made: nn.Module = resolve(network)(sizes)
    return made


def load(path: Path | str, architecture: Name, device: torch.device | str = "cpu") -> nn.Module:
    """Frozen network of this architecture, in evaluation mode, built to the sizes in its file's header.

    Raises UserError for a missing or damaged file, another kind, or weights of another architecture.
    """
    kind = architecture.short
    arrays, header = files.load_arrays(path, kind)
    try:
        network: Any = resolve(architecture)(TypeAdapter(Sizes).validate_python(header["sizes"]))
        network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    except (KeyError, TypeError, RuntimeError, ValidationError) as error:
        detail = str(error).splitlines()[-1].strip()
        raise UserError(f"{path}: weights of another architecture than {kind}: {detail}") from error
    frozen: nn.Module = network.requires_grad_(False).eval().to(device=device, memory_format=torch.channels_last)
    return frozen

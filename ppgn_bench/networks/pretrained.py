"""Frozen networks with weights of their own, from a package or a file: nothing of them is trained.

A network's class says how a file's arrays become its own: `from_file(arrays, options)` gives its state dict.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from pydantic import TypeAdapter
from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.errors import UserError, hint
from ppgn_bench.lookup import Name, resolve
from ppgn_bench.networks.load import built
from ppgn_bench.networks.sizes import Sizes
from ppgn_bench.storage import files

LARGEST = 4 * 2**30  # bytes of a file of weights: the largest of the paper's has a quarter of a GiB


class Seen(NamedTuple):
    """What a pretrained classifier makes of images: `Activations` where it steers, `Judgement` where it judges."""

    h1: Tensor  # [n, channel, height, width], its last convolutions
    code: Tensor  # [n, code], never negative
    logits: Tensor  # [n, class]
    features: Tensor  # [n, feature]: what a judge's distances are taken in, the code
    mode_logits: None = None


def pretrained(network: Name, options: Mapping[str, Any], sizes: Sizes, file: Path | None) -> nn.Module:
    """The network of a class, with the weights that its options name: frozen, in evaluation mode.

    file: where they lie; None where the library itself downloads them. Raises UserError, which names the file, for one
    that is missing, damaged, too large or of another network, and for weights that are not finite.
    """
    made, kind = built(network, options, sizes), resolve(network)
    weights = kind.downloaded() if file is None else read(file)
    where = file or options["weights"]
    try:
        own = TypeAdapter(kind.options_class).validate_python(dict(options))
        made.load_state_dict(kind.from_file(weights, own))
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    except RuntimeError as error:
        detail = str(error).splitlines()[-1].strip()
        raise UserError(f"{where}: weights of another network than {kind.__name__}: {detail}") from error
    if wrong := [name for name, value in made.state_dict().items() if not bool(torch.isfinite(value).all())]:
        raise UserError(f"{where}: {wrong[0]} is not finite")
    return made.requires_grad_(False).eval()


def read(file: Path, most: int = LARGEST) -> dict[str, Tensor]:
    """The arrays of a file of weights by name: .safetensors, or .pth that holds a state dict and nothing else.

    most: bytes that it may have, also unpacked. Nothing in it is run. Raises UserError for a file that is missing, too
    large, damaged or holds anything else.
    """
    if not file.is_file():
        raise UserError(f"{file}: {'is no file' if file.exists() else 'is missing'}")
    if (size := file.stat().st_size) > most:
        raise UserError(f"{file}: has {size:,} bytes; weights have at most {most:,}")
    if file.suffix == ".safetensors":
        return {name: torch.from_numpy(array) for name, array in files.foreign_arrays(file).items()}
    try:
        _require_bounded(file, most)
        held: Any = torch.load(file, map_location="cpu", weights_only=True)
    except UserError:
        raise
    except Exception as error:  # whatever a damaged file makes of zipfile's reader and torch's
        detail = " ".join(str(error).split())[:160]
        raise UserError(f"{file}: no state dict that can be read without running what is in it ({detail})") from error
    if not isinstance(held, Mapping) or not held or not all(isinstance(value, Tensor) for value in held.values()):
        raise UserError(f"{file}: must hold a state dict, name -> array, got {type(held).__name__}")
    return {str(name): value for name, value in held.items()}


def _require_bounded(file: Path, most: int) -> None:
    """Refuse an archive that says that it unpacks to more than weights have: a few kilobytes may."""
    if not zipfile.is_zipfile(file):
        return  # the old format, which has every array as it is
    with zipfile.ZipFile(file) as archive:
        if (size := sum(part.file_size for part in archive.infolist())) > most:
            raise UserError(f"{file}: unpacks to {size:,} bytes; weights have at most {most:,}")


def same_arrays(arrays: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The arrays, if they have a network's names and shapes. Raises UserError that names one that has not.

    own: the network's; its buffers that count batches need not be there.
    """
    for name, wanted in own.items():
        if name not in arrays:
            if name.endswith("num_batches_tracked"):
                continue
            raise UserError(f"lacks the array {name!r}; {hint(name, list(arrays)[:8])}")
        if arrays[name].shape != wanted.shape:
            shapes = tuple(wanted.shape), tuple(arrays[name].shape)
            raise UserError(f"the array {name!r} must have the shape {shapes[0]}, has {shapes[1]}")
    if more := [name for name in arrays if name not in own]:
        raise UserError(f"has an array {more[0]!r}, which the network has not")
    return {name: arrays.get(name, value) for name, value in own.items()}


def resized(images: Tensor, side: int) -> Tensor:
    """Square images at the side that a network was trained with: bicubic, smoothed where they shrink."""
    if images.shape[-1] == side:
        return images
    return F.interpolate(images, (side, side), mode="bicubic", antialias=images.shape[-1] > side)

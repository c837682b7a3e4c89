"""Judges as files: what each says of itself, and that it was trained on the data that it shall judge."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ppgn_bench.data.splits import SPLITS
from ppgn_bench.errors import UserError
from ppgn_bench.lookup import Name
from ppgn_bench.storage import files


def data_digest(data: Path) -> str:
    """What the images and labels of a data file are known by."""
    arrays, _ = files.load_arrays(data, "data")
    digest = hashlib.sha256()
    for split in SPLITS:
        images = arrays.get(f"{split}.images", arrays.get(f"{split}.files"))
        digest.update((b"" if images is None else images.tobytes()) + arrays[f"{split}.labels"].tobytes())
    return digest.hexdigest()[:16]


def facts(file: Path, architecture: Name) -> dict[str, Any]:
    """A judge's hash, and the shares of held-out images whose class and, where known, mode it tells."""
    held_out = files.load_header(file, architecture.short)["held_out"]
    modes = held_out.get("mode_accuracy")
    return {"digest": files.digest(file), "accuracy": held_out["accuracy"], "mode_accuracy": modes}


def require_data(data: Path, judges: Iterable[tuple[Path, Name]]) -> None:
    """Refuse a judge that was trained on other images than this data file's: it would measure, and measure wrongly.

    judges: file and class of each. Raises UserError that names both and says what to do.
    """
    found = data_digest(data)
    for file, architecture in judges:
        header = files.load_header(file, architecture.short)
        if header.get("digest") != found:
            raise UserError(
                f"{file}: this judge of {header.get('dataset')!r} was trained on images with the digest "
                f"{header.get('digest')}, and {data} has {found}; `make judges` trains those of the package anew, "
                "and a judge below results/networks is trained anew when it is deleted"
            )

"""Judges as files: what each says of itself, and that it was trained on the data that it shall judge."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ppgn_bench.errors import UserError
from ppgn_bench.lookup import Name
from ppgn_bench.storage import files

SHOWN = 12  # digits of a digest


def facts(file: Path, architecture: Name) -> dict[str, Any]:
    """A judge's hash, and the shares of held-out images whose class and, where known, mode it tells."""
    held_out = files.load_header(file, architecture.short)["held_out"]
    modes = held_out.get("mode_accuracy")
    return {"hash": files.digest(file), "accuracy": held_out["accuracy"], "mode_accuracy": modes}


def require_data(data: Path, judges: Iterable[tuple[Path, Name]]) -> None:
    """Refuse a judge that was trained on other images than this data file's: it would measure, and measure wrongly.

    judges: file and class of each. Raises UserError that names both and says what to do.
    """
    found = files.load_header(data, "data").get("digest", "")
    for file, architecture in judges:
        header = files.load_header(file, architecture.short)
        if (known := header.get("digest", "")) != found:
            raise UserError(
                f"{file}: this judge of {header.get('dataset')!r} was trained on images with the digest "
                f"{known[:SHOWN]!r}, and {data} has {found[:SHOWN]!r}; `make judges` trains those that ship with the "
                "package, delete one below results/networks to have it trained anew, and give a data set of your own "
                "another name"
            )

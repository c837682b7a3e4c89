"""Judges as files: what each says of itself, and that it was trained on the data that it shall judge."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ppgn_bench.errors import UserError
from ppgn_bench.lookup import Name
from ppgn_bench.storage import files


def facts(file: Path, architecture: Name) -> dict[str, Any]:
    """A judge's hash, and the shares of held-out images whose class and, where known, mode it tells; of a judge of
    factors the least of its shares of a factor.
    """
    measured = files.load_header(file, architecture.short)["measured"]
    accuracy = measured["least_accuracy"] if "least_accuracy" in measured else measured["accuracy"]
    return {"hash": files.digest(file), "accuracy": accuracy, "mode_accuracy": measured.get("mode_accuracy")}


def require_data(data: Path, judges: Mapping[Path, Name]) -> None:
    """Refuse a judge that was trained on other images than this data file's: it would measure, and measure wrongly.

    judges: file -> class. Raises UserError that names both and says what to do.
    """
    of_data = files.load_header(data, "data")
    found, root = of_data.get("digest", ""), of_data.get("arguments", {}).get("root")
    files_first = f"are the files in {root} the right ones? If so, " if root else ""
    for file, architecture in judges.items():
        header = files.load_header(file, architecture.short)
        if (known := header.get("digest", "")) != found:
            of = f"judges {header.get('dataset')!r}, images of digest {known[: files.DIGEST]!r}"
            raise UserError(
                f"{file}: {of}; those of {data} have {found[: files.DIGEST]!r}: {files_first}a data set of your own "
                "needs a name of its own; a judge below results/networks is trained anew when it is deleted; "
                "`make judges` trains the package's"
            )

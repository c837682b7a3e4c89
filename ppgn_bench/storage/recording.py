"""The record of an experiment's bytes: what its run made and used, and whether that is still as it was.

The record lies in the experiment's folder, as `sha256sum` writes and checks it; its paths start there. It finds what
decays, is lost or was changed since; it is no signature: who can change results can write a record of them.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ppgn_bench.errors import UserError, brief
from ppgn_bench.storage import files

NAME = "SHA256SUMS"
# What lies in an experiment's folder beside what it made: logs, what the gate samples, and that all checks passed.
UNRECORDED = (NAME, "logs", "gate", "controls.ok")
LINE = re.compile(r"([0-9a-f]{64})  (.+)")

Progress = Callable[[int], object]  # is told the bytes of every file that is done


def record(folder: Path, made: Iterable[Path], progress: Progress) -> str:
    """The lines of these files, and of all files in these folders: SHA-256, and the path from the experiment's folder.

    Raises UserError for a file that is missing or cannot be read.
    """
    found = sorted({file for path in made for file in (_inside(path) if path.is_dir() else [path])})
    hashes = _hashes(found, files.sha256, progress)
    return "".join(
        f"{value}  {Path(os.path.relpath(file, folder)).as_posix()}\n"
        for file, value in zip(found, hashes, strict=True)
    )


def recorded(folder: Path) -> dict[Path, str]:
    """File -> its hash in the record of an experiment's folder.

    Raises UserError where there is no record, and for a line that is none or leads out of the results.
    """
    path = folder / NAME
    if not path.is_file():
        raise UserError(f"{path}: is missing; snakemake writes it at the end of the experiment's run")
    found = {}
    for number, line in enumerate(files.load_bytes(path).decode(errors="replace").splitlines(), start=1):
        said = LINE.fullmatch(line)
        file = Path(os.path.normpath(folder / said[2])) if said else folder
        if not said or not Path(os.path.abspath(file)).is_relative_to(Path(os.path.abspath(folder)).parent):
            raise UserError(f"{path}: line {number}: must be a hash and a path in the results, got {brief(line)}")
        found[file] = said[1]
    return found


def differences(folder: Path, known: dict[Path, str], progress: Progress) -> dict[Path, str]:
    """File -> what is wrong with it: of what the record has (`recorded`), and of what lies in the folder beside it."""
    there = [file for file in known if file.is_file()]
    hashes = dict(zip(there, _hashes(there, _hash_or_blank, progress), strict=True))
    wrong = {file: "is missing" for file in known if file not in hashes}
    for file, value in hashes.items():
        if value != known[file]:
            wrong[file] = "has changed" if value else "cannot be read"
    inside = (file for file in _inside(folder) if file.relative_to(folder).parts[0] not in UNRECORDED)
    return wrong | {file: "is unknown: the run did not make it" for file in inside if file not in known}


def size(paths: Iterable[Path]) -> int:
    """Bytes of those files that are there."""
    return sum(path.stat().st_size for path in paths if path.is_file())


def _inside(folder: Path) -> Iterator[Path]:
    """Every file in a folder but hidden ones, which tools leave there."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _hashes(paths: Sequence[Path], of: Callable[[Path], str], progress: Progress) -> Iterator[str]:
    """Of each file, in order; as many threads as there are cores read and hash at the same time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        for path, value in zip(paths, pool.map(of, paths), strict=True):
            progress(size([path]))
            yield value


def _hash_or_blank(path: Path) -> str:
    try:
        return files.sha256(path)
    except UserError:
        return ""

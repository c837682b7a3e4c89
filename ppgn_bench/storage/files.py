"""Every result is read and written here: whole or not at all, checked, with a header, never a pickle.

Reading turns what is wrong with a file into one `UserError` that names it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ppgn_bench.columns import LIBRARIES
from ppgn_bench.errors import UserError
from ppgn_bench.storage import checksums, whole
from ppgn_bench.storage.cells import require_cells
from ppgn_bench.storage.checksums import DamagedError, Sums

if TYPE_CHECKING:
    from pandas import DataFrame

HEADER_KEY = "ppgn_bench"  # the single metadata key: safetensors keeps several in no fixed order
DIGEST = 12  # hexadecimal digits of a file's hash that are shown
AGAIN = "; delete it and run snakemake again"
TEXTS = dict.fromkeys(("judge", "code", *LIBRARIES), str)  # columns that may look like numbers: 12e456789012 is a hash


def save_arrays(path: Path | str, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> None:
    """Arrays and a JSON header as one safetensors file; equal arrays and header give equal bytes.

    Written from where they lie: large ones take no memory a second time.
    The header must say its `kind`, which `load_arrays` asks for; NumPy scalars in it become plain numbers.
    Raises ValueError for a header without a kind, UserError where the file cannot be written.
    """
    if not isinstance(header.get("kind"), str):
        raise ValueError(f"{path}: a header needs a 'kind', got {dict(header)}")
    ordered = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    plain = json.loads(json.dumps(dict(header), default=_plain))
    text = json.dumps(checksums.with_checksums(plain, ordered), sort_keys=True)
    whole.put(path, lambda beside: _write_arrays(beside, ordered, {HEADER_KEY: text}))


def _write_arrays(file: Path, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
    """The library writes without a copy, into a file that nobody else can read: its mode is set as others have it."""
    file.touch()
    mode = file.stat().st_mode
    try:
        save_file(dict(arrays), file, metadata=dict(metadata))
    except SafetensorError as error:
        raise OSError(*error.args) from error
    file.chmod(mode)


def load_arrays(path: Path | str, kind: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and the header of a file that `save_arrays` wrote with this kind.

    Raises UserError for a file that is missing, truncated, not safetensors, not ours or of another kind, or is not what
    was written (`storage.checksums`).
    """
    return load_some(path, kind, names(path, kind))


def load_some(path: Path | str, kind: str, names: Iterable[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Those of these arrays that the file has, and its header; no other is read. Raises as `load_arrays` does."""
    header, sums = header_and_checksums(path, kind)
    with _opened(path) as file:
        return _checked(file, sums, {*names} & {*file.keys()}), header


def names(path: Path | str, kind: str) -> list[str]:
    """The names of a file's arrays, none of which is read. Raises UserError as `load_arrays` does."""
    load_header(path, kind)
    with _opened(path) as file:
        return sorted(file.keys())


def foreign_arrays(path: Path | str) -> dict[str, np.ndarray]:
    """The arrays of any safetensors file, whoever wrote it. Raises UserError for one that is missing or damaged, or has
    numbers that NumPy has not.
    """
    _require_file(path)
    with _opened(path, remedy="") as file:
        said = (file.metadata() or {}).get(HEADER_KEY)
        sums = None if said is None else checksums.taken_out(_header(path, said))
        return _checked(file, sums, file.keys())


def load_header(path: Path | str, kind: str) -> dict[str, Any]:
    """The header alone, without reading the arrays. Raises UserError as `load_arrays` does."""
    return header_and_checksums(path, kind)[0]


def header_and_checksums(path: Path | str, kind: str) -> tuple[dict[str, Any], Sums | None]:
    """The header, and what the arrays are checked by; None of the judges that ship, whose whole file is checked here.

    Raises UserError as `load_arrays` does.
    """
    _require_file(path)
    with _opened(path) as file:
        metadata, there = file.metadata() or {}, {*file.keys()}
        header = _header(path, metadata.get(HEADER_KEY, ""))
        if (found := header["kind"]) != kind:
            raise UserError(f"{path}: holds {found!r}, expected {kind!r}")
        sums = checksums.taken_out(header)
        if sums is None and digest(path) not in checksums.OLDER:
            raise DamagedError("it has no checksums")
        if sums is not None and sums.keys() != there:
            raise DamagedError("the names of its arrays are not what was written")
    return header, sums


def _header(path: Path | str, text: str) -> dict[str, Any]:
    """A header as it stands in a file. Raises UserError for what is none of ours."""
    with suppress(ValueError, RecursionError):
        if isinstance(header := json.loads(text), dict) and isinstance(header.get("kind"), str):
            return header
    raise UserError(f"{path}: not written by ppgn_bench (it has no header of ours)")


def _checked(file: Any, sums: Sums | None, names: Iterable[str]) -> dict[str, np.ndarray]:
    arrays = {name: file.get_tensor(name) for name in sorted(names)}
    for name, array in arrays.items():
        checksums.require(sums, name, array)
    return arrays


@contextmanager
def _opened(path: Path | str, remedy: str = AGAIN) -> Iterator[Any]:
    """A safetensors file. Raises UserError for what is none, and for what its reader finds to be damaged."""
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except DamagedError as error:
        raise _damaged(path, "damaged", error, remedy) from error
    except (TypeError, AttributeError) as error:
        raise UserError(f"{path}: has numbers that NumPy has not ({error}); save it in float32") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise _damaged(path, "truncated or not a safetensors file", error, remedy) from error


def require_dataset(dataset: str, expected: Mapping[Path, str]) -> None:
    """Refuse files, path -> kind of file, that lie in another data set's place: they fail later or, worse, do not."""
    for path, kind in expected.items():
        found = load_header(path, kind).get("dataset")
        if found != dataset:
            raise UserError(f"{path}: belongs to data set {found!r}, expected {dataset!r}")


def save_table(path: Path | str, frame: DataFrame) -> None:
    """A table as CSV without its index; floats that come back bit for bit, blanks for missing values."""
    save_text(path, frame.to_csv(index=False, lineterminator="\n"))


def load_table(path: Path | str, columns: Sequence[str]) -> DataFrame:
    """The table of a CSV file, all its columns; only a blank is a missing value (a label may read "None").

    Raises UserError where the file is missing, is not CSV or lacks one of `columns`, and as `require_cells`.
    """
    from pandas import read_csv  # 0.6 s, and most that import this module need no table
    from pandas.errors import EmptyDataError, ParserError

    _require_file(path)
    try:
        frame = read_csv(path, keep_default_na=False, na_values=[""], dtype=TEXTS)
    except (EmptyDataError, ParserError, UnicodeDecodeError) as error:
        raise _damaged(path, "not a table", error) from error
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        present = ", ".join(map(str, frame.columns))
        raise UserError(f"{path}: lacks the column(s) {', '.join(missing)}; it has {present}")
    require_cells(path, frame)
    return frame


def save_json(path: Path | str, value: Any) -> None:
    """A value as indented JSON with sorted keys. Raises ValueError for NaN and infinity: JSON has none."""
    save_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False, default=_plain) + "\n")


def load_json(path: Path | str) -> Any:
    """The value of a JSON file. Raises UserError where it is missing or not JSON."""
    _require_file(path)
    try:
        return json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:  # also what is not UTF-8
        raise _damaged(path, "truncated or not a JSON file", error) from error


def save_text(path: Path | str, text: str) -> None:
    """A text in UTF-8, its line ends as they are."""
    save_bytes(path, text.encode())


def digest(path: Path | str) -> str:
    """The first DIGEST hexadecimal digits of a file's `sha256`."""
    return sha256(path)[:DIGEST]


def sha256(path: Path | str) -> str:
    """The SHA-256 of a file's bytes, hexadecimal. Raises UserError where it is missing or cannot be read."""
    _require_file(path)
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error


def load_bytes(path: Path | str) -> bytes:
    """What a file holds. Raises UserError where it is missing."""
    _require_file(path)
    return Path(path).read_bytes()


def save_bytes(path: Path | str, content: bytes) -> None:
    """Bytes to a file, whole or not at all; its folder is made. Raises UserError where that is impossible."""
    whole.put(path, lambda beside: beside.write_bytes(content))


def _require_file(path: Path | str) -> None:
    if not Path(path).is_file():
        raise UserError(f"{path}: is missing" if not Path(path).exists() else f"{path}: is not a file")


def _damaged(path: Path | str, what: str, error: Exception, remedy: str = AGAIN) -> UserError:
    """What is wrong with a file, on one line (pandas' reasons end with a line break), and what to do about it."""
    return UserError(f"{path}: {what} ({' '.join(str(error).split())}){remedy}")


def _plain(value: Any) -> Any:
    """What json does not know: NumPy's scalars and arrays, and paths."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return value.as_posix()
    raise TypeError(f"not JSON: {type(value).__name__} {value!r}")

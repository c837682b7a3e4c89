"""A disk that can be filled, or made read-only."""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest


class Disk(NamedTuple):
    """A folder; `fill` leaves no room for another byte in it, `lock` makes it read-only."""

    place: Path
    fill: Callable[[], object]
    lock: Callable[[], object]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A tmpfs of 1 MiB where the test may mount one, as root. Else a folder: full, the system lets no file grow, as a
    limit to the size of files (EFBIG in place of ENOSPC); read-only, by its mode.
    """
    place = tmp_path / "disk"
    place.mkdir()
    if _mounted(place):
        try:
            yield Disk(place, lambda: _filled(place), lambda: _read_only(place))
        finally:
            subprocess.run(["umount", place], check=True)
    else:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        none = 0, limits[1]
        try:
            yield Disk(place, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, none), lambda: _by_mode(place))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            for path in (place, *place.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)


def _mounted(place: Path) -> bool:
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    return bool(shutil.which("mount")) and subprocess.run(words, capture_output=True).returncode == 0


def _filled(place: Path) -> None:
    with suppress(OSError), (place / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(2**12))


def _read_only(place: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", place], check=True)


def _by_mode(place: Path) -> None:
    if os.getuid() == 0:
        pytest.skip("root without the right to mount: nothing is read-only for it")
    for path in (place, *place.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)

"""Which graphics card a job runs on, so that jobs side by side do not share one while another is free.

Every card has slots: lock files of this user. A job locks one and keeps it open; the kernel lets go of it when the
process ends, however it ends. Without torch: what CUDA may see is read once, when it starts.
"""

import fcntl
import os
import stat
import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import count, takewhile
from pathlib import Path
from urllib.parse import quote

from ppgn_bench.errors import UserError

VISIBLE = "CUDA_VISIBLE_DEVICES"
ROOT = Path("/")


@cache
def choose_card() -> None:
    """Let CUDA see one card alone, for as long as this process lives. Call it before CUDA starts.

    It is one of those that CUDA_VISIBLE_DEVICES names, if that is set. Nothing happens where there is none, or
    none is known. Raises UserError where the locks' folder can't be trusted or used.
    """
    if cards := visible(ROOT):
        os.environ[VISIBLE] = _taken(cards)


def visible(root: Path) -> list[str]:
    """Cards that CUDA may see, as CUDA_VISIBLE_DEVICES spells them: numbers, UUIDs or names of MIG slices.

    Without that variable all cards of the driver, numbered; root: the folder above dev and proc. None where cards
    are cut into MIG slices: which of those are for us, nobody but the user knows.
    """
    if VISIBLE in os.environ:
        named = (card.strip() for card in os.environ[VISIBLE].split(","))
        return list(takewhile(lambda card: card not in ("", "-1"), named))  # CUDA reads no further either
    driver = root / "proc/driver/nvidia"
    if any(driver.glob("capabilities/gpu*/mig/gi*")):
        return []
    # A container's or a scheduler's limits show in the device nodes; before CUDA is first used there may be none.
    nodes = [path for path in root.glob("dev/nvidia*") if path.name.removeprefix("nvidia").isdecimal()]
    usable = [path for path in nodes if os.access(path, os.R_OK | os.W_OK)] if nodes else [*driver.glob("gpus/*")]
    return [str(number) for number in range(len(usable))]


def _taken(cards: Sequence[str]) -> str:
    """The first card with a free slot: slot 0 of each card, then slot 1 of each. It never waits."""
    folder = Path(tempfile.gettempdir()) / f"ppgn_bench-cards-{os.getuid()}"
    try:
        inside = _opened(folder)
        for slot in count():  # every slot that is passed is held by a process, so that there is an end
            for card in cards:
                flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
                lock = os.open(f"{quote(card, safe='')}.{slot}", flags, mode=0o600, dir_fd=inside)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(lock)
                else:
                    return card  # and the file stays open
    except OSError as error:
        raise UserError(f"{folder}: cannot lock a card there: {error.strerror}; remove it, or set TMPDIR") from error
    raise AssertionError("a count has no end")


def _opened(folder: Path) -> int:
    """The folder of this user's locks, made if need be; another user can neither read nor write in it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    found = os.fstat(inside)
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        os.close(inside)
        raise UserError(f"{folder}: must be a folder of yours alone (mode 700); remove it, or set TMPDIR")
    return inside

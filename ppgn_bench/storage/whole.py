"""A file is written whole or not at all.

Writing goes to a folder beside the target, from which the whole file is then moved, so that a killed writer leaves the
old file or none; what else it leaves goes when the file is written again before the machine restarts.
"""

import glob
import hashlib
import os
import shutil
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path

from ppgn_bench.errors import UserError


def put(path: Path | str, write: Callable[[Path], object]) -> None:
    """Let `write` make a file in a folder beside the target, and move it there when it is whole."""
    target = Path(path)
    # Two writers of one file are parted, on two machines too; a folder, since safetensors first writes to its own name.
    beside = target.with_name(f".{target.name}.{_where_ids_are_one()}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_left(target)
        beside.mkdir(exist_ok=True)
        write(beside / target.name)
        os.replace(beside / target.name, target)
    except OSError as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise UserError(f"{path}: cannot be written ({reason})") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _remove_left(target: Path) -> None:
    """Remove what writers of this file left that were killed on this machine since it started."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.{_where_ids_are_one()}.*.tmp"):
        try:
            os.kill(int(left.suffixes[-2][1:]), 0)
        except ProcessLookupError:
            shutil.rmtree(left, ignore_errors=True)
        except (ValueError, OverflowError, PermissionError):
            pass  # not of ours, or another user's


@cache
def _where_ids_are_one() -> str:
    """What parts processes of the same id: this start of this machine, or a container on it, without a name of it."""
    try:
        known = f"{Path('/proc/sys/kernel/random/boot_id').read_text()}{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:  # no Linux
        known = str(uuid.getnode())
    return hashlib.sha256(known.encode()).hexdigest()[:8]

"""What a machine can run out of, memory and disk: said in one line with what helps. Nothing imports torch."""

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ppgn_bench.errors import UserError

Made = TypeVar("Made")

# PyTorch has an exception of its own for a card's memory alone; of all others only the words tell.
NO_MEMORY = re.compile(r"out of memory|allocate memory|bad_alloc|ALLOC_FAILED")
OF_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)


def of_memory(error: BaseException) -> bool:
    """Whether there was too little memory, of the machine or of a card, whichever library says so."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError | OSError) and NO_MEMORY.search(str(error)) is not None
    )


@contextmanager
def memory_for(what: str, remedy: str) -> Iterator[None]:
    """Raise UserError with the remedy, which names a key, where the block runs out of memory."""
    try:
        yield
    except Exception as error:
        if not of_memory(error):
            raise
        raise UserError(f"{what}: out of memory; {remedy}") from error


def in_batches(work: Callable[[range], Made], total: int, size: int, key: str) -> Iterator[Made]:
    """What is made of 0 to total - 1, so many at once; where memory ends half as many from there on, once, with a
    warning. key: of the size, in messages. Raises UserError where half as many are too many, too; where it was one
    already, the error as it is.
    """
    first, most = 0, min(size, total)
    at_once = most
    while first < total:
        some = range(first, min(total, first + at_once))
        try:
            made = work(some)
        except Exception as error:
            if not of_memory(error) or most == 1:  # of one no smaller number helps: who called knows more
                raise
            if at_once < most:
                raise UserError(f"{key}: out of memory even with {at_once} at once; lower it") from error
            at_once = (most + 1) // 2
            print(f"\nwarning: {key}: out of memory with {most} at once; going on with {at_once}", file=sys.stderr)
        else:
            yield made
            first = some.stop


def told(error: Exception) -> str | None:
    """The line for an error of memory or disk that no stage knows more about; None for any other error."""
    if of_memory(error):
        return "out of memory; end other programs, or run fewer jobs at once (--cores)"
    if isinstance(error, OSError) and error.errno in OF_DISK:
        return f"{error.filename or 'a file'}: {os.strerror(error.errno)}"
    return None

"""What hostile input may do: nothing. Files are written below one folder alone, nothing is started, little is held.

`watched` is Python's own audit of a block; `tape` spells choices of hypothesis, a byte each: it takes three times as
long to make as many choices of its own. More inputs, and others each time: `make fuzz`, or PPGN_HOSTILE_INPUTS=200000.
"""

import copy
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ppgn_bench.errors import UserError

hypothesis = pytest.importorskip("hypothesis", reason="pip install 'ppgn-bench[caffe]'")
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

OfChoice = TypeVar("OfChoice")
USUAL = "PPGN_HOSTILE_INPUTS" not in os.environ
ROUND = 10_000  # inputs of one run of hypothesis, which keeps 3 kB of each: a limit of memory holds for so many
MOST = 128 * 2**20  # bytes of address space that all inputs of a round may take beside what is there
STARTS = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "socket.",
    "ctypes.dlopen",
    "pickle.find_class",
    "webbrowser.open",
    "urllib.Request",
)
WRITES = (
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.link",
    "os.chmod",
    "os.truncate",
    "shutil.",
)
HOSTILE: list[Any] = [
    "../x",
    "/etc/x",
    "a b",
    "$(touch ran)",
    "`touch ran`",
    "a;touch ran",
    "'",
    '"',
    "a\nb",
    "\x1b[2J",
    "\u202ex",
    "{seed}",
    "%s",
    "~root",
    "*",
    "x" * 5000,
    "",
    ".",
    "-rf",
    "\x00",
    "é",
    "a+b=c",
    "null",
    "NaN",
    "<script>",
    "con",
]
NUMBERS: list[Any] = [
    0,
    -1,
    1,
    2,
    3.5,
    "1e-3",
    "3",
    1e308,
    1e-320,
    2**31,
    2**62,
    "9" * 600,
    "1e999",
    float("nan"),
    float("inf"),
    -0.0,
    "٣",
    "true",
    True,
    7,
    16,
    1000,
    0.999,
    10**6,
    [0.5, 1.5],
    [1, 2, 3],
    [1.0],
    "null",
    1e5,
    40,
    10,
]
KEYS = [*HOSTILE, "root", "networks", "kind", "extends", "box", "update", "weights", "dataset"]
allowed: list[Path] = []  # where a watched block may write; nothing is watched where it is empty


def inputs(usual: int) -> int:
    """How many inputs a test tries: its usual number in CI."""
    return usual if USUAL else int(os.environ["PPGN_HOSTILE_INPUTS"])


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not allowed:
        return
    if event.startswith(STARTS):
        raise AssertionError(f"started: {event} {arguments!r:.200}")
    if event == "exec" and str(allowed[0]) in getattr(arguments[0], "co_filename", ""):
        raise AssertionError(f"ran a file of the input: {arguments!r:.200}")
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if (writes or event.startswith(WRITES)) and isinstance(arguments[0], str | bytes | os.PathLike):
        written = Path(os.fsdecode(arguments[0])).resolve()
        if not any(written.is_relative_to(folder) for folder in allowed):
            raise AssertionError(f"wrote outside: {event} {arguments!r:.200}")


sys.addaudithook(_audit)


@contextmanager
def watched(place: Path) -> Iterator[None]:
    """Fail a block that starts anything, writes anywhere but below a folder, runs a file there, or takes memory."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    allowed.append(place.resolve())
    resource.setrlimit(resource.RLIMIT_AS, (has + MOST, before[1]))
    cached, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # of modules that the block is the first to import
    try:
        yield
    finally:
        sys.dont_write_bytecode = cached
        resource.setrlimit(resource.RLIMIT_AS, before)
        allowed.clear()


def said(attempt: Callable[[], object]) -> str | None:
    """What a refused input is told; None where it is accepted. Whatever else is raised ends the test."""
    try:
        attempt()
    except UserError as error:
        message = str(error)
    else:
        return None
    assert message.strip()
    assert all(line.isprintable() for line in message.split("\n")), message
    assert len(message) < 2**20
    return message


class Tape:
    """Choices that a tape of bytes spells; a tape that has ended chooses the first of everything."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def number(self, below: int) -> int:
        """Any number below this one, of two bytes where one says too little."""
        found = 0
        for _ in range(1 if below <= 256 else 2):
            found = found << 8 | (self.content[self.at] if self.at < len(self.content) else 0)
            self.at += 1
        return found % below

    def one_of(self, choices: Sequence[OfChoice]) -> OfChoice:
        """Any of these."""
        return choices[self.number(len(choices))]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every mapping or list in a value, with each of its keys or numbers."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in ((value, key), *places(value[key]))]


def changed(value: Any, tape: Tape, odd: Sequence[Any] = HOSTILE) -> Any:
    """A copy of a mapping with one to three changes of what it had; odd: what may stand there, beside NUMBERS."""
    made = copy.deepcopy(value)
    there = places(made)
    for _ in range(1 + tape.number(3)):
        of, key = tape.one_of(there)
        what, new = tape.number(8), tape.one_of(tape.one_of([NUMBERS, odd]))
        if key not in (of if isinstance(of, dict) else range(len(of))):
            continue
        if what < 4:
            of[key] = new
        elif what < 5:
            other, at = tape.one_of(places(value))
            of[key] = copy.deepcopy(other[at])
        elif what < 6:
            del of[key]
        elif isinstance(of, list):
            of.append(new)
        else:
            of[tape.one_of(KEYS)] = of.pop(key) if what < 7 else new
    return made


def try_all(place: Path, number: int, attempt: Callable[[Tape], str | None], size: tuple[int, int] = (8, 26)) -> int:
    """Let `attempt` try so many inputs, watched, and print what became of them; how many were refused. Their messages
    are not kept: the tries of a round have a limit of memory.
    """
    tries = refused = 0
    started, counted = time.process_time(), time.monotonic()

    def tried(content: bytes) -> None:
        nonlocal tries, refused, counted
        refused += attempt(Tape(content)) is not None
        tries += 1
        if not USUAL and time.monotonic() - counted > 10:
            counted = time.monotonic()
            print(f"{tries:,} of {number:,} tried", flush=True)

    of_all = settings(deadline=None, derandomize=USUAL, database=None, suppress_health_check=HealthCheck)
    for first in range(0, number, ROUND):
        attempts = given(content=st.binary(min_size=size[0], max_size=size[1]))(tried)
        with watched(place):
            settings(of_all, max_examples=min(ROUND, number - first))(attempts)()
    seconds = time.process_time() - started
    print(f"tried {tries:,}, refused {refused:,}, accepted {tries - refused:,}, crashed 0", end="; ")
    print(f"{seconds:.0f} s of the processor", flush=True)
    assert tries >= number
    return refused

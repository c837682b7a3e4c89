"""A file that is said to be Caffe's: its bytes, mapped into memory, unless its first ones say that it is another's."""

from __future__ import annotations

import itertools
import mmap
import re
from contextlib import suppress
from pathlib import Path

from ppgn_bench.caffe.wire import LEN, VARINT, Bytes, fields, varint
from ppgn_bench.errors import UserError

LARGEST = 2**31 - 1  # bytes: protobuf has no larger message
LOOKED_AT = 1024  # bytes that tell a text from a network
FIRST_FIELDS = 8  # of a message, by which it is told: an ONNX model has seven up to its graph
LAST_OF_STATE = 4  # number of a solver's state's last field
OTHERS = {  # first bytes -> what it is, and what to do
    b"\x89HDF": "an HDF5 file (.caffemodel.h5), which is not read: let Caffe save it as .caffemodel",
    b"PK\x03\x04": "a zip archive (or a .pth of torch): unpack the .caffemodel first",
    b"\x1f\x8b": "gzip's: unpack the .caffemodel first",
    b"BZh": "bzip2's: unpack the .caffemodel first",
    b"\xfd7zXZ": "xz's: unpack the .caffemodel first",
    b"7z\xbc\xaf": "a 7z archive: unpack the .caffemodel first",
    b"\x80\x02": "a pickle, which is never opened",
    b"\x80\x03": "a pickle, which is never opened",
    b"\x80\x04": "a pickle, which is never opened",
    b"\x80\x05": "a pickle, which is never opened",
    b"version https://git-lfs": "a pointer of Git LFS, not the file itself: `git lfs pull` brings it",
}
PAGE = re.compile(rb"\s*<(!doctype|html|head|\?xml)", re.IGNORECASE)
PROTOTXT = re.compile(rb"^\s*(name|layers?|input|input_dim|state|force_backward)\s*[:{]", re.MULTILINE)


def mapped(path: Path) -> Bytes:
    """A file's bytes. Raises UserError where it is missing, a folder, empty, too large or of another kind."""
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name the .caffemodel in it")
    if not path.is_file():
        raise UserError(f"{path}: is not a file" if path.exists() else f"{path}: is missing")
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size == 0:
                raise UserError(f"{path}: is empty")
            if size > LARGEST:
                raise UserError(f"{path}: {size} bytes; no file of Caffe is larger than 2 GiB")
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error
    if other := another(content):
        raise UserError(f"{path}: is {other}")
    return content


def another(content: Bytes) -> str | None:
    """What these bytes are, if they are plainly no binary file of Caffe's."""
    first = bytes(content[:LOOKED_AT])
    for begin, what in OTHERS.items():
        if first.startswith(begin):
            return what
    if PAGE.match(first):
        return "a web page, not a network: the download gave a page to click through or an error"
    if not _is_text(first):
        return None
    if PROTOTXT.search(first):
        return "a prototxt, a network's description as text: the weights are in its .caffemodel"
    return f"a text, not a network; it begins with {first[:40].decode('utf-8', 'replace')!r}"


def _is_text(first: bytes) -> bool:
    """Whether all of it can be read: a network has tags and lengths below 32, and weights, from its start on."""
    try:
        words = first.decode()
    except UnicodeDecodeError as error:
        if error.start < len(first) - 3:  # not a letter that was cut
            return False
        words = first[: error.start].decode()
    return all(letter.isprintable() or letter in "\t\n\r" for letter in words)


def is_mean(content: Bytes) -> bool:
    """Whether it is a blob alone, as a mean image is: by its first field, which a network cannot begin with.

    Raises UserError where it is a solver's state or a network of ONNX. A blob begins with num, or with its numbers or
    its shape; a network with its name, an input or a layer. Of bytes that are no field the reader of networks says so.
    """
    try:
        tag, _ = varint(content, 0, len(content))
    except UserError:
        return False
    number, wire = tag >> 3, tag & 7
    if (number, wire) == (1, VARINT):
        if other := _another_message(content):
            raise UserError(f"is {other}")
        return True
    return (number in (2, 3) and wire == VARINT) or (number in (5, 7) and wire != VARINT)


def _another_message(content: Bytes) -> str | None:
    """What a message is that begins with a number, as a blob, an ONNX model and a solver's state do; None: a blob.

    A blob has numbers behind it; the others have texts and messages: ONNX numbers them up to 7, its graph, and above, a
    solver's state up to 4.
    """
    found = []
    with suppress(UserError):  # as far as it can be read
        for field in itertools.islice(fields(content, 0, len(content)), FIRST_FIELDS):
            found.append((field.number, field.wire))
    if len(found) < 2 or found[1] not in ((2, LEN), (3, LEN), (7, LEN)):
        return None
    if max(found)[0] > LAST_OF_STATE:
        return "a network of ONNX, which is not read: import the .caffemodel that it was made of"
    return "a solver's state: the weights are in the .caffemodel of the same iteration"

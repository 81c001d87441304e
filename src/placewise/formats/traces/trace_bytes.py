"""The bytes of a trace, plain or compressed by gzip, of a bounded size."""

from __future__ import annotations

import io
import re
import zlib
from gzip import BadGzipFile, GzipFile
from pathlib import Path

from placewise.errors import InputError, Words
from placewise.formats.reading import read_bytes

LARGEST_TEXT_BYTES = 1 << 31
"""A trace of text is at most so long once it is unpacked: some 20 million jobs of SWF."""

_GZIP = b"\x1f\x8b"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def read_trace_bytes(path: Path) -> bytes:
    """Return a trace's content, unpacked.

    Raises InputError for what cannot be read, gzip that is broken or cut off, what is too long, and no content.
    """
    content = read_bytes(path)
    if content.startswith(_GZIP):
        content = _unpacked(content, path)
    if not content.strip():
        raise InputError("the trace is empty", file=path, found=Words(f"{len(content)} bytes"))
    return content


def decoded(content: bytes) -> str:
    """Return text that may be UTF-8 or, as in older archives, Latin-1; see `without_control`."""
    try:
        return without_control(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return without_control(content.decode("latin-1"))


def without_control(text: str) -> str:
    """Return a text with replacement characters for control characters; tabs are spaces, and ends of lines stay.

    Names in traces are labels, so that what is broken in one costs nothing but its looks.
    """
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\t", " "))


def _unpacked(content: bytes, path: Path) -> bytes:
    try:
        with GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(LARGEST_TEXT_BYTES + 1)
    except (EOFError, BadGzipFile, zlib.error) as error:
        cut = isinstance(error, EOFError)
        raise InputError("is cut off" if cut else "is broken", file=path, expected="a whole gzip file") from error
    if len(unpacked) > LARGEST_TEXT_BYTES:
        raise InputError("the trace is too long", file=path, expected=f"at most {LARGEST_TEXT_BYTES:,} bytes unpacked")
    return unpacked

"""The files that an import is given."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Sequence
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import Any, NamedTuple

from placewise.errors import InputError
from placewise.formats.reading import decode, name_of, parse_json, parse_yaml, read_bytes

LARGEST_BYTES = 1 << 28
"""A file is at most so long, once it is unpacked: some 60,000 nodes of Slurm's JSON."""

_GZIP = b"\x1f\x8b"


class Given(NamedTuple):
    """A file: its path, for errors and names, its content, unpacked, and its JSON document if it was parsed before."""

    path: Path
    content: bytes
    document: Any = None

    @property
    def name(self) -> str:
        """The file's name without its endings, such as `hera` for hera.packages.yaml."""
        return name_of(self.path).lstrip(".").split(".", 1)[0]

    def text(self) -> str:
        """Return the text. Raises InputError for what is empty or not UTF-8."""
        return decode(self.content, self.path)

    def json(self) -> Any:
        """Return the JSON document. Raises InputError with line and column."""
        return parse_json(self.text(), self.path) if self.document is None else self.document

    def yaml(self) -> Any:
        """Return the YAML or JSON document. Raises InputError with line and column."""
        return parse_yaml(self.text(), self.path)


def read_given(path: Path) -> Given:
    """Return a file, unpacked if it is gzip. Raises InputError for what cannot be read or is too long."""
    content = unpacked(read_bytes(path), path)
    if len(content) > LARGEST_BYTES:
        raise InputError("is too long", file=path, expected=f"at most {LARGEST_BYTES:,} bytes, unpacked")
    return Given(path, content)


def refuse_repeated(paths: Sequence[Path]) -> None:
    """Raise InputError for a file that is given twice, whatever its path is written like."""
    seen: set[Path] = set()
    for path in paths:
        real = Path(os.path.realpath(path))
        if real in seen:
            raise InputError("the file is given twice", file=path, expected="each file once")
        seen.add(real)


def unpacked(content: bytes, path: Path) -> bytes:
    """Return a content unpacked if it is gzip; what is too long then is cut. Raises InputError for broken gzip."""
    if not content.startswith(_GZIP):
        return content
    try:
        with GzipFile(fileobj=io.BytesIO(content)) as file:
            return file.read(LARGEST_BYTES + 1)
    except (EOFError, BadGzipFile, zlib.error) as error:
        cut = isinstance(error, EOFError)
        raise InputError("is cut off" if cut else "is broken", file=path, expected="a whole gzip file") from error

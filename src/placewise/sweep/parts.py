"""Finished blocks of rows, kept in files that are trusted only when their hash says so."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.formats.reading import read_bytes
from placewise.formats.writing import write_bytes

PARTS = ".parts"
"""The folder of a results folder in which parts are kept until the results are complete."""

_NAME = re.compile("[0-9a-f]{64}")
_HASH_BYTES = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one sweep, each a file: a SHA-256 of what it is and holds, then its rows as little-endian doubles.

    folder : named by the SHA-256 of name, key and block size. block : rows of a part; the last may have fewer.
    """

    folder: Path
    block: int

    @classmethod
    def of(cls, folder: Path, name: str, key: str, block: int) -> Parts:
        """Return the parts of a sweep in a folder that other sweeps may use as well."""
        return cls(folder / hashlib.sha256(json.dumps([name, key, block]).encode()).hexdigest(), block)

    def read(self, numbers: range, width: int) -> NDArray[np.float64] | None:
        """Return the (numbers, width) rows of a part; None when it is not there whole, or is of something else."""
        try:
            content = read_bytes(self._path(numbers))
        except InputError:
            return None
        rows = content[_HASH_BYTES:]
        if len(rows) != 8 * width * len(numbers) or content[:_HASH_BYTES] != self._hash(numbers, rows):
            return None
        return np.frombuffer(rows, dtype="<f8").reshape(len(numbers), width)

    def write(self, numbers: range, rows: NDArray[np.float64]) -> None:
        """Keep a part, whole or not at all. Raises InputError when it cannot be written."""
        content = rows.astype("<f8").tobytes()
        write_bytes(self._path(numbers), self._hash(numbers, content) + content)

    def _path(self, numbers: range) -> Path:
        return self.folder / f"{numbers.start // self.block:08}.part"

    def _hash(self, numbers: range, rows: bytes) -> bytes:
        # With the names of folder and numbers, so that a part of another sweep or block is none of this one.
        return hashlib.sha256(f"{self.folder.name} {numbers.start} {numbers.stop}\n".encode() + rows).digest()


def clear(folder: Path) -> None:
    """Remove all parts in a folder, and the folder if nothing else is in it."""
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            if _NAME.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)
        folder.rmdir()

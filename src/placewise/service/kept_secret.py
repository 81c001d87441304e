"""Files for their owner alone, and a secret made once and kept in one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from placewise.errors import InputError
from placewise.formats.reading import found_at, read_text


def keep_secret(path: Path, made: str) -> str:
    """Return the secret in a file, which is made with `made` in it where there is none.

    The file is whole from the moment it is there, readable by its owner alone; of two that make it at once, both
    return the secret of the first. Raises InputError when it cannot be read or written, or is empty.
    """
    if found_at(path) == "nothing":
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A link, unlike a renaming, does not replace what is there: somebody may have been quicker.
            with private_file(path, made + "\n") as temporary, contextlib.suppress(FileExistsError):
                os.link(temporary, path)
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", file=path) from error
    return read_text(path).strip()


@contextlib.contextmanager
def private_file(path: Path, content: str) -> Iterator[Path]:
    """Write a file beside `path` that its owner alone can read, flushed to the disk; removed after the block.

    The block gives it the name `path` in its own way. Raises OSError.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)

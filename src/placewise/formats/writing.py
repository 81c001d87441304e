"""Files written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from placewise.errors import InputError

_OUTER_LEVELS = 2
_encode = json.JSONEncoder(allow_nan=False).encode


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed to it when the block ends well and removed otherwise.

    Raises InputError when the place cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=path) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes private files; results are as readable as the user's umask says.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=path) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Yield an empty folder inside `folder`, whose files move up into it when the block ends well.

    Until then, and when the block fails, what `folder` held stays as it was. Raises InputError at once
    when the place cannot be written to.
    """
    existed = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(dir=folder, prefix=".unfinished-"))
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=folder) from error
    try:
        yield stage
        for path in sorted(stage.rglob("*")):
            target = folder / path.relative_to(stage)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            else:
                path.replace(target)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=folder) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if not existed:
            with contextlib.suppress(OSError):  # not empty: the block ended well
                folder.rmdir()


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON with a line for each entry of its outer levels, whole or not at all; NaN is refused."""
    write_bytes(path, (_laid_out(value, "\n", _OUTER_LEVELS) + "\n").encode())


def _laid_out(value: Any, newline: str, levels: int) -> str:
    """Lay out the outer levels here and leave the rest to the compiled encoder, which cannot indent."""
    below = newline + " "
    if levels and value and isinstance(value, Mapping):
        entries = (f"{json.dumps(str(key))}: {_laid_out(entry, below, levels - 1)}" for key, entry in value.items())
        return "{" + below + ("," + below).join(entries) + newline + "}"
    if levels and value and isinstance(value, list | tuple):
        return "[" + below + ("," + below).join(_laid_out(entry, below, 0) for entry in value) + newline + "]"
    return _encode(value)

"""Files written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from placewise.errors import InputError
from placewise.formats.reading import entries_of, found_at, read_bytes

_OUTER_LEVELS = 2
_STAGE = ".unfinished-"
# The process that writes there, where its name says.
_STAGE_NAME = re.compile(re.escape(_STAGE) + r"(?:([1-9][0-9]*)-)?")
_ABANDONED_AFTER_S = 86_400
_encode = json.JSONEncoder(allow_nan=False).encode


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed to it when the block ends well and removed otherwise.

    A link stays, and what it leads to is replaced. Raises InputError when the place cannot be written to, or
    is no place for a file: a folder, a device, a pipe.
    """
    _refuse_other_kind(path, "file")
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=target.suffix)
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
        temporary.replace(target)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=path) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def staged(
    folder: Path, *, owned: Iterable[str] = (), marks: Mapping[str, bytes] = MappingProxyType({}), force: bool = False
) -> Iterator[Path]:
    """Yield an empty folder inside `folder`, whose files move up into it when the block ends well.

    owned : names, relative to `folder`, of all that may be written here; `*` is any text. marks : files by each of
    which an earlier run is known, with what such a file contains. The results of an earlier run are replaced: at the
    end, what has one of the names and was not written this time is removed, since it would be of another run. In a
    folder without a mark the names are somebody else's, and nothing is replaced unless `force` says so.

    Until then, and when the block fails, what `folder` held stays as it was; what runs that were killed
    left unfinished goes at once. Raises InputError, naming the place that was meant in the end, when it
    cannot be written to, another process is writing there, or a file would be replaced that no earlier run left.
    """
    owned = tuple(owned)
    existed = found_at(folder) != "nothing"
    ours = force or any(
        found_at(folder / name) == "file" and content in read_bytes(folder / name) for name, content in marks.items()
    )
    if not ours:
        for path in _named(folder, owned):
            refuse_existing(path, force=False)
    # Named before it is made, so that no signal finds it made and not yet looked after.
    stage = folder / f"{_STAGE}{os.getpid()}-{uuid.uuid4().hex[:8]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stage.mkdir(mode=0o700)
        _clear_unfinished(folder, stage)
        yield stage
        _move_up(stage, folder, owned if ours else (), force)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=folder) from error
    except InputError as error:
        if error.file is not None and Path(error.file).is_relative_to(stage):
            error.file = str(folder / Path(error.file).relative_to(stage))
        raise
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if not existed:
            with contextlib.suppress(OSError):  # not empty: the block ended well
                folder.rmdir()


def _clear_unfinished(folder: Path, stage: Path) -> None:
    """Remove what killed runs left behind. Raises InputError when another process is writing into the folder."""
    for path in entries_of(folder):
        name = _STAGE_NAME.match(path.name)
        if name is None or path == stage:
            continue
        try:
            old = time.time() - path.stat().st_mtime > _ABANDONED_AFTER_S
        except FileNotFoundError:  # its run has just ended
            continue
        process = name[1]
        # A run may take days, so while its process is there, age says nothing.
        if old if process is None else not _runs(int(process)):
            shutil.rmtree(path, ignore_errors=True)
        elif process is not None and int(process) != os.getpid():
            raise InputError(
                f"another run is writing here: process {process}",
                file=folder,
                expected=f"one at a time; if that process is no run, remove {path.name}",
            )


def _runs(process: int) -> bool:
    if os.name != "posix":
        return True  # to ask would be to end it
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise InputError for a file that is there already, unless `force` says to replace it."""
    if not force and found_at(path) == "file":
        raise InputError("already exists", file=path, expected="another place, or --force to replace it")


def _named(folder: Path, patterns: Iterable[str]) -> Iterator[Path]:
    # What is deeper comes first, so that a folder is empty by the time it is looked at.
    for pattern in sorted(patterns, key=lambda name: -name.count("/")):
        yield from sorted(folder.glob(pattern))


def _move_up(stage: Path, folder: Path, owned: Iterable[str], force: bool) -> None:
    """Move all files; those of the names `owned` may be replaced, and go if they were not written."""
    paths = sorted(stage.rglob("*"))
    targets = [folder / path.relative_to(stage) for path in paths]
    before = list(_named(folder, owned))
    for path, target in zip(paths, targets, strict=True):
        _refuse_other_kind(target, "folder" if path.is_dir() else "file")
    for target in targets:
        refuse_existing(target, force=force or target in before)
    for path, target in zip(paths, targets, strict=True):
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            _move(path, target)
    written = set(targets)
    for path in before:
        if path in written:
            continue
        if path.is_dir():
            with contextlib.suppress(OSError):  # a link, or somebody else's files are in it
                path.rmdir()
        else:
            path.unlink()


def _move(path: Path, target: Path) -> None:
    try:
        path.replace(os.path.realpath(target))
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        write_bytes(target, path.read_bytes())  # a link led to another file system


def _refuse_other_kind(path: Path, kind: str) -> None:
    """Raise InputError when something is at a path that a file or folder could not replace."""
    found = found_at(path)
    if found not in (kind, "nothing"):
        raise InputError(f"cannot be written: is a {found}", file=path, expected=f"a {kind}, or nothing")


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
        entries = (f"{_encode(str(key))}: {_laid_out(entry, below, levels - 1)}" for key, entry in value.items())
        return "{" + below + ("," + below).join(entries) + newline + "}"
    if levels and value and isinstance(value, list | tuple):
        return "[" + below + ("," + below).join(_laid_out(entry, below, 0) for entry in value) + newline + "]"
    return _encode(value)

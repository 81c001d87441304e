"""Files written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from placewise.errors import InputError
from placewise.formats.folder_lock import STAGE, new_stage, only_writer, writer_of
from placewise.formats.reading import STANDARD_INPUT, entries_of, found_at, read_bytes

_OUTER_LEVELS = 2
_log = logging.getLogger(__name__)
_encode = json.JSONEncoder(allow_nan=False).encode


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed to it when the block ends well and removed otherwise.

    Folders that are missing are made, and are removed too when the block fails. A link stays, and what it leads to is
    replaced. Raises InputError when the place cannot be written to, or is no place for a file: a folder, a device, a
    pipe.
    """
    _refuse_other_kind(path, "file")
    target = Path(os.path.realpath(path))
    try:
        with made(target.parent):
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=target.suffix)
            os.close(handle)
            temporary = Path(name)
            try:
                yield temporary
                # mkstemp makes private files; results are as readable as the user's umask says.
                mask = os.umask(0)
                os.umask(mask)
                temporary.chmod(0o666 & ~mask)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
    except BrokenPipeError:  # of what is printed meanwhile; no file has a reader to lose
        raise
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=path) from error


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
    cannot be written to, another run is writing there, on whatever machine, or a file would be replaced that no
    earlier run left or that was written meanwhile.
    """
    _refuse_standard_input(folder)
    owned = tuple(owned)
    # Named before it is made, so that no signal finds it made and not yet looked after.
    stage = new_stage(folder)
    try:
        with made(folder), only_writer(folder) as locked:
            ours = force or any(
                found_at(folder / name) == "file" and content in read_bytes(folder / name)
                for name, content in marks.items()
            )
            if not ours:
                for path in _named(folder, owned):
                    refuse_existing(path, force=False)
            _clear_unfinished(folder, locked)
            before = _contents(folder, owned)
            try:
                stage.mkdir(mode=0o700)
                yield stage
                _refuse_changed(folder, owned, before)
                _move_up(stage, folder, owned if ours else (), force)
            finally:
                shutil.rmtree(stage, ignore_errors=True)
    except BrokenPipeError:  # as in `replacing`
        raise
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=folder) from error
    except InputError as error:
        if error.file is not None and Path(error.file).is_relative_to(stage):
            error.file = str(folder / Path(error.file).relative_to(stage))
        raise


@contextlib.contextmanager
def made(folder: Path) -> Iterator[None]:
    """Make a folder and those that it is in; those of them that are empty after the block are removed again."""
    missing = [one for one in (folder, *folder.parents) if not os.path.lexists(one)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        with contextlib.suppress(OSError):  # not empty: what was to be written is there
            for one in missing:
                one.rmdir()


def _clear_unfinished(folder: Path, locked: bool) -> None:
    """Remove what killed runs left behind: nobody held the lock, so nobody is writing.

    On a file system without locks only what is known to be of nobody goes; raises InputError for the rest.
    """
    if not locked:
        _log.warning("%s is on a file system without locks: let no two runs write there at once", folder)
    for path in entries_of(folder):
        if not path.name.startswith(STAGE):
            continue
        writer = None if locked else writer_of(path)
        if writer is not None:
            raise InputError(
                f"another run may be writing here: {writer}",
                file=folder,
                expected=f"one at a time; if that process is not a run, remove {path.name}",
            )
        shutil.rmtree(path, ignore_errors=True)


def _contents(folder: Path, owned: Iterable[str]) -> dict[Path, tuple[int, int, int]]:
    """Return the files of these names, and of each what changes when it is replaced."""
    found = {}
    for path in _named(folder, owned):
        with contextlib.suppress(OSError):  # gone meanwhile, or a link to nothing
            status = path.stat()
            if stat.S_ISREG(status.st_mode):
                found[path] = (status.st_ino, status.st_size, status.st_mtime_ns)
    return found


def _refuse_changed(folder: Path, owned: Iterable[str], before: Mapping[Path, tuple[int, int, int]]) -> None:
    """Raise InputError for files that another run wrote meanwhile, where locks do not hold: they would be mixed."""
    for path, found in _contents(folder, owned).items():
        if before.get(path) != found:
            raise InputError(
                "another process wrote this meanwhile, so nothing was replaced", file=path, expected="one run at a time"
            )


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
    moved: Path | None = None
    for path, target in zip(paths, targets, strict=True):
        if moved is not None and path.is_relative_to(moved):
            continue
        if not path.is_dir():
            _move(path, target)
        elif os.path.lexists(target):
            target.mkdir(exist_ok=True)
        else:  # with all that is in it, which sorts right behind it
            path.replace(target)
            moved = path
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
    _refuse_standard_input(path)
    found = found_at(path)
    if found not in (kind, "nothing"):
        raise InputError(f"cannot be written: is a {found}", file=path, expected=f"a {kind}, or nothing")


def _refuse_standard_input(path: Path) -> None:
    if path == STANDARD_INPUT:
        raise InputError("cannot be written to", file=path, expected="a path")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON with a line for each entry of its outer levels, whole or not at all; NaN is refused."""
    write_bytes(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """Return what `write_json` writes."""
    return (_laid_out(value, "\n", _OUTER_LEVELS) + "\n").encode()


def _laid_out(value: Any, newline: str, levels: int) -> str:
    """Lay out the outer levels here and leave the rest to the compiled encoder, which cannot indent."""
    below = newline + " "
    if levels and value and isinstance(value, Mapping):
        entries = (f"{_encode(str(key))}: {_laid_out(entry, below, levels - 1)}" for key, entry in value.items())
        return "{" + below + ("," + below).join(entries) + newline + "}"
    if levels and value and isinstance(value, list | tuple):
        return "[" + below + ("," + below).join(_laid_out(entry, below, 0) for entry in value) + newline + "]"
    return _encode(value)

"""One writer a folder, wherever on the machine or on the network the others run.

A process id says nothing across machines and containers; a lock of the file system does, and goes with its holder.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

from placewise.errors import InputError

LOCK = ".placewise-lock"
STAGE = ".unfinished-"
"""How the names of folders begin that hold what is not finished yet."""

_STAGE_NAME = re.compile(re.escape(STAGE) + r"(.+)-([0-9a-f]{8})-([1-9][0-9]*)-[0-9a-f]{8}")
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL)
_LONGEST_HOLDER = 200
_ATTEMPTS = 100


@contextlib.contextmanager
def only_writer(folder: Path) -> Iterator[bool]:
    """Hold a folder's lock, making the folder if need be; yield whether its file system has locks at all.

    The lock is a file, since network file systems lock no folders; it goes at the end. One that is left of a killed
    run is held by nobody, and taken over. Raises InputError at once when another run holds it, and OSError for a
    folder that cannot be written to.
    """
    path = folder / LOCK
    handle = _opened(path)
    try:
        locked = _locked(handle, folder)
        while locked and not _is_at(handle, path):  # its last holder removed it between opening and locking
            os.close(handle)
            handle = _opened(path)
            locked = _locked(handle, folder)
        if locked:
            with contextlib.suppress(OSError):  # somebody else's file, which can be locked all the same
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"process {os.getpid()} on {_host()}".encode(), 0)
        try:
            yield locked
        finally:
            # Before it is let go: afterwards it may be the next one's.
            if _is_at(handle, path):
                path.unlink(missing_ok=True)
            if locked:
                # A process forked meanwhile has the descriptor too, and would go on holding it.
                fcntl.flock(handle, fcntl.LOCK_UN)
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    for attempt in range(_ATTEMPTS):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except FileNotFoundError:  # its last holder removed the folder, having written nothing
            if attempt == _ATTEMPTS - 1:
                raise
        except PermissionError:
            if not path.exists():
                raise
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)  # left behind by another user
    raise AssertionError("not reached")


def _locked(handle: int, folder: Path) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, _LONGEST_HOLDER, 0).decode(errors="replace") or "its process is not known"
        raise InputError(f"another run is writing here: {holder}", file=folder, expected="one run at a time") from None
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        raise
    return True


def _is_at(handle: int, path: Path) -> bool:
    try:
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(handle))


def new_stage(folder: Path) -> Path:
    """Return a name for what this process has not finished, which says whose it is (see `writer_of`)."""
    return folder / f"{STAGE}{_host()}-{_numbering()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def writer_of(stage: Path) -> str | None:
    """Return who may still be writing a stage, for people; None when that process is gone, or is this one."""
    name = _STAGE_NAME.fullmatch(stage.name)
    if name is None:
        return "a process that is not known"
    host, numbering, process = name.groups()
    if (host, numbering) == (_host(), _numbering()) and (int(process) == os.getpid() or not _runs(int(process))):
        return None
    return f"process {process} on {host}"


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9.]", "_", socket.gethostname()) or "_"


def _numbering() -> str:
    """Return a short text of what process ids count from: this start of the machine, and this namespace of it."""
    facts = []
    with contextlib.suppress(OSError):  # not Linux: the host's name has to do
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        facts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:8]


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # somebody else's
    return True

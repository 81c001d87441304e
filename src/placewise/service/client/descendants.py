"""The processes that a command started, wherever they went: found in ``/proc``, so nowhere but on Linux."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """A process; `started` (ticks since the machine did) tells it from a later one with its number."""

    pid: int
    started: int

    def signal(self, number: int) -> None:
        """Send a signal, unless the process is gone."""
        with contextlib.suppress(OSError, AttributeError):
            handle = os.pidfd_open(self.pid)
            try:
                # From here on the number cannot become another's.
                found = _look(self.pid)
                if found is not None and found.process == self:
                    signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)


@dataclass(frozen=True, slots=True)
class _Found:
    process: Process
    parent: int
    over: bool


def find_descendants(pids: Collection[int], known: Collection[Process], marks: Collection[bytes]) -> set[Process]:
    """Return the processes that live and descend from some, given by number or known from before, less the former.

    marks : entries of the environment; who has all of them counts as well, whoever is its parent.
    """
    living = {found.process.pid: found for found in map(_look, _numbers()) if found is not None and not found.over}
    children: dict[int, list[int]] = {}
    for pid, found in living.items():
        children.setdefault(found.parent, []).append(pid)
    still = {one.pid for one in known if one.pid in living and living[one.pid].process == one}
    still |= {pid for pid in living if marks and pid != os.getpid() and _is_marked(pid, marks)}
    seen = set(still) | set(pids)
    left = list(seen)
    while left:
        for child in children.get(left.pop(), ()):
            if child not in seen:
                seen.add(child)
                left.append(child)
    return {living[pid].process for pid in seen if pid in living and pid not in pids}


def _numbers() -> list[int]:
    with contextlib.suppress(OSError):
        return [int(path.name) for path in _PROC.iterdir() if path.name.isdecimal()]
    return []


def _look(pid: int) -> _Found | None:
    try:
        # The name of the program stands in brackets, and may hold any of them.
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return _Found(Process(pid, int(fields[19])), int(fields[1]), fields[0] in (b"Z", b"X"))


def _is_marked(pid: int, marks: Collection[bytes]) -> bool:
    try:
        entries = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return all(mark in entries for mark in marks)

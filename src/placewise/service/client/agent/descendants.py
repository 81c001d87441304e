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


class Snapshot:
    """The processes that live at one moment, and whose children they are."""

    def __init__(self) -> None:
        found = [one for one in map(_look, _numbers()) if one is not None and not one.over]
        self._living = {one.process.pid: one.process for one in found}
        self._children: dict[int, list[int]] = {}
        for one in found:
            self._children.setdefault(one.parent, []).append(one.process.pid)

    def descendants(self, pids: Collection[int], known: Collection[Process]) -> set[Process]:
        """Return what descends from some, given by number or known from before, and of the latter those that live."""
        seen = {one.pid for one in known if self._living.get(one.pid) == one}.union(pids)
        left = list(seen)
        while left:
            more = [child for child in self._children.get(left.pop(), ()) if child not in seen]
            seen.update(more)
            left += more
        return {self._living[pid] for pid in seen if pid in self._living and pid not in pids}

    def marked(self, marks: Collection[bytes]) -> set[Process]:
        """Return those whose environment has all of some entries, whoever is their parent; none for no entries."""
        if not marks:
            return set()
        return {one for pid, one in self._living.items() if pid != os.getpid() and _is_marked(pid, marks)}


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

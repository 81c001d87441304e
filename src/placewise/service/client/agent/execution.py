"""One command of a job: started, watched, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from placewise.service.client.agent.descendants import Process, Snapshot

_TAIL_BYTES = 4096
_CHUNK_BYTES = 1 << 16
# What outlives the command may hold its standard error open for ever.
_DRAIN_S = 1.0
_GLANCE_S = 0.1
# What starts others faster than they are found is given up at last.
_MOST_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended, after how many seconds, and why if it failed."""

    succeeded: bool
    duration_s: float
    reason: str = ""


class Execution:
    """A running command, in a session of its own, so that a terminal's interrupt reaches the agent alone.

    What it writes on standard error goes to this process's, and its last line becomes the reason of a failure.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, reading: int, started: float, marks: Collection[str] = ()
    ) -> None:
        self._process = process
        self._marks = [os.fsencode(mark) for mark in marks]
        self._known: set[Process] = set()
        self._started = started
        self._tail = bytearray()
        self._copying = asyncio.create_task(_copy(reading, self._tail))

    @classmethod
    async def start(
        cls,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdout: int | None = None,
        marks: Collection[str] = (),
    ) -> Execution:
        """Start a command without a shell and without input. Raises OSError or ValueError when that is impossible.

        stdout : a file descriptor for its standard output; this process's if None. marks : the variables of its
        environment that no other command has so; by them what it started is found again.
        """
        reading, writing = os.pipe()
        try:
            started = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stdout,
                stderr=writing,
                env=environment,
                start_new_session=True,
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        return cls(process, reading, started, [f"{name}={environment[name]}" for name in marks])

    async def end(self) -> Outcome:
        """Wait for the command, and return how it ended."""
        code = await self._process.wait()
        duration_s = time.monotonic() - self._started
        await asyncio.wait({self._copying}, timeout=_DRAIN_S)
        self._copying.cancel()
        await asyncio.wait({self._copying})
        if code == 0:
            return Outcome(succeeded=True, duration_s=duration_s)
        what = f"exit code {code}" if code > 0 else f"ended by {_signal_name(-code)}"
        line = _last_line(self._tail)
        return Outcome(succeeded=False, duration_s=duration_s, reason=f"{what}: {line}" if line else what)

    async def terminate(self, grace_s: float) -> None:
        """Ask the command, and what it started, to end; what is left after some seconds is killed.

        What it started is its process group and, on Linux, whatever descends from it or has its marks.
        """
        ending = asyncio.create_task(self._process.wait())
        until = time.monotonic() + grace_s
        self._signal(signal.SIGTERM)
        while time.monotonic() < until and not (ending.done() and not self._left()):
            await (asyncio.sleep(_GLANCE_S) if ending.done() else asyncio.wait({ending}, timeout=_GLANCE_S))
        for _ in range(_MOST_ROUNDS):
            if not self._signal(signal.SIGKILL):
                break
            await asyncio.sleep(_GLANCE_S)
        await ending

    def look(self, snapshot: Snapshot) -> set[Process]:
        """Return what descends from the command and lives.

        What was seen once is known again, though it clears its environment and its parent ends.
        """
        own = (self._process.pid,) if self._process.returncode is None else ()
        self._known = snapshot.descendants(own, self._known)
        return self._known

    def _left(self) -> set[Process]:
        snapshot = Snapshot()
        self._known |= {one for one in snapshot.marked(self._marks) if one.pid != self._process.pid}
        return self.look(snapshot)

    def _signal(self, number: int) -> set[Process]:
        """Send a signal to the command and what it started, and return the latter."""
        # Before the command ends: afterwards they are nobody's children any more.
        others = self._left()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
        for one in others:
            one.signal(number)
        return others


async def _copy(reading: int, tail: bytearray) -> None:
    """Copy a pipe to standard error until its end, and keep the last of it."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", 0)
    )
    try:
        while chunk := await reader.read(_CHUNK_BYTES):
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.buffer.write(chunk)
                sys.stderr.flush()
            tail += chunk
            del tail[:-_TAIL_BYTES]
    finally:
        transport.close()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_line(tail: bytes | bytearray) -> str:
    lines = tail.decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")

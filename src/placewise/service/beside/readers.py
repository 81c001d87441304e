"""The reading processes: started when there is something long to read, kept, and ended when nobody waits for them."""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from placewise.service.beside.process import receive, send
from placewise.service.beside.turns import Stop
from placewise.service.guard.refusals import Exhausted

T = TypeVar("T")

# The same modules as here, wherever they were found; nothing from the folder that the server was started in.
_COMMAND = "import sys; sys.path[:] = {!r}; from placewise.service.beside.process import main; main()"


class Readers:
    """Processes that read documents. Any thread may ask; each has a process of its own meanwhile."""

    def __init__(self) -> None:
        self._idle: list[subprocess.Popen[bytes]] = []
        self._gate = threading.Lock()
        self._closed = False

    def ask(self, stop: Stop, act: Callable[[], T]) -> T:
        """Return what a function returns in a reading process; both have to be such as can be pickled.

        Raises what the function raises, Stopped when `stop` is set, which ends the process, and Exhausted where the
        process ended by itself.
        """
        message = pickle.dumps(act, pickle.HIGHEST_PROTOCOL)
        process = self._taken()
        answer = None
        try:
            with stop.ending(process.kill), contextlib.suppress(OSError):
                assert process.stdin is not None
                assert process.stdout is not None
                send(process.stdin, message)
                answer = receive(process.stdout)
        finally:
            self._returned(process, usable=answer is not None and not answer[1] and not stop.is_set)
        stop.check()
        if answer is None:
            raise Exhausted("the document takes more memory than may be taken to read it")
        right, value = pickle.loads(answer[0])  # noqa: S301, from a process of ours
        if right:
            return value  # type: ignore[no-any-return]  # what the function returned
        raise value

    def close(self) -> None:
        """End the processes; those at work are ended by whoever stops the work."""
        with self._gate:
            self._closed = True
            idle, self._idle = self._idle, []
        for process in idle:
            _end(process)

    def _taken(self) -> subprocess.Popen[bytes]:
        with self._gate:
            while self._idle:
                process = self._idle.pop()
                if process.poll() is None:
                    return process
                _end(process)
        command = [sys.executable, "-P", "-c", _COMMAND.format(sys.path)]
        return subprocess.Popen(  # noqa: S603, this interpreter
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def _returned(self, process: subprocess.Popen[bytes], *, usable: bool) -> None:
        with self._gate:
            if usable and not self._closed:
                self._idle.append(process)
                return
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    process.wait()

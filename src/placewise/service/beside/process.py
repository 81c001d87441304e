"""The reading process: takes functions and their arguments on standard input, answers on standard output.

It is started by `readers`, holds no secret and no connection, and ends with whoever started it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource as limits
import signal
import struct
import sys
from collections.abc import Callable
from typing import IO, Any

from placewise.formats.jobs.jobspec import dialects
from placewise.service.beside import documents  # noqa: F401, what is asked for is then there before it is asked
from placewise.service.guard.own_process import hide_secrets, peak_bytes

LENGTH = struct.Struct("<Q?")
"""What comes before each message: its length in bytes, and whether it is the last that this process answers."""

_MOST_BYTES = 1 << 30
_GROWN_BYTES = 200 << 20


def main() -> None:
    """Answer until there is nothing more to read."""
    # Whoever ends the server ends this process by closing its input; a signal to both must not come before.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    hide_secrets()
    with contextlib.suppress(OSError, ValueError):
        limits.setrlimit(limits.RLIMIT_DATA, (_MOST_BYTES, _MOST_BYTES))
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What a plugin prints is not an answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    dialects()
    while (message := receive(asked)) is not None:
        answer = _answered(message[0])
        grown = (peak_bytes() or 0) > _GROWN_BYTES
        send(answers, answer, last=grown)
        if grown:
            return


def send(to: IO[bytes], content: bytes, *, last: bool = False) -> None:
    """Write a message."""
    to.write(LENGTH.pack(len(content), last))
    to.write(content)
    to.flush()


def receive(source: IO[bytes]) -> tuple[bytes, bool] | None:
    """Read a message, and whether it is the last; None where there is none, or not all of it."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    length, last = LENGTH.unpack(head)
    content = source.read(length)
    return (content, last) if len(content) == length else None


def _answered(message: bytes) -> bytes:
    try:
        act: Callable[[], Any] = pickle.loads(message)  # noqa: S301, it comes from the process that started this one
        answer: tuple[bool, Any] = True, act()
    except Exception as error:  # noqa: BLE001, it belongs to whoever asked
        answer = False, error.with_traceback(None)
    try:
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError, MemoryError):
        return pickle.dumps((False, MemoryError("the answer cannot be handed over")))

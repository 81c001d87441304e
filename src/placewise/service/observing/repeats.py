"""Bounds what one fault writes into the log: so many lines a minute, and then how many were left out."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from structlog.types import EventDict, WrappedLogger

LINES_A_MINUTE = 30
MOST_FAULTS = 256
_MINUTE_S = 60.0
_LONGEST = 120
_VARYING = re.compile(r"0x[0-9a-fA-F]+|[0-9]+")
_OTHER = "other"
_NOT_BOUNDED = frozenset({"debug"})


class Repeats:
    """A processor of structlog that leaves out what one fault says more than 30 times a minute.

    A fault is what a line says without its numbers: its first line, logger, level, method, code and kind of error. Past
    256 faults the rest are one. The first line of a fault in a later minute says how many were left out (`left_out`);
    `overdue` has the faults that have not come again. Lines of level debug are not bounded.

    clock : seconds that never go back.
    """

    __slots__ = ("_clock", "_counts", "_ends", "_left_out", "_most")

    def __init__(self, most: int = LINES_A_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._counts: dict[tuple[str, ...], int] = {}
        self._left_out: dict[tuple[str, ...], int] = {}
        self._ends = clock() + _MINUTE_S

    def __call__(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """Return a line of ours, with how many were left out before it; raise DropEvent for one that is left out."""
        said = str(event.get("event"))
        further = (str(event.get("method", "")), str(event.get("code", "")))
        left_out = self._count(method, said, event.get("exc_info"), further)
        if left_out is None:
            raise structlog.DropEvent
        if left_out:
            event["left_out"] = left_out
        return event

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line of a library is written; how many were left out before is put into it."""
        left_out = self._count(record.levelname.lower(), str(record.msg), record.exc_info, (record.name,))
        record.left_out = left_out
        return left_out is not None

    def _count(self, level: str, said: str, error: object, further: tuple[str, ...]) -> int | None:
        """Return how many lines were left out before one that is written, None for one that is not."""
        if level in _NOT_BOUNDED:
            return 0
        self._roll()
        lines = said[: 2 * _LONGEST].splitlines()
        text = _VARYING.sub("#", lines[0])[:_LONGEST] if lines else ""
        error = error[1] if isinstance(error, tuple) else error
        kind = type(error).__name__ if isinstance(error, BaseException) else ""
        fault = (level, text, kind, *further)
        if fault not in self._counts and len(self._counts) >= MOST_FAULTS:
            fault = (_OTHER,)
        count = self._counts[fault] = self._counts.get(fault, 0) + 1
        if count > self._most:
            known = fault in self._left_out or len(self._left_out) < MOST_FAULTS
            key = fault if known else (_OTHER,)
            self._left_out[key] = self._left_out.get(key, 0) + 1
            return None
        return self._left_out.pop(fault, 0) if count == 1 else 0

    def overdue(self) -> list[dict[str, Any]]:
        """Return what was left out in minutes that are over, and forget it."""
        self._roll()
        done = [fault for fault in self._left_out if fault not in self._counts]
        return [{"about": " ".join(filter(None, fault)), "left_out": self._left_out.pop(fault)} for fault in done]

    def _roll(self) -> None:
        now = self._clock()
        if now >= self._ends:
            self._counts.clear()
            self._ends = now + _MINUTE_S


def add_left_out(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add how many lines were left out before one of a library, as `Repeats.filter` put it there."""
    if left_out := getattr(event.get("_record"), "left_out", 0):
        event["left_out"] = left_out
    return event

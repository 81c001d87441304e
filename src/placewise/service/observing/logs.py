"""Structured logs on standard error: our own and those of the libraries, with request ids and without secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO, TypeAlias

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from placewise.service.observing.repeats import Repeats, add_left_out

Level: TypeAlias = Literal["debug", "info", "warning", "error"]
Format: TypeAlias = Literal["auto", "json", "console"]

MASK = "***"
_SECRET_KEY = re.compile(r"secret|token|password|passwd|authorization", re.IGNORECASE)
_PASSWORD_OF_URL = re.compile(r"(://[^\s/:@]*):[^\s/]*@")
# Of these several lines are ours; nothing else may begin a line.
_LAID_OUT = frozenset({"exception", "stack"})
_DEEPEST = 6
# What these say at info is of interest to their own developers.
_QUIET = ("aiohttp.access", "alembic", "asyncio", "grpc", "sqlalchemy")


def configure(level: Level, format: Format = "auto", *, stream: TextIO | None = None) -> Repeats:  # noqa: A002, the option's name
    """Send the logs of this process to standard error as lines of JSON, or for people at a terminal.

    format : ``auto`` is ``console`` at a terminal and ``json`` elsewhere. stream : instead of standard error.
    Times are UTC. Loggers bound before this keep what was set then. Returns what bounds the lines of one fault.
    """
    stream = stream or sys.stderr
    repeats = Repeats()
    console = format == "console" or (format == "auto" and stream.isatty())
    least = logging.getLevelNamesMapping()[level.upper()]
    # Tracebacks without local variables, which may hold secrets.
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        add_time,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        mask_secrets,
    ]
    if console:
        shared.append(escape_controls)
        renderer: Processor = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    else:
        renderer = structlog.processors.JSONRenderer()
    structlog.configure(
        # What is left out costs no more than being counted.
        processors=[repeats, *shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=[structlog.stdlib.add_logger_name, add_left_out, *shared],
        )
    )
    handler.addFilter(repeats)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(least)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(least, logging.WARNING))
    return repeats


def add_time(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Add the time; the last that a calendar has where the machine's clock is beyond."""
    try:
        return _add_time(logger, method, event)
    except (ValueError, OverflowError, OSError):
        event["timestamp"] = "9999-12-31T23:59:59Z"
        return event


_add_time = structlog.processors.TimeStamper(fmt="iso", utc=True)


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask the values of keys that name a secret, and the passwords of URLs, at any depth.

    The second line of defence: nobody logs a secret on purpose.
    """
    for key, value in event.items():
        event[key] = _masked(key, value, _DEEPEST)
    return event


def _masked(key: object, value: Any, depth: int) -> Any:
    if isinstance(key, str) and _SECRET_KEY.search(key) and value is not None:
        return MASK
    if isinstance(value, str):
        return _PASSWORD_OF_URL.sub(rf"\1:{MASK}@", value) if "://" in value else value
    if not isinstance(value, Mapping | list | tuple | set | frozenset):
        return value
    if not depth:
        return "..."
    if isinstance(value, Mapping):
        return {inner: _masked(inner, one, depth - 1) for inner, one in value.items()}
    # A pair, as those of metadata, is a key with its value.
    key = next(iter(value)) if isinstance(value, tuple) and len(value) == 2 else None
    return [_masked(key if at else None, one, depth - 1) for at, one in enumerate(value)]


def escape_controls(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Write what steers a terminal, or would begin a line, as its escape."""
    for key, value in event.items():
        kept = "\n" if key in _LAID_OUT else ""
        if isinstance(value, str) and not value.isprintable():
            event[key] = "".join(one if one.isprintable() or one == kept else repr(one)[1:-1] for one in value)
    return event

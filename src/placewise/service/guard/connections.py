"""How many connections there may be, how long each may take to begin, and what gRPC bounds in it."""

from __future__ import annotations

import contextlib
import sys

_ALIVE_MS = 60_000
_ANSWER_MS = 20_000
_WINDOW_BYTES = 64 << 10
_LARGEST_INT32 = 2**31 - 1
FOR_OTHERS = 128
"""Descriptors that are kept for files, the database and threads."""


def raise_limit() -> int:
    """Raise the limit of open files to what the system allows, and return it; a large number where there is none."""
    if sys.platform == "win32":
        return sys.maxsize
    import resource  # noqa: PLC0415, not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def shares(descriptors: int, most: int, most_web: int) -> tuple[int, int]:
    """Return how many connections of gRPC and of the web page there may be, within the limit of descriptors."""
    left = max(16, descriptors - FOR_OTHERS)
    web = min(most_web, max(4, left // 4))
    return min(most, max(4, left - web)), web


def grpc_bounds(most: int, most_streams_of_one: int, handshake_s: float, idle_s: float) -> list[tuple[str, int]]:
    """Return gRPC's options that bound connections and what one of them may do.

    most : connections. handshake_s : for TLS and the first frames. idle_s : without a call.
    gRPC's own protection refuses streams while those that are over are not freed, and so honest calls of a busy
    connection; what resetting streams gains is bounded by the calls that may be open.
    """
    return [
        ("grpc.max_allowed_incoming_connections", most),
        ("grpc.max_concurrent_streams", most_streams_of_one),
        ("grpc.http.overload_protection", 0),
        ("grpc.server_handshake_timeout_ms", _ms(handshake_s)),
        ("grpc.max_connection_idle_ms", _ms(idle_s)),
        # Whoever is gone without a word is noticed, whatever it has open.
        ("grpc.keepalive_time_ms", _ALIVE_MS),
        ("grpc.keepalive_timeout_ms", _ANSWER_MS),
        # Windows that grow with the line would make each waiting call one of megabytes.
        ("grpc.http2.bdp_probe", 0),
        ("grpc.http2.lookahead_bytes", _WINDOW_BYTES),
    ]


def _ms(seconds: float) -> int:
    return min(_LARGEST_INT32, max(1, round(seconds * 1000)))

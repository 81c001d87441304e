"""A server of ours beside the tests, in a thread of this process, to talk to as anybody would."""

import asyncio
import contextlib
import logging
import random
import socket
import threading
from dataclasses import dataclass
from functools import cache

import structlog

from placewise.service.serve import serving
from placewise.service.settings import Settings

REGISTRATION_SECRET = "the-registration-secret"
GLOBAL_TOKEN = "the-global-token"
DEADLINE_S = 60


@dataclass(frozen=True)
class Running:
    target: str
    http: str | None
    registration_secret: str
    global_token: str
    database: str


def free_port():
    """Return a port to listen on again and again: no connection is given one below 32768 on Linux meanwhile."""
    while True:
        try:
            with socket.create_server(("127.0.0.1", random.randrange(10_000, 32_000))) as one:
                return one.getsockname()[1]
        except OSError:
            pass


@cache
def _loop():
    # One for all servers, and never closed: see one_loop.
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="servers", daemon=True).start()
    return loop


@contextlib.contextmanager
def running_server(database, clock=None, **told):
    """Serve on free ports while the block runs, with settings as told and a clock of our own if one is given."""
    given = {"registration_secret": REGISTRATION_SECRET, "global_token": GLOBAL_TOKEN, "http": "127.0.0.1:0"}
    settings = Settings(**{**given, "listen": "127.0.0.1:0", "database": str(database), **told})
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    server = serving(settings) if clock is None else serving(settings, clock)
    loop = _loop()
    addresses = asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(DEADLINE_S)
    try:
        yield Running(
            addresses.grpc, addresses.http, settings.registration_secret, settings.global_token, settings.database
        )
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(DEADLINE_S)

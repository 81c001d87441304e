"""The routes of the HTTP port: GET and HEAD only, and nothing that changes anything."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from ipaddress import ip_address
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from placewise.service.observing.metrics import Metrics
from placewise.service.store.tables import LARGEST_JOB_ID
from placewise.service.web.filling import Templates
from placewise.service.web.pages import StatePages
from placewise.service.web.shared import Shared

_Handler = Callable[[web.Request], Awaitable[web.Response]]
_Answering = Callable[[Any], AbstractContextManager[None]]
_METRICS_KEPT_S = 0.5
_REST = 3.0
_LONGEST_REST_S = 1.0


def _without_content(record: logging.LogRecord) -> bool:
    """Keep what was sent out of the log where it was no HTTP: it may hold anything, a secret too.

    Who left before the answer is no fault.
    """
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, ConnectionError):
        return False
    if isinstance(error, HttpProcessingError):
        record.exc_info = None
        record.msg = f"{record.msg}: {type(error).__name__}"
    return True


http_log = logging.getLogger("placewise.http")
"""Where requests are logged that could not be handled."""
http_log.addFilter(_without_content)


def make_app(
    pages: StatePages,
    metrics: Metrics,
    *,
    clock: Callable[[], float] = time.time,
    hosts: Collection[str] = (),
    answering: _Answering = nullcontext,
) -> web.Application:
    """Return the application that serves ``/``, ``/jobs/<id>``, ``/healthz`` and ``/metrics``.

    clock : the time in seconds since the epoch, which the page shows. Every answer carries headers that keep a
    browser from running scripts, from loading anything from elsewhere, from being framed, and from keeping a copy.
    hosts : names, beside localhost and every address, under which the page may be asked for; others are answered 421,
    since a browser that is led here under somebody else's name would show the page to whoever owns it. `/healthz` has
    nothing to hide. answering : entered with a request's connection while it is answered.
    """
    templates = Templates()
    headers = {
        "Content-Security-Policy": templates.policy,
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Server": "placewise",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }

    async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers)

    async def whole(*, refresh: bool) -> str:
        return templates.overview(await pages.overview(), clock(), refresh=refresh)

    overviews = {refresh: Shared(partial(whole, refresh=refresh)) for refresh in (True, False)}

    async def overview(request: web.Request) -> web.Response:
        return _page(await overviews[request.query.get("refresh") != "off"].get())

    turns = _Turns()

    async def job(request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        found = await pages.job(number, request.remote or "") if number <= LARGEST_JOB_ID else None
        async with turns:
            if found is None:
                return _page(templates.missing_job(number), status=404)
            return _page(templates.job(found, clock()))

    async def healthz(_request: web.Request) -> web.Response:
        healthy = pages.healthy()
        return web.json_response({"status": "ok" if healthy else "unavailable"}, status=200 if healthy else 503)

    rendered: list[tuple[float, bytes, str]] = []

    async def numbers(_request: web.Request) -> web.Response:
        if not rendered or not 0 <= time.monotonic() - rendered[0][0] < _METRICS_KEPT_S:
            rendered[:] = [(time.monotonic(), *metrics.render())]
        _, body, kind = rendered[0]
        return web.Response(body=body, headers={"Content-Type": kind})

    routes: dict[str, _Handler] = {
        "/": overview,
        "/jobs/{id:[0-9]{1,10}}": job,
        "/healthz": healthz,
        "/metrics": numbers,
    }
    app = web.Application(middlewares=[_bounded(hosts, answering)])
    app.on_response_prepare.append(add_headers)
    for path, handler in routes.items():
        app.router.add_get(path, handler)  # HEAD as well
    return app


def _bounded(hosts: Collection[str], answering: _Answering) -> Middleware:
    known = frozenset(one.lower().rstrip(".") for one in hosts) | {"localhost"}

    @web.middleware
    async def bounded(request: web.Request, handler: Handler) -> web.StreamResponse:
        with answering(request.transport):
            if request.path != "/healthz" and not is_known(request.host, known):
                text = "the scheduler is not known under this name; its setting http_hosts has those that it is"
                return web.Response(status=421, text=text)
            return await handler(request)

    return bounded


def is_known(host: str, names: Collection[str]) -> bool:
    """Whether a Host header has an address, which no name of somebody else's is, or one of some names."""
    name = host.lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    try:
        ip_address(name)
    except ValueError:
        return name.rstrip(".") in names
    return True


class _Turns:
    """Makes one page at a time, and then leaves three times as long to other calls."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._began = 0.0

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        self._began = time.perf_counter()

    async def __aexit__(self, *_: object) -> None:
        rest = min(_LONGEST_REST_S, (time.perf_counter() - self._began) * _REST)
        asyncio.get_running_loop().call_later(rest, self._lock.release)


def _page(html: str, status: int = 200) -> web.Response:
    return web.Response(body=html.encode(errors="replace"), status=status, content_type="text/html", charset="utf-8")

"""The routes of the HTTP port: GET and HEAD only, and nothing that changes anything."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from placewise.service.observing.metrics import Metrics
from placewise.service.web.filling import Templates
from placewise.service.web.pages import StatePages
from placewise.service.web.shared import Shared

_Handler = Callable[[web.Request], Awaitable[web.Response]]
_LARGEST_ID = 2**31 - 1


def _without_content(record: logging.LogRecord) -> bool:
    """Keep what was sent out of the log where it was no HTTP: it may hold anything, a secret too."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.exc_info = None
        record.msg = f"{record.msg}: {type(error).__name__}"
    return True


http_log = logging.getLogger("placewise.http")
"""Where requests are logged that could not be handled."""
http_log.addFilter(_without_content)


def make_app(pages: StatePages, metrics: Metrics, *, clock: Callable[[], float] = time.time) -> web.Application:
    """Return the application that serves ``/``, ``/jobs/<id>``, ``/healthz`` and ``/metrics``.

    clock : the time in seconds since the epoch, which the page shows. Every answer carries headers that keep a
    browser from running scripts, from loading anything from elsewhere, from being framed, and from keeping a copy.
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

    async def job(request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        found = await pages.job(number, request.remote or "") if number <= _LARGEST_ID else None
        if found is None:
            return _page(templates.missing_job(number), status=404)
        return _page(templates.job(found, clock()))

    async def healthz(_request: web.Request) -> web.Response:
        healthy = pages.healthy()
        return web.json_response({"status": "ok" if healthy else "unavailable"}, status=200 if healthy else 503)

    async def numbers(_request: web.Request) -> web.Response:
        body, kind = metrics.render()
        return web.Response(body=body, headers={"Content-Type": kind})

    routes: dict[str, _Handler] = {
        "/": overview,
        "/jobs/{id:[0-9]{1,10}}": job,
        "/healthz": healthz,
        "/metrics": numbers,
    }
    app = web.Application()
    app.on_response_prepare.append(add_headers)
    for path, handler in routes.items():
        app.router.add_get(path, handler)  # HEAD as well
    return app


def _page(html: str, status: int = 200) -> web.Response:
    return web.Response(body=html.encode(errors="replace"), status=status, content_type="text/html", charset="utf-8")

"""The web page's listening socket: so many connections, each with so long for a request and for an answer.

aiohttp bounds neither how many connect nor how long a request takes to come. asyncio's own listening tries again at
once, and as often as its backlog is long, where there are no descriptors left.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import partial

import structlog

from placewise.errors import InputError

_LOOK_S = 0.5
_REST_S = 0.5
_CROWDED_REST_S = 0.002
_BACKLOG = 256

_log = structlog.get_logger("placewise.http")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What connections may take.

    most : at once. handshake_s : for TLS. request_s : until a request is whole, from the connection's beginning or the
    last answer on. answer_s : until an answer is made and taken.
    """

    most: int = 256
    handshake_s: float = 5.0
    request_s: float = 10.0
    answer_s: float = 30.0


@dataclass(slots=True, eq=False)
class Connection:
    """One connection; `since` is when it began to wait for a request, or to be answered."""

    socket: socket.socket
    since: float
    transport: asyncio.BaseTransport | None = None
    task: asyncio.Task[None] | None = None
    answering: bool = False

    def end(self) -> None:
        """Close at once, whatever is unsent."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        elif self.task is not None:
            self.task.cancel()


class Listening:
    """Accepts connections; where there are too many, the one that waited longest without a request goes."""

    def __init__(self, bounds: Bounds, tls: ssl.SSLContext | None = None) -> None:
        self._bounds = bounds
        self._tls = tls
        self._crowded = False
        self._loop = asyncio.get_running_loop()
        self._connections: OrderedDict[Connection, None] = OrderedDict()
        self._by_transport: dict[int, Connection] = {}

    @contextlib.asynccontextmanager
    async def at(self, host: str, port: int, protocol: Callable[[], asyncio.BaseProtocol] | None) -> AsyncIterator[int]:
        """Listen while the block runs, and give the port.

        protocol : makes what speaks on each connection. Raises InputError where nothing can listen.
        """
        if protocol is None:
            raise RuntimeError("the application is not set up")
        listeners = await self._listeners(host, port)
        tasks = [self._loop.create_task(self._accept(listener, protocol)) for listener in listeners]
        tasks.append(self._loop.create_task(self._look()))
        try:
            yield listeners[0].getsockname()[1]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for listener in listeners:
                listener.close()
            for connection in list(self._connections):
                connection.end()

    @contextlib.contextmanager
    def answering(self, transport: asyncio.BaseTransport | None) -> Iterator[None]:
        """Count a connection as being answered while the block runs."""
        connection = self._by_transport.get(id(transport))
        if connection is None:
            yield
            return
        connection.answering, connection.since = True, self._loop.time()
        try:
            yield
        finally:
            connection.answering, connection.since = False, self._loop.time()

    async def _listeners(self, host: str, port: int) -> list[socket.socket]:
        listeners: list[socket.socket] = []
        try:
            for family, kind, protocol, _, address in await self._loop.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            ):
                listener = socket.socket(family, kind, protocol)
                listeners.append(listener)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                # Every address of a name has the one port, also where any free one was asked for.
                listener.bind(
                    (address[0], listeners[0].getsockname()[1], *address[2:]) if len(listeners) > 1 else address
                )
                listener.listen(_BACKLOG)
                listener.setblocking(False)
        except OSError as error:
            for listener in listeners:
                listener.close()
            found = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            raise InputError(f"cannot listen: {error.strerror or error}", place="http", found=found) from error
        return listeners

    async def _accept(self, listener: socket.socket, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        while True:
            try:
                accepted, _ = await self._loop.sock_accept(listener)
            except ConnectionError:
                continue
            except OSError as error:
                # There are no descriptors or no memory left: who waits is still there a moment later.
                _log.warning("cannot accept connections", error=error.strerror or str(error))
                await asyncio.sleep(_REST_S)
                continue
            if not self._room():
                accepted.close()
                continue
            connection = Connection(accepted, self._loop.time())
            self._connections[connection] = None
            connection.task = self._loop.create_task(self._connect(connection, protocol))
            connection.task.add_done_callback(partial(self._connected, connection))
            if self._crowded:
                self._crowded = False
                await asyncio.sleep(_CROWDED_REST_S)

    def _room(self) -> bool:
        """Whether there is room for one more, made where somebody only waits."""
        if len(self._connections) < self._bounds.most:
            return True
        self._forget_closed()
        if len(self._connections) < self._bounds.most:
            return True
        waiting = (one for one in self._connections if not one.answering)
        longest = min(waiting, key=lambda one: one.since, default=None)
        if longest is None:
            return False
        longest.end()
        self._connections.pop(longest, None)
        self._crowded = True
        return True

    async def _connect(self, connection: Connection, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        timeout = None if self._tls is None else self._bounds.handshake_s
        try:
            transport, _ = await self._loop.connect_accepted_socket(
                protocol, connection.socket, ssl=self._tls, ssl_handshake_timeout=timeout
            )
        except (OSError, asyncio.CancelledError):
            return  # it left, does not speak TLS, or takes too long to
        finally:
            connection.task = None
        connection.transport = transport
        self._by_transport[id(transport)] = connection

    def _connected(self, connection: Connection, _task: asyncio.Task[None]) -> None:
        if connection.transport is None:
            connection.socket.close()
            self._connections.pop(connection, None)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            self._forget_closed()
            now = self._loop.time()
            for connection in self._connections:
                longest = self._bounds.answer_s if connection.answering else self._bounds.request_s
                if connection.transport is not None and now - connection.since > longest:
                    connection.end()

    def _forget_closed(self) -> None:
        for connection in [one for one in self._connections if one.transport and one.transport.is_closing()]:
            del self._connections[connection]
        kept = {id(one.transport) for one in self._connections}
        for gone in self._by_transport.keys() - kept:
            del self._by_transport[gone]

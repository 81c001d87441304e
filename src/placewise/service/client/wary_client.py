"""A client that shows nothing to a scheduler before it knows which one that is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

import grpc

from placewise.service.client import calls
from placewise.service.client.async_client import AsyncClient
from placewise.service.client.channel import ClientTls
from placewise.service.client.errors import ServiceError
from placewise.service.client.messages.values import Assignment, ClusterSecret

R = TypeVar("R")


class WaryClient(AsyncClient):
    """Asks on every new connection who is there, before anything else is sent on it.

    meet : called with what the scheduler answers to Identify, empty for an older one. It raises where the scheduler is
    another one than ours; the call that was to be made ends so.
    """

    # gRPC would repeat a call on a new connection without asking.
    _retries = False

    def __init__(self, target: str, meet: Callable[[str], None], *, tls: ClientTls | None = None) -> None:
        super().__init__(target, tls=tls)
        self._meet = meet
        self._met = False
        self._meeting = asyncio.Lock()

    async def ask(self, call: calls.Call[R], /) -> R:
        """Carry a call out, once it is known who is there."""
        await self._know()
        return await super().ask(call)

    async def watch_assignments(self, cluster: ClusterSecret, *, most: int = 1) -> AsyncGenerator[Assignment, None]:
        """Yield jobs as `AsyncClient` does, once it is known who is there."""
        await self._know()
        async with contextlib.aclosing(super().watch_assignments(cluster, most=most)) as assignments:
            async for assignment in assignments:
                yield assignment

    async def _know(self) -> None:
        async with self._meeting:
            if self._met and self._channel.get_state() is grpc.ChannelConnectivity.READY:
                return
            self._met = False
            self._meet(await self._identity())
            self._met = True

    async def _identity(self) -> str:
        try:
            return await super().ask(calls.identify())
        except ServiceError as error:
            if error.code is grpc.StatusCode.UNIMPLEMENTED:
                return ""
            raise

"""Who is at the other end, asked before a secret is shown there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import grpc

from placewise.service.client.async_client import AsyncClient
from placewise.service.client.errors import ServiceError


class FirstContact:
    """Asks on every new connection which scheduler is there.

    client : made without retries, since gRPC repeats a call on a new connection without asking.
    meet : called with what the scheduler answers to Identify, empty for an older one. It raises where the scheduler is
    another one than ours.
    """

    def __init__(self, client: AsyncClient, meet: Callable[[str], None]) -> None:
        self._client = client
        self._meet = meet
        self._met = False
        self._asking = asyncio.Lock()

    async def made(self) -> None:
        """Return once it is known who is there. Raises what `meet` raises, and ServiceError where nobody answers."""
        async with self._asking:
            if self._met and self._client.connected:
                return
            self._met = False
            self._meet(await self._identity())
            self._met = True

    async def _identity(self) -> str:
        try:
            return await self._client.identify()
        except ServiceError as error:
            if error.code is grpc.StatusCode.UNIMPLEMENTED:
                return ""
            raise

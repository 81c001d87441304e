"""The graph database of the rainbow protocol, as far as its clients use it: Satisfy."""

from __future__ import annotations

from typing import Any, TypeAlias

import grpc

from placewise.errors import InputError
from placewise.service.beside.turns import Caller
from placewise.service.calls.asking import match
from placewise.service.calls.permission import require_open
from placewise.service.calls.reading_jobs import read_job
from placewise.service.calls.undecided import incomparable_in_words
from placewise.service.guard.refusals import Denied
from placewise.service.live.state import State
from placewise.service.wire import memory_graph_pb2 as wire
from placewise.service.wire.memory_graph_pb2_grpc import MemoryGraphServicer

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class MemoryGraph(MemoryGraphServicer):
    """Answers which clusters could run a job, and refuses to register without credentials."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def Satisfy(self, request: wire.SatisfyRequest, context: Context) -> wire.SatisfyResponse:
        """List the clusters that could ever run a job.

        Raises InputError where none matches and some have values that cannot be compared with what is asked.
        """
        caller = Caller(context.peer())
        require_open(self._state, caller.peer)
        job = await read_job(self._state, caller, request.payload, "", request.matcher)
        found, _ = await match(self._state, caller, job, None)
        if found.incomparable and not found and not found.unknown:
            # The answer has no place for it, and that nothing matches is not known.
            raise InputError("; ".join(incomparable_in_words(found.incomparable)), place=f"job {job.name!r}")
        total = len(self._state.fleet)
        return wire.SatisfyResponse(
            clusters=found.names,
            status=wire.SatisfyResponse.RESULT_TYPE_SUCCESS,
            total_clusters=total,
            total_matches=len(found.names),
            total_mismatches=total - len(found.names),
        )

    async def Register(self, request: wire.RegisterRequest, context: Context) -> wire.Response:
        """Refuse: the request carries no credentials."""
        raise Denied("a cluster registers with the scheduler's secret, by RainbowScheduler.Register")

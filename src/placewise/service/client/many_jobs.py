"""Many jobs on their way to a scheduler: batches, a few ahead of the answers, sent again where these were lost."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import grpc

from placewise.model.jobs.job import Job
from placewise.service.client.errors import ServiceError, failure
from placewise.service.client.messages.answers import reader
from placewise.service.client.messages.jobspec_texts import text_to_send
from placewise.service.client.messages.values import Credentials, NotSubmitted, Submission
from placewise.service.wire import placewise_pb2 as wire

# So often in a row a connection may be lost before an answer comes: a scheduler that was there is waited for, some
# 20 seconds, while it starts again.
_MOST_ATTEMPTS, _MOST_ATTEMPTS_LATER = 5, 10
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 5.0
_JOBS = 250
# A message may have 4 MiB, and a jobspec 256 KiB.
_BYTES = 1 << 20
# As many as a server takes from one stream, and one on its way.
_AHEAD = 3

_CODES = {code.value[0]: code for code in grpc.StatusCode}

Answer: TypeAlias = Submission | NotSubmitted


@dataclass(frozen=True, slots=True)
class Terms:
    """What counts for all jobs of a stream, as the parameters of `calls.submit` of these names.

    request_id : that of each job is this with its number, from 1 on; new ones if empty.
    """

    credentials: Credentials
    match_algorithm: str = ""
    select_algorithm: str = ""
    select_options: Mapping[str, str] | None = None
    request_id: str = ""
    unknown: bool = False


class Window:
    """The batches that were read and not answered yet, of one stream or, after a lost connection, of the next."""

    def __init__(self, jobs: Iterable[Job | Path | str], terms: Terms) -> None:
        self._terms = terms
        self._batches = _batches(jobs, terms.request_id)
        self._unanswered: deque[list[Any]] = deque()
        self._begins = True
        self._failures = 0
        self._most_failures = _MOST_ATTEMPTS

    @property
    def empty(self) -> bool:
        """Whether everything that was sent is answered."""
        return not self._unanswered

    def again(self) -> list[wire.SubmitManyRequest]:
        """Return what to send first on a new stream."""
        self._begins = True
        return [self._request(batch) for batch in self._unanswered]

    def more(self) -> Iterator[wire.SubmitManyRequest]:
        """Yield what can be sent now. Raises InputError for a job that cannot be."""
        while len(self._unanswered) < _AHEAD and (batch := next(self._batches, None)) is not None:
            self._unanswered.append(batch)
            yield self._request(batch)

    def answers(self, response: wire.SubmitManyResponse) -> list[Answer]:
        """Return the answers to the oldest batch."""
        self._unanswered.popleft()
        self._failures, self._most_failures = 0, _MOST_ATTEMPTS_LATER
        return [_read(one) for one in response.answers]

    def wait_before_again(self, error: Exception, target: str) -> float:
        """Return how many seconds to wait before what was not answered is sent again, after a stream that failed.

        Raises what is to be raised where it is not sent again.
        """
        self._failures += 1
        if isinstance(error, grpc.RpcError):
            failed = failure(error, target)
        else:
            problem = "the scheduler ended the stream before everything was answered"
            failed = ServiceError(problem, code=grpc.StatusCode.UNAVAILABLE, place=target)
        lost = isinstance(failed, ServiceError) and failed.code is grpc.StatusCode.UNAVAILABLE
        if not lost or self._failures >= self._most_failures:
            raise failed from None
        return min(_LONGEST_WAIT_S, float(_FIRST_WAIT_S * 2 ** (self._failures - 1)))

    def _request(self, batch: list[Any]) -> wire.SubmitManyRequest:
        if not self._begins:
            return wire.SubmitManyRequest(jobs=batch)
        self._begins = False
        terms = self._terms
        tokens = [wire.Credentials.ClusterToken(cluster=c, token=t) for c, t in terms.credentials.tokens.items()]
        return wire.SubmitManyRequest(
            credentials=wire.Credentials(global_token=terms.credentials.global_token, clusters=tokens),
            match_algorithm=terms.match_algorithm,
            select_algorithm=terms.select_algorithm,
            select_options=terms.select_options,
            unknown=wire.UNKNOWN_YES if terms.unknown else wire.UNKNOWN_UNSPECIFIED,
            jobs=batch,
        )


def _batches(jobs: Iterable[Job | Path | str], request_id: str) -> Iterator[list[Any]]:
    batch: list[Any] = []
    size = 0
    for number, jobspec in zip(count(1), jobs, strict=False):
        text, name = text_to_send(jobspec)
        request = f"{request_id}-{number}" if request_id else str(uuid.uuid4())
        batch.append(wire.SubmitManyRequest.NewJob(name=name, jobspec=text, request_id=request))
        size += len(text.encode(errors="replace"))
        if len(batch) == _JOBS or size >= _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read(answer: wire.SubmitManyResponse.Answer) -> Answer:
    if answer.code:
        return NotSubmitted(_CODES.get(answer.code, grpc.StatusCode.UNKNOWN), answer.reason)
    return _submission(
        wire.SubmitResponse(
            job_id=answer.job_id,
            cluster=answer.cluster,
            state=answer.state,
            matching_clusters=answer.matching_clusters,
            total_clusters=answer.total_clusters,
            reason=answer.reason,
        )
    )


_submission: Callable[[Any], Submission] = reader(Submission)

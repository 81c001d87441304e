"""Answers of the scheduler, from messages to values."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from placewise.errors import PlacewiseError
from placewise.formats.reading import parse_json
from placewise.service.client.values import (
    Assignment,
    Blocked,
    ClusterRecord,
    Event,
    Explanation,
    JobRecord,
    Matched,
    NearMiss,
    Registration,
    Submission,
    WrittenRequirement,
)
from placewise.service.store.job import JobState
from placewise.service.wire import placewise_pb2 as wire

_PREFIX = "JOB_STATE_"


def read_submission(answer: wire.SubmitResponse) -> Submission:
    """Return what became of a submitted job."""
    return Submission(
        answer.job_id,
        answer.cluster or None,
        _state(answer.state),
        answer.matching_clusters,
        answer.total_clusters,
        answer.reason,
        read_explanation(answer.explanation) if answer.HasField("explanation") else None,
    )


def read_match(answer: wire.MatchResponse) -> Matched:
    """Return the clusters that match."""
    return Matched(tuple(answer.clusters), answer.total_clusters)


def read_explanation(answer: wire.Explanation) -> Explanation:
    """Return an explanation."""
    return Explanation(
        answer.job,
        answer.total,
        tuple(answer.matched),
        tuple(
            Blocked(WrittenRequirement(one.requirement, one.subsystem), tuple(one.clusters), one.lacking)
            for one in answer.blocked
        ),
        tuple(NearMiss(near.cluster, near.requirement, near.offered) for near in answer.near_misses),
        tuple(answer.scattered),
        tuple(answer.too_small),
        tuple(answer.unknown_types),
    )


def read_job(answer: wire.Job) -> JobRecord:
    """Return what is remembered of a job."""
    return JobRecord(
        answer.id,
        answer.name,
        answer.cluster or None,
        _state(answer.state),
        _seconds(answer.submitted_at),
        _seconds(answer.changed_at),
        answer.reason,
        answer.duration_s or None,
        answer.jobspec,
        tuple(answer.command),
        tuple(Event(_state(event.state), _seconds(event.at), event.detail) for event in answer.history),
    )


def read_jobs(answer: wire.ListJobsResponse) -> tuple[JobRecord, ...]:
    """Return one page of jobs."""
    return tuple(map(read_job, answer.jobs))


def read_clusters(answer: wire.ListClustersResponse) -> tuple[ClusterRecord, ...]:
    """Return clusters."""
    return tuple(
        ClusterRecord(
            one.name,
            one.nodes,
            tuple(one.subsystems),
            parse_json(one.state, f"the state of {one.name!r}") if one.state else {},
            one.waiting,
            one.running,
            _seconds(one.registered_at),
            _seconds(one.updated_at),
        )
        for one in answer.clusters
    )


def read_registration(answer: wire.RegisterClusterResponse | wire.RotateCredentialsResponse) -> Registration:
    """Return a cluster's new token and secret."""
    return Registration(answer.token, answer.secret)


def read_assignment(answer: wire.Assignment) -> Assignment:
    """Return a received job."""
    return Assignment(
        answer.job_id,
        answer.name,
        answer.jobspec,
        tuple(answer.command),
        answer.lease,
        _seconds(answer.lease_until),
    )


def read_assignments(answer: wire.ReceiveJobsResponse) -> tuple[Assignment, ...]:
    """Return received jobs."""
    return tuple(map(read_assignment, answer.assignments))


def _seconds(at: Timestamp) -> float:
    return at.seconds + at.nanos / 1e9


def _state(number: wire.JobState) -> JobState:
    try:
        return JobState(wire.JobState.Name(number).removeprefix(_PREFIX).lower())
    except ValueError:
        raise PlacewiseError(
            "the scheduler speaks of a job's state that this client does not know", found=int(number)
        ) from None

"""What can be asked of a scheduler: each function makes one call, which either client can carry out."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from placewise.model.fleets.cluster import Cluster
from placewise.model.jobs.job import Job
from placewise.service.client.messages.answers import reader
from placewise.service.client.messages.cluster_documents import Documents, documents_of
from placewise.service.client.messages.jobspec_texts import text_to_send
from placewise.service.client.messages.values import (
    Assignment,
    ClusterRecord,
    ClusterSecret,
    Credentials,
    Explanation,
    JobRecord,
    Matched,
    Registration,
    Submission,
)
from placewise.service.guard.given import kept_reason
from placewise.service.store.rows.job import JobState
from placewise.service.wire import placewise_pb2 as wire

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Call(Generic[R]):
    """One call: the method's name, its request, and what makes a value of its answer."""

    method: str
    request: Any
    read: Callable[[Any], R]


def submit(
    jobspec: Job | Path | str,
    credentials: Credentials,
    *,
    name: str = "",
    match_algorithm: str = "",
    select_algorithm: str = "",
    select_options: Mapping[str, str] | None = None,
    request_id: str = "",
    explained: bool = True,
    unknown: bool = False,
) -> Call[Submission]:
    """Match a job and assign it to one cluster. A job that fits nowhere is an answer, not an error.

    jobspec : a job, a file, or its text in YAML or JSON; YAML is sent as the JSON that means the same where there
        is one, since that is read many times faster.
    name : the job's, unless its jobspec says one; a file's name if not given.
    match_algorithm : match, range or equals. select_algorithm, select_options : the policy that chooses.
        The scheduler's own where empty.
    request_id : the same submission sent again is answered with the job that it made; a new one if not given.
    explained : whether a refusal comes with its explanation.
    unknown : whether a cluster may be chosen of which it is unknown whether it matches.

    Raises InputError for a jobspec that cannot be used, ServiceError when the scheduler refuses or is not there.
    """
    text, own_name = text_to_send(jobspec)
    request = wire.SubmitRequest(
        name=name or own_name,
        jobspec=text,
        credentials=_credentials(credentials),
        match_algorithm=match_algorithm,
        select_algorithm=select_algorithm,
        select_options=select_options,
        request_id=request_id or str(uuid.uuid4()),
        no_explanation=not explained,
        unknown=wire.UNKNOWN_YES if unknown else wire.UNKNOWN_UNSPECIFIED,
    )
    return Call("Submit", request, reader(Submission))


def match(jobspec: Job | Path | str, credentials: Credentials, *, match_algorithm: str = "") -> Call[Matched]:
    """Return the clusters that could ever run a job, and those that may. Raises what `submit` does."""
    text, _ = text_to_send(jobspec)
    request = wire.MatchRequest(jobspec=text, credentials=_credentials(credentials), match_algorithm=match_algorithm)
    return Call("Match", request, reader(Matched))


def explain(jobspec: Job | Path | str, credentials: Credentials, *, match_algorithm: str = "") -> Call[Explanation]:
    """Say why the clusters that do not match a job do not. Raises what `submit` does."""
    text, _ = text_to_send(jobspec)
    request = wire.ExplainRequest(jobspec=text, credentials=_credentials(credentials), match_algorithm=match_algorithm)
    return Call("Explain", request, reader(Explanation))


def get_job(job_id: int, asking: Credentials | ClusterSecret) -> Call[JobRecord]:
    """Return a job with its jobspec and history, to one of its users or to its cluster."""
    return Call("GetJob", wire.GetJobRequest(job_id=job_id, **_asking(asking)), reader(JobRecord))


def list_jobs(
    asking: Credentials | ClusterSecret,
    *,
    of_cluster: str = "",
    states: Iterable[JobState] = (),
    before_id: int = 0,
    limit: int = 0,
) -> Call[tuple[JobRecord, ...]]:
    """Return one page of jobs, the newest first."""
    request = wire.ListJobsRequest(
        of_cluster=of_cluster,
        states=[f"JOB_STATE_{state.name}" for state in states],
        before_id=before_id,
        limit=limit,
        **_asking(asking),
    )
    return Call("ListJobs", request, lambda answer: tuple(map(reader(JobRecord), answer.jobs)))


def cancel_job(job_id: int, credentials: Credentials, *, reason: str = "") -> Call[JobRecord]:
    """Cancel a job that is not over, and return it as it then is."""
    request = wire.CancelJobRequest(job_id=job_id, credentials=_credentials(credentials), reason=reason)
    return Call("CancelJob", request, reader(JobRecord))


def list_clusters(credentials: Credentials) -> Call[tuple[ClusterRecord, ...]]:
    """Return the clusters that the credentials allow to use."""
    return Call(
        "ListClusters",
        wire.ListClustersRequest(credentials=_credentials(credentials)),
        lambda answer: tuple(map(reader(ClusterRecord), answer.clusters)),
    )


def identify() -> Call[str]:
    """Return which scheduler this is: a text that its database alone has; empty from one that has none.

    Raises ServiceError (UNIMPLEMENTED) for a scheduler that does not know the call yet.
    """
    return Call("Identify", wire.IdentifyRequest(), lambda answer: str(answer.server))


def register_cluster(
    cluster: Cluster | Path | Documents, *, registration_secret: str, name: str = ""
) -> Call[Registration]:
    """Register a cluster with its subsystems and state, all or nothing, and return its token and secret.

    cluster : a cluster, a folder of JGF files, or documents, which have no name of their own.

    Both are returned this once: the scheduler keeps only their hashes. Raises InputError for documents that
    cannot be used, ServiceError (ALREADY_EXISTS) for a name that is taken.
    """
    own_name, documents = ("", cluster) if isinstance(cluster, Documents) else documents_of(cluster)
    request = wire.RegisterClusterRequest(
        name=name or own_name,
        registration_secret=registration_secret,
        nodes=documents.nodes,
        subsystems=documents.subsystems,
        state=documents.state,
    )
    return Call("RegisterCluster", request, reader(Registration))


def update_cluster(
    cluster: ClusterSecret, changes: Cluster | Path | Documents, *, removed: Iterable[str] = ()
) -> Call[None]:
    """Replace parts of a cluster, all of them or none.

    changes : what to add or replace; a state's fields are set, null removing one.
    removed : subsystems to remove.
    """
    documents = changes if isinstance(changes, Documents) else documents_of(changes)[1]
    request = wire.UpdateClusterRequest(
        cluster=_secret(cluster),
        nodes=documents.nodes,
        subsystems=documents.subsystems,
        removed_subsystems=list(removed),
        state=documents.state,
    )
    return Call("UpdateCluster", request, lambda _: None)


def delete_cluster(cluster: ClusterSecret) -> Call[int]:
    """Delete a cluster, and return how many of its jobs that cancels."""
    return Call(
        "DeleteCluster", wire.DeleteClusterRequest(cluster=_secret(cluster)), lambda answer: answer.cancelled_jobs
    )


def rotate_credentials(
    cluster: ClusterSecret, *, keep_secret: bool = False, keep_token: bool = False
) -> Call[Registration]:
    """Replace a cluster's secret, token or both; what they replace is refused from then on."""
    request = wire.RotateCredentialsRequest(cluster=_secret(cluster), keep_secret=keep_secret, keep_token=keep_token)
    return Call("RotateCredentials", request, reader(Registration))


def receive_jobs(cluster: ClusterSecret, *, most: int = 0) -> Call[tuple[Assignment, ...]]:
    """Receive waiting jobs under a lease; at most `most`, or as many as fit into one message if that is 0."""
    request = wire.ReceiveJobsRequest(cluster=_secret(cluster), most=most)
    return Call("ReceiveJobs", request, lambda answer: tuple(map(reader(Assignment), answer.assignments)))


def watch_assignments(cluster: ClusterSecret, *, most: int = 1) -> Call[Assignment]:
    """Receive jobs under a lease as they are assigned, with at most `most` not yet accepted.

    Raises ServiceError (UNAVAILABLE) when the connection is lost; watching may then begin anew.
    """
    request = wire.WatchAssignmentsRequest(cluster=_secret(cluster), most=most)
    return Call("WatchAssignments", request, reader(Assignment))


def accept_jobs(cluster: ClusterSecret, jobs: Iterable[Assignment], *, agent: str = "") -> Call[frozenset[int]]:
    """Accept received jobs while their leases last, and return the ids of those that are accepted.

    agent : by this name heartbeats are sent; the jobs of an agent that is not heard of may be given up.
    """
    accepted = [wire.AcceptJobsRequest.Accepted(job_id=job.job_id, lease=job.lease) for job in jobs]
    return Call(
        "AcceptJobs",
        wire.AcceptJobsRequest(cluster=_secret(cluster), jobs=accepted, agent=agent),
        lambda answer: frozenset(answer.accepted),
    )


def report_outcome(
    cluster: ClusterSecret,
    job_id: int,
    *,
    succeeded: bool,
    duration_s: float = 0.0,
    reason: str = "",
    agent: str = "",
) -> Call[JobRecord]:
    """Report how an accepted job ended: after how many seconds (0 if not known), and why if it failed.

    agent : as when it was accepted. The report is refused if the job was given up meanwhile.
    """
    request = wire.ReportOutcomeRequest(
        cluster=_secret(cluster),
        job_id=job_id,
        succeeded=succeeded,
        duration_s=duration_s,
        reason=kept_reason(reason),
        agent=agent,
    )
    return Call("ReportOutcome", request, reader(JobRecord))


def heartbeat(cluster: ClusterSecret, agent: str, *, leaving: bool = False) -> Call[float]:
    """Say that an agent lives, or that it goes, and return after how many seconds without a word it counts as lost."""
    request = wire.HeartbeatRequest(cluster=_secret(cluster), agent=agent, leaving=leaving)
    return Call("Heartbeat", request, lambda answer: float(answer.lost_after_s))


def _credentials(credentials: Credentials) -> wire.Credentials:
    return wire.Credentials(
        global_token=credentials.global_token,
        clusters=[wire.Credentials.ClusterToken(cluster=c, token=t) for c, t in credentials.tokens.items()],
    )


def _secret(cluster: ClusterSecret) -> wire.ClusterSecret:
    return wire.ClusterSecret(name=cluster.name, secret=cluster.secret)


def _asking(asking: Credentials | ClusterSecret) -> dict[str, Any]:
    if isinstance(asking, ClusterSecret):
        return {"cluster": _secret(asking)}
    return {"credentials": _credentials(asking)}

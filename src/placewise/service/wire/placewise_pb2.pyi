from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Unknown(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNKNOWN_UNSPECIFIED: _ClassVar[Unknown]
    UNKNOWN_NO: _ClassVar[Unknown]
    UNKNOWN_YES: _ClassVar[Unknown]

class JobState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JOB_STATE_UNSPECIFIED: _ClassVar[JobState]
    JOB_STATE_SUBMITTED: _ClassVar[JobState]
    JOB_STATE_ASSIGNED: _ClassVar[JobState]
    JOB_STATE_RECEIVED: _ClassVar[JobState]
    JOB_STATE_ACCEPTED: _ClassVar[JobState]
    JOB_STATE_FINISHED: _ClassVar[JobState]
    JOB_STATE_FAILED: _ClassVar[JobState]
    JOB_STATE_CANCELLED: _ClassVar[JobState]
    JOB_STATE_REFUSED: _ClassVar[JobState]
UNKNOWN_UNSPECIFIED: Unknown
UNKNOWN_NO: Unknown
UNKNOWN_YES: Unknown
JOB_STATE_UNSPECIFIED: JobState
JOB_STATE_SUBMITTED: JobState
JOB_STATE_ASSIGNED: JobState
JOB_STATE_RECEIVED: JobState
JOB_STATE_ACCEPTED: JobState
JOB_STATE_FINISHED: JobState
JOB_STATE_FAILED: JobState
JOB_STATE_CANCELLED: JobState
JOB_STATE_REFUSED: JobState

class Credentials(_message.Message):
    __slots__ = ("global_token", "clusters")
    class ClusterToken(_message.Message):
        __slots__ = ("cluster", "token")
        CLUSTER_FIELD_NUMBER: _ClassVar[int]
        TOKEN_FIELD_NUMBER: _ClassVar[int]
        cluster: str
        token: str
        def __init__(self, cluster: _Optional[str] = ..., token: _Optional[str] = ...) -> None: ...
    GLOBAL_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    global_token: str
    clusters: _containers.RepeatedCompositeFieldContainer[Credentials.ClusterToken]
    def __init__(self, global_token: _Optional[str] = ..., clusters: _Optional[_Iterable[_Union[Credentials.ClusterToken, _Mapping]]] = ...) -> None: ...

class IdentifyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class IdentifyResponse(_message.Message):
    __slots__ = ("server",)
    SERVER_FIELD_NUMBER: _ClassVar[int]
    server: str
    def __init__(self, server: _Optional[str] = ...) -> None: ...

class SubmitRequest(_message.Message):
    __slots__ = ("name", "jobspec", "credentials", "match_algorithm", "select_algorithm", "select_options", "request_id", "no_explanation", "unknown")
    class SelectOptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    JOBSPEC_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    MATCH_ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    SELECT_ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    SELECT_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NO_EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    name: str
    jobspec: str
    credentials: Credentials
    match_algorithm: str
    select_algorithm: str
    select_options: _containers.ScalarMap[str, str]
    request_id: str
    no_explanation: bool
    unknown: Unknown
    def __init__(self, name: _Optional[str] = ..., jobspec: _Optional[str] = ..., credentials: _Optional[_Union[Credentials, _Mapping]] = ..., match_algorithm: _Optional[str] = ..., select_algorithm: _Optional[str] = ..., select_options: _Optional[_Mapping[str, str]] = ..., request_id: _Optional[str] = ..., no_explanation: bool = ..., unknown: _Optional[_Union[Unknown, str]] = ...) -> None: ...

class Score(_message.Message):
    __slots__ = ("cluster", "score", "held")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    cluster: str
    score: float
    held: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, cluster: _Optional[str] = ..., score: _Optional[float] = ..., held: _Optional[_Iterable[int]] = ...) -> None: ...

class Scores(_message.Message):
    __slots__ = ("wishes", "clusters")
    WISHES_FIELD_NUMBER: _ClassVar[int]
    CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    wishes: _containers.RepeatedCompositeFieldContainer[Wish]
    clusters: _containers.RepeatedCompositeFieldContainer[Score]
    def __init__(self, wishes: _Optional[_Iterable[_Union[Wish, _Mapping]]] = ..., clusters: _Optional[_Iterable[_Union[Score, _Mapping]]] = ...) -> None: ...

class Wish(_message.Message):
    __slots__ = ("wish", "weight")
    WISH_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    wish: str
    weight: float
    def __init__(self, wish: _Optional[str] = ..., weight: _Optional[float] = ...) -> None: ...

class Incomparable(_message.Message):
    __slots__ = ("cluster", "requirement", "problem")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    REQUIREMENT_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    cluster: str
    requirement: str
    problem: str
    def __init__(self, cluster: _Optional[str] = ..., requirement: _Optional[str] = ..., problem: _Optional[str] = ...) -> None: ...

class SubmitResponse(_message.Message):
    __slots__ = ("job_id", "cluster", "state", "matching_clusters", "total_clusters", "reason", "explanation", "unknown", "incomparable", "scores")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MATCHING_CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    INCOMPARABLE_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    job_id: int
    cluster: str
    state: JobState
    matching_clusters: int
    total_clusters: int
    reason: str
    explanation: Explanation
    unknown: _containers.RepeatedScalarFieldContainer[str]
    incomparable: _containers.RepeatedCompositeFieldContainer[Incomparable]
    scores: Scores
    def __init__(self, job_id: _Optional[int] = ..., cluster: _Optional[str] = ..., state: _Optional[_Union[JobState, str]] = ..., matching_clusters: _Optional[int] = ..., total_clusters: _Optional[int] = ..., reason: _Optional[str] = ..., explanation: _Optional[_Union[Explanation, _Mapping]] = ..., unknown: _Optional[_Iterable[str]] = ..., incomparable: _Optional[_Iterable[_Union[Incomparable, _Mapping]]] = ..., scores: _Optional[_Union[Scores, _Mapping]] = ...) -> None: ...

class SubmitManyRequest(_message.Message):
    __slots__ = ("credentials", "match_algorithm", "select_algorithm", "select_options", "unknown", "jobs")
    class NewJob(_message.Message):
        __slots__ = ("name", "jobspec", "request_id")
        NAME_FIELD_NUMBER: _ClassVar[int]
        JOBSPEC_FIELD_NUMBER: _ClassVar[int]
        REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
        name: str
        jobspec: str
        request_id: str
        def __init__(self, name: _Optional[str] = ..., jobspec: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...
    class SelectOptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    MATCH_ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    SELECT_ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    SELECT_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    JOBS_FIELD_NUMBER: _ClassVar[int]
    credentials: Credentials
    match_algorithm: str
    select_algorithm: str
    select_options: _containers.ScalarMap[str, str]
    unknown: Unknown
    jobs: _containers.RepeatedCompositeFieldContainer[SubmitManyRequest.NewJob]
    def __init__(self, credentials: _Optional[_Union[Credentials, _Mapping]] = ..., match_algorithm: _Optional[str] = ..., select_algorithm: _Optional[str] = ..., select_options: _Optional[_Mapping[str, str]] = ..., unknown: _Optional[_Union[Unknown, str]] = ..., jobs: _Optional[_Iterable[_Union[SubmitManyRequest.NewJob, _Mapping]]] = ...) -> None: ...

class SubmitManyResponse(_message.Message):
    __slots__ = ("answers",)
    class Answer(_message.Message):
        __slots__ = ("job_id", "cluster", "state", "matching_clusters", "total_clusters", "reason", "code")
        JOB_ID_FIELD_NUMBER: _ClassVar[int]
        CLUSTER_FIELD_NUMBER: _ClassVar[int]
        STATE_FIELD_NUMBER: _ClassVar[int]
        MATCHING_CLUSTERS_FIELD_NUMBER: _ClassVar[int]
        TOTAL_CLUSTERS_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        CODE_FIELD_NUMBER: _ClassVar[int]
        job_id: int
        cluster: str
        state: JobState
        matching_clusters: int
        total_clusters: int
        reason: str
        code: int
        def __init__(self, job_id: _Optional[int] = ..., cluster: _Optional[str] = ..., state: _Optional[_Union[JobState, str]] = ..., matching_clusters: _Optional[int] = ..., total_clusters: _Optional[int] = ..., reason: _Optional[str] = ..., code: _Optional[int] = ...) -> None: ...
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    answers: _containers.RepeatedCompositeFieldContainer[SubmitManyResponse.Answer]
    def __init__(self, answers: _Optional[_Iterable[_Union[SubmitManyResponse.Answer, _Mapping]]] = ...) -> None: ...

class MatchRequest(_message.Message):
    __slots__ = ("jobspec", "credentials", "match_algorithm")
    JOBSPEC_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    MATCH_ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    jobspec: str
    credentials: Credentials
    match_algorithm: str
    def __init__(self, jobspec: _Optional[str] = ..., credentials: _Optional[_Union[Credentials, _Mapping]] = ..., match_algorithm: _Optional[str] = ...) -> None: ...

class MatchResponse(_message.Message):
    __slots__ = ("clusters", "total_clusters", "unknown", "incomparable", "scores")
    CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    INCOMPARABLE_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    clusters: _containers.RepeatedScalarFieldContainer[str]
    total_clusters: int
    unknown: _containers.RepeatedScalarFieldContainer[str]
    incomparable: _containers.RepeatedCompositeFieldContainer[Incomparable]
    scores: Scores
    def __init__(self, clusters: _Optional[_Iterable[str]] = ..., total_clusters: _Optional[int] = ..., unknown: _Optional[_Iterable[str]] = ..., incomparable: _Optional[_Iterable[_Union[Incomparable, _Mapping]]] = ..., scores: _Optional[_Union[Scores, _Mapping]] = ...) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("jobspec", "credentials", "match_algorithm")
    JOBSPEC_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    MATCH_ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    jobspec: str
    credentials: Credentials
    match_algorithm: str
    def __init__(self, jobspec: _Optional[str] = ..., credentials: _Optional[_Union[Credentials, _Mapping]] = ..., match_algorithm: _Optional[str] = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("job", "total", "matched", "blocked", "near_misses", "scattered", "too_small", "unknown_types", "unknown", "incomparable", "apart")
    class Cause(_message.Message):
        __slots__ = ("kind", "subsystem", "field", "asked", "offered", "line")
        KIND_FIELD_NUMBER: _ClassVar[int]
        SUBSYSTEM_FIELD_NUMBER: _ClassVar[int]
        FIELD_FIELD_NUMBER: _ClassVar[int]
        ASKED_FIELD_NUMBER: _ClassVar[int]
        OFFERED_FIELD_NUMBER: _ClassVar[int]
        LINE_FIELD_NUMBER: _ClassVar[int]
        kind: str
        subsystem: str
        field: str
        asked: str
        offered: str
        line: str
        def __init__(self, kind: _Optional[str] = ..., subsystem: _Optional[str] = ..., field: _Optional[str] = ..., asked: _Optional[str] = ..., offered: _Optional[str] = ..., line: _Optional[str] = ...) -> None: ...
    class CausesThere(_message.Message):
        __slots__ = ("causes", "clusters")
        CAUSES_FIELD_NUMBER: _ClassVar[int]
        CLUSTERS_FIELD_NUMBER: _ClassVar[int]
        causes: _containers.RepeatedCompositeFieldContainer[Explanation.Cause]
        clusters: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, causes: _Optional[_Iterable[_Union[Explanation.Cause, _Mapping]]] = ..., clusters: _Optional[_Iterable[str]] = ...) -> None: ...
    class Blocked(_message.Message):
        __slots__ = ("requirement", "subsystem", "clusters", "lacking", "causes")
        REQUIREMENT_FIELD_NUMBER: _ClassVar[int]
        SUBSYSTEM_FIELD_NUMBER: _ClassVar[int]
        CLUSTERS_FIELD_NUMBER: _ClassVar[int]
        LACKING_FIELD_NUMBER: _ClassVar[int]
        CAUSES_FIELD_NUMBER: _ClassVar[int]
        requirement: str
        subsystem: str
        clusters: _containers.RepeatedScalarFieldContainer[str]
        lacking: int
        causes: _containers.RepeatedCompositeFieldContainer[Explanation.CausesThere]
        def __init__(self, requirement: _Optional[str] = ..., subsystem: _Optional[str] = ..., clusters: _Optional[_Iterable[str]] = ..., lacking: _Optional[int] = ..., causes: _Optional[_Iterable[_Union[Explanation.CausesThere, _Mapping]]] = ...) -> None: ...
    class Unknown(_message.Message):
        __slots__ = ("cluster", "facts")
        CLUSTER_FIELD_NUMBER: _ClassVar[int]
        FACTS_FIELD_NUMBER: _ClassVar[int]
        cluster: str
        facts: _containers.RepeatedCompositeFieldContainer[Explanation.Cause]
        def __init__(self, cluster: _Optional[str] = ..., facts: _Optional[_Iterable[_Union[Explanation.Cause, _Mapping]]] = ...) -> None: ...
    class NearMiss(_message.Message):
        __slots__ = ("cluster", "requirement", "offered")
        CLUSTER_FIELD_NUMBER: _ClassVar[int]
        REQUIREMENT_FIELD_NUMBER: _ClassVar[int]
        OFFERED_FIELD_NUMBER: _ClassVar[int]
        cluster: str
        requirement: str
        offered: str
        def __init__(self, cluster: _Optional[str] = ..., requirement: _Optional[str] = ..., offered: _Optional[str] = ...) -> None: ...
    JOB_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_FIELD_NUMBER: _ClassVar[int]
    NEAR_MISSES_FIELD_NUMBER: _ClassVar[int]
    SCATTERED_FIELD_NUMBER: _ClassVar[int]
    TOO_SMALL_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_TYPES_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    INCOMPARABLE_FIELD_NUMBER: _ClassVar[int]
    APART_FIELD_NUMBER: _ClassVar[int]
    job: str
    total: int
    matched: _containers.RepeatedScalarFieldContainer[str]
    blocked: _containers.RepeatedCompositeFieldContainer[Explanation.Blocked]
    near_misses: _containers.RepeatedCompositeFieldContainer[Explanation.NearMiss]
    scattered: _containers.RepeatedScalarFieldContainer[str]
    too_small: _containers.RepeatedScalarFieldContainer[str]
    unknown_types: _containers.RepeatedScalarFieldContainer[str]
    unknown: _containers.RepeatedCompositeFieldContainer[Explanation.Unknown]
    incomparable: _containers.RepeatedCompositeFieldContainer[Incomparable]
    apart: _containers.RepeatedCompositeFieldContainer[Explanation.CausesThere]
    def __init__(self, job: _Optional[str] = ..., total: _Optional[int] = ..., matched: _Optional[_Iterable[str]] = ..., blocked: _Optional[_Iterable[_Union[Explanation.Blocked, _Mapping]]] = ..., near_misses: _Optional[_Iterable[_Union[Explanation.NearMiss, _Mapping]]] = ..., scattered: _Optional[_Iterable[str]] = ..., too_small: _Optional[_Iterable[str]] = ..., unknown_types: _Optional[_Iterable[str]] = ..., unknown: _Optional[_Iterable[_Union[Explanation.Unknown, _Mapping]]] = ..., incomparable: _Optional[_Iterable[_Union[Incomparable, _Mapping]]] = ..., apart: _Optional[_Iterable[_Union[Explanation.CausesThere, _Mapping]]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("state", "at", "detail")
    STATE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    state: JobState
    at: _timestamp_pb2.Timestamp
    detail: str
    def __init__(self, state: _Optional[_Union[JobState, str]] = ..., at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., detail: _Optional[str] = ...) -> None: ...

class Job(_message.Message):
    __slots__ = ("id", "name", "cluster", "state", "submitted_at", "changed_at", "reason", "duration_s", "jobspec", "command", "history", "agent", "attempts")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SUBMITTED_AT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DURATION_S_FIELD_NUMBER: _ClassVar[int]
    JOBSPEC_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    id: int
    name: str
    cluster: str
    state: JobState
    submitted_at: _timestamp_pb2.Timestamp
    changed_at: _timestamp_pb2.Timestamp
    reason: str
    duration_s: float
    jobspec: str
    command: _containers.RepeatedScalarFieldContainer[str]
    history: _containers.RepeatedCompositeFieldContainer[Event]
    agent: str
    attempts: int
    def __init__(self, id: _Optional[int] = ..., name: _Optional[str] = ..., cluster: _Optional[str] = ..., state: _Optional[_Union[JobState, str]] = ..., submitted_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., changed_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., duration_s: _Optional[float] = ..., jobspec: _Optional[str] = ..., command: _Optional[_Iterable[str]] = ..., history: _Optional[_Iterable[_Union[Event, _Mapping]]] = ..., agent: _Optional[str] = ..., attempts: _Optional[int] = ...) -> None: ...

class GetJobRequest(_message.Message):
    __slots__ = ("job_id", "credentials", "cluster")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    job_id: int
    credentials: Credentials
    cluster: ClusterSecret
    def __init__(self, job_id: _Optional[int] = ..., credentials: _Optional[_Union[Credentials, _Mapping]] = ..., cluster: _Optional[_Union[ClusterSecret, _Mapping]] = ...) -> None: ...

class ClusterSecret(_message.Message):
    __slots__ = ("name", "secret")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    name: str
    secret: str
    def __init__(self, name: _Optional[str] = ..., secret: _Optional[str] = ...) -> None: ...

class ListJobsRequest(_message.Message):
    __slots__ = ("credentials", "cluster", "of_cluster", "states", "before_id", "limit")
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    OF_CLUSTER_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    BEFORE_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    credentials: Credentials
    cluster: ClusterSecret
    of_cluster: str
    states: _containers.RepeatedScalarFieldContainer[JobState]
    before_id: int
    limit: int
    def __init__(self, credentials: _Optional[_Union[Credentials, _Mapping]] = ..., cluster: _Optional[_Union[ClusterSecret, _Mapping]] = ..., of_cluster: _Optional[str] = ..., states: _Optional[_Iterable[_Union[JobState, str]]] = ..., before_id: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class ListJobsResponse(_message.Message):
    __slots__ = ("jobs",)
    JOBS_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[Job]
    def __init__(self, jobs: _Optional[_Iterable[_Union[Job, _Mapping]]] = ...) -> None: ...

class CancelJobRequest(_message.Message):
    __slots__ = ("job_id", "credentials", "reason")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    job_id: int
    credentials: Credentials
    reason: str
    def __init__(self, job_id: _Optional[int] = ..., credentials: _Optional[_Union[Credentials, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class ListClustersRequest(_message.Message):
    __slots__ = ("credentials",)
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    credentials: Credentials
    def __init__(self, credentials: _Optional[_Union[Credentials, _Mapping]] = ...) -> None: ...

class AgentSummary(_message.Message):
    __slots__ = ("name", "heard_at", "live", "running")
    NAME_FIELD_NUMBER: _ClassVar[int]
    HEARD_AT_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    name: str
    heard_at: _timestamp_pb2.Timestamp
    live: bool
    running: int
    def __init__(self, name: _Optional[str] = ..., heard_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., live: bool = ..., running: _Optional[int] = ...) -> None: ...

class ClusterSummary(_message.Message):
    __slots__ = ("name", "nodes", "subsystems", "state", "waiting", "running", "registered_at", "updated_at", "agents")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    SUBSYSTEMS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    nodes: int
    subsystems: _containers.RepeatedScalarFieldContainer[str]
    state: str
    waiting: int
    running: int
    registered_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    agents: _containers.RepeatedCompositeFieldContainer[AgentSummary]
    def __init__(self, name: _Optional[str] = ..., nodes: _Optional[int] = ..., subsystems: _Optional[_Iterable[str]] = ..., state: _Optional[str] = ..., waiting: _Optional[int] = ..., running: _Optional[int] = ..., registered_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., agents: _Optional[_Iterable[_Union[AgentSummary, _Mapping]]] = ...) -> None: ...

class ListClustersResponse(_message.Message):
    __slots__ = ("clusters",)
    CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    clusters: _containers.RepeatedCompositeFieldContainer[ClusterSummary]
    def __init__(self, clusters: _Optional[_Iterable[_Union[ClusterSummary, _Mapping]]] = ...) -> None: ...

class RegisterClusterRequest(_message.Message):
    __slots__ = ("name", "registration_secret", "nodes", "subsystems", "state")
    class SubsystemsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    REGISTRATION_SECRET_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    SUBSYSTEMS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    registration_secret: str
    nodes: str
    subsystems: _containers.ScalarMap[str, str]
    state: str
    def __init__(self, name: _Optional[str] = ..., registration_secret: _Optional[str] = ..., nodes: _Optional[str] = ..., subsystems: _Optional[_Mapping[str, str]] = ..., state: _Optional[str] = ...) -> None: ...

class RegisterClusterResponse(_message.Message):
    __slots__ = ("token", "secret")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    token: str
    secret: str
    def __init__(self, token: _Optional[str] = ..., secret: _Optional[str] = ...) -> None: ...

class UpdateClusterRequest(_message.Message):
    __slots__ = ("cluster", "nodes", "subsystems", "removed_subsystems", "state")
    class SubsystemsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    SUBSYSTEMS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_SUBSYSTEMS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    cluster: ClusterSecret
    nodes: str
    subsystems: _containers.ScalarMap[str, str]
    removed_subsystems: _containers.RepeatedScalarFieldContainer[str]
    state: str
    def __init__(self, cluster: _Optional[_Union[ClusterSecret, _Mapping]] = ..., nodes: _Optional[str] = ..., subsystems: _Optional[_Mapping[str, str]] = ..., removed_subsystems: _Optional[_Iterable[str]] = ..., state: _Optional[str] = ...) -> None: ...

class UpdateClusterResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DeleteClusterRequest(_message.Message):
    __slots__ = ("cluster",)
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    cluster: ClusterSecret
    def __init__(self, cluster: _Optional[_Union[ClusterSecret, _Mapping]] = ...) -> None: ...

class DeleteClusterResponse(_message.Message):
    __slots__ = ("cancelled_jobs",)
    CANCELLED_JOBS_FIELD_NUMBER: _ClassVar[int]
    cancelled_jobs: int
    def __init__(self, cancelled_jobs: _Optional[int] = ...) -> None: ...

class RotateCredentialsRequest(_message.Message):
    __slots__ = ("cluster", "keep_secret", "keep_token")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    KEEP_SECRET_FIELD_NUMBER: _ClassVar[int]
    KEEP_TOKEN_FIELD_NUMBER: _ClassVar[int]
    cluster: ClusterSecret
    keep_secret: bool
    keep_token: bool
    def __init__(self, cluster: _Optional[_Union[ClusterSecret, _Mapping]] = ..., keep_secret: bool = ..., keep_token: bool = ...) -> None: ...

class RotateCredentialsResponse(_message.Message):
    __slots__ = ("token", "secret")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    token: str
    secret: str
    def __init__(self, token: _Optional[str] = ..., secret: _Optional[str] = ...) -> None: ...

class ReceiveJobsRequest(_message.Message):
    __slots__ = ("cluster", "most")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    cluster: ClusterSecret
    most: int
    def __init__(self, cluster: _Optional[_Union[ClusterSecret, _Mapping]] = ..., most: _Optional[int] = ...) -> None: ...

class Assignment(_message.Message):
    __slots__ = ("job_id", "name", "jobspec", "command", "lease", "lease_until")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    JOBSPEC_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    LEASE_UNTIL_FIELD_NUMBER: _ClassVar[int]
    job_id: int
    name: str
    jobspec: str
    command: _containers.RepeatedScalarFieldContainer[str]
    lease: str
    lease_until: _timestamp_pb2.Timestamp
    def __init__(self, job_id: _Optional[int] = ..., name: _Optional[str] = ..., jobspec: _Optional[str] = ..., command: _Optional[_Iterable[str]] = ..., lease: _Optional[str] = ..., lease_until: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReceiveJobsResponse(_message.Message):
    __slots__ = ("assignments",)
    ASSIGNMENTS_FIELD_NUMBER: _ClassVar[int]
    assignments: _containers.RepeatedCompositeFieldContainer[Assignment]
    def __init__(self, assignments: _Optional[_Iterable[_Union[Assignment, _Mapping]]] = ...) -> None: ...

class WatchAssignmentsRequest(_message.Message):
    __slots__ = ("cluster", "most")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    cluster: ClusterSecret
    most: int
    def __init__(self, cluster: _Optional[_Union[ClusterSecret, _Mapping]] = ..., most: _Optional[int] = ...) -> None: ...

class AcceptJobsRequest(_message.Message):
    __slots__ = ("cluster", "jobs", "agent")
    class Accepted(_message.Message):
        __slots__ = ("job_id", "lease")
        JOB_ID_FIELD_NUMBER: _ClassVar[int]
        LEASE_FIELD_NUMBER: _ClassVar[int]
        job_id: int
        lease: str
        def __init__(self, job_id: _Optional[int] = ..., lease: _Optional[str] = ...) -> None: ...
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    JOBS_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    cluster: ClusterSecret
    jobs: _containers.RepeatedCompositeFieldContainer[AcceptJobsRequest.Accepted]
    agent: str
    def __init__(self, cluster: _Optional[_Union[ClusterSecret, _Mapping]] = ..., jobs: _Optional[_Iterable[_Union[AcceptJobsRequest.Accepted, _Mapping]]] = ..., agent: _Optional[str] = ...) -> None: ...

class AcceptJobsResponse(_message.Message):
    __slots__ = ("accepted",)
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    accepted: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, accepted: _Optional[_Iterable[int]] = ...) -> None: ...

class ReportOutcomeRequest(_message.Message):
    __slots__ = ("cluster", "job_id", "succeeded", "duration_s", "reason", "agent")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
    DURATION_S_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    cluster: ClusterSecret
    job_id: int
    succeeded: bool
    duration_s: float
    reason: str
    agent: str
    def __init__(self, cluster: _Optional[_Union[ClusterSecret, _Mapping]] = ..., job_id: _Optional[int] = ..., succeeded: bool = ..., duration_s: _Optional[float] = ..., reason: _Optional[str] = ..., agent: _Optional[str] = ...) -> None: ...

class RawReport(_message.Message):
    __slots__ = ("cluster", "job_id", "succeeded", "duration_s", "reason", "agent")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
    DURATION_S_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    cluster: ClusterSecret
    job_id: int
    succeeded: bool
    duration_s: float
    reason: bytes
    agent: str
    def __init__(self, cluster: _Optional[_Union[ClusterSecret, _Mapping]] = ..., job_id: _Optional[int] = ..., succeeded: bool = ..., duration_s: _Optional[float] = ..., reason: _Optional[bytes] = ..., agent: _Optional[str] = ...) -> None: ...

class HeartbeatRequest(_message.Message):
    __slots__ = ("cluster", "agent", "leaving")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    LEAVING_FIELD_NUMBER: _ClassVar[int]
    cluster: ClusterSecret
    agent: str
    leaving: bool
    def __init__(self, cluster: _Optional[_Union[ClusterSecret, _Mapping]] = ..., agent: _Optional[str] = ..., leaving: bool = ...) -> None: ...

class HeartbeatResponse(_message.Message):
    __slots__ = ("lost_after_s",)
    LOST_AFTER_S_FIELD_NUMBER: _ClassVar[int]
    lost_after_s: float
    def __init__(self, lost_after_s: _Optional[float] = ...) -> None: ...

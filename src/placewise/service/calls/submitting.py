"""Submits jobs: matched, placed on one cluster, committed, and only then acknowledged."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import parse_jobspec
from placewise.formats.reading import json_document
from placewise.matching.causes.why_not import WhyNot
from placewise.matching.index import FleetIndex
from placewise.matching.preferences import Scores
from placewise.matching.shapes.work import Work
from placewise.matching.site_limits import with_limits
from placewise.model.jobs.job import Job
from placewise.model.requirements.requirement import Expression
from placewise.scheduler import Candidates, Placement
from placewise.selection.situation import Numbers
from placewise.selection.stated_numbers import numbers_of_job
from placewise.service.beside.documents import read_jobspec
from placewise.service.beside.turns import Caller
from placewise.service.calls.asking import explain, in_words, most_failed, scores_of
from placewise.service.calls.choosing import policy_of
from placewise.service.calls.matchers import check_matcher, refuse_what_is_not_judged
from placewise.service.calls.undecided import Undecided, undecided
from placewise.service.guard.given import check_name
from placewise.service.guard.refusals import ClusterGone, Exhausted, QueueFull, Unavailable
from placewise.service.live.state import State
from placewise.service.store.job import AddedJob, JobState, NewJob

_LONGEST_REQUEST_ID = 128
_ATTEMPTS = 5
_SHOWN = 3
# Characters of a jobspec that is read at once, in one or two milliseconds. What is YAML takes longer.
_SHORT_YAML, _SHORT_JSON = 1024, 3072


@dataclass(frozen=True, slots=True)
class Submission:
    """A job to place, as the text of its jobspec, and how; where a name is empty the scheduler's own choice applies.

    usable : the clusters that may be chosen; None for every one.
    unknown : whether one may be chosen of which it is unknown whether it matches.
    """

    jobspec: str
    usable: frozenset[str] | None
    name: str = ""
    match_algorithm: str = ""
    select_algorithm: str = ""
    select_options: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    explained: bool = True
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a submission.

    cluster : None for a refused job; `reason` says why, and `explanation` where it fits nowhere.
    undecided : the clusters of which it cannot be said whether they match; none for a job that was submitted before.
    scores : what the job's wishes count on the clusters that match; None for a job without wishes, and for one that
        was submitted before.
    """

    job_id: int
    cluster: str | None
    state: JobState
    matching: int
    total: int
    reason: str = ""
    explanation: WhyNot | None = None
    undecided: Undecided = field(default_factory=Undecided)
    scores: Scores | None = None


async def submit(state: State, caller: Caller, submission: Submission) -> Submitted:
    """Match a job, choose one cluster and commit it there.

    Raises InputError for what cannot be understood, Exhausted when the queues of all that match are full, and
    Unavailable when the clusters chosen keep vanishing.
    """
    if len(submission.request_id) > _LONGEST_REQUEST_ID:
        expected = f"at most {_LONGEST_REQUEST_ID} characters"
        raise InputError("the request id is too long", found=len(submission.request_id), expected=expected)
    job = await read_job(state, caller, submission.jobspec, submission.name, submission.match_algorithm)
    settings = state.settings
    named = submission.select_algorithm or settings.select_algorithm
    policy = policy_of(named, {**settings.select_options, **submission.select_options})
    allowed = _ids(state, submission.usable)
    request = _request_of(submission, allowed)
    full: set[str] = set()
    last: Exception | None = None
    before = {member.name: member.id for member in state.fleet.members()} if allowed is None else allowed
    index = state.fleet.scheduler.index
    found, open_ones, scored = await state.heavy.at_once_or_beside(
        caller, partial(_found, index, job, _still(state, allowed), submission.unknown)
    )
    for _ in range(_ATTEMPTS):
        scheduler = state.fleet.scheduler
        usable = _still(state, allowed)
        placement = scheduler.place(
            job,
            policy=policy,
            draw=state.random.random(),
            values=_values(state, job),
            # A cluster that came meanwhile, be it under the name of one that is gone, was not asked.
            among=usable if scheduler.index is index else _still(state, before),
            full=full,
            found=found,
        )
        total = len(scheduler.index.names) if usable is None else len(usable)
        if placement.chosen is None:
            if isinstance(last, QueueFull):
                raise Exhausted("the queues of all clusters that match are full", found=len(full))
            if last is not None:
                break
            return await _refuse(state, caller, submission, job, placement, open_ones, usable, request)
        member = state.fleet.member(placement.chosen)
        new = NewJob(
            job.name,
            member.id if member else 0,
            submission.jobspec,
            json.dumps(job.command),
            request,
            None,
        )
        try:
            added = await state.writer.do(state.acts.add_jobs, new)
        except (QueueFull, ClusterGone) as refusal:
            # A cluster that another server deleted may still be shown by the next look at the fleet.
            state.fleet.ended(new.cluster_id)
            full.add(placement.chosen)
            last = refusal
            continue
        except BaseException:
            state.fleet.ended(new.cluster_id)
            raise
        if added.known:
            state.fleet.ended(new.cluster_id)
            return _repeated(state, added, total)
        state.metrics.submissions.labels("assigned").inc()
        state.metrics.matches.observe(len(placement.matched.names))
        state.ring(new.cluster_id or 0)
        return Submitted(
            added.id,
            placement.chosen,
            JobState.ASSIGNED,
            len(placement.matched.names),
            total,
            undecided=open_ones,
            scores=scored,
        )
    if isinstance(last, QueueFull):
        raise Exhausted("the queues of the clusters chosen are full; submit the job again", found=len(full))
    raise Unavailable("the clusters chosen were deleted meanwhile; submit the job again")


async def read_job(state: State, caller: Caller, text: str, name: str, matcher: str) -> Job:
    """Return the job of a jobspec's text, judged by a match algorithm, as it has to meet the limits of sites.

    Raises InputError for a text that is too long or not understood, and for conditions that the algorithm
    does not judge.
    """
    most = state.settings.jobspec_bytes
    if 4 * len(text) > most and len(text.encode(errors="replace")) > most:
        raise InputError("the jobspec is too long", found=f"{len(text)} characters", expected=f"at most {most} bytes")
    if name:
        check_name(name, "the job's name")
    algorithm = check_matcher(matcher or state.settings.match_algorithm)
    separate, named = state.settings.separate_entries, name or "job"
    document = json_document(text) if len(text) <= _SHORT_JSON else None
    if document is not None:
        job = parse_jobspec(document, named, separate_entries=separate)
    elif len(text) <= _SHORT_YAML:
        job = read_jobspec(text, named, separate)
    else:
        read = partial(read_jobspec, text, named, separate)
        job = await state.heavy.beside(caller, lambda stop: state.reading.ask(stop, read))
    check_name(job.name, "the job's name")
    refuse_what_is_not_judged(job, algorithm)
    return with_limits(job, state.fleet.scheduler.index.vocabulary)


def _found(
    index: FleetIndex, job: Job, usable: frozenset[str] | None, unknown: bool, check: Callable[[int], None]
) -> tuple[Candidates, Undecided, Scores | None]:
    """Return where a job may go, of what it cannot be said, and what its wishes count where it may go."""
    open_ones = undecided(index, job, usable, work=Work.of(len(index.names), check))
    found = Candidates.of(index, job, open_ones.unknown if unknown else (), check)
    among = found.able
    if job.wishes and usable is not None:
        among &= sum(1 << index.positions[name] for name in usable if name in index.positions)
    return found, open_ones, scores_of(index, job, among, check)


def _ids(state: State, usable: frozenset[str] | None) -> dict[str, int] | None:
    """Return the clusters that may be used, by name, as what they are now; None for every one.

    A name may be another cluster's a moment later, which nobody has shown a token of.
    """
    if usable is None:
        return None
    members = (state.fleet.member(name) for name in usable)
    return {member.name: member.id for member in members if member is not None}


def _still(state: State, allowed: Mapping[str, int] | None) -> frozenset[str] | None:
    """Return the names that are still those of the clusters that may be used."""
    if allowed is None:
        return None
    return frozenset(name for name, number in allowed.items() if state.fleet.name_of(number) == name)


def _request_of(submission: Submission, allowed: Mapping[str, int] | None) -> str | None:
    """Return the key of a request: its id, with a hash of the clusters that its submitter may use, by the store's ids.

    So nobody is answered with the job of a cluster that he may not use, be it a former one of the same name, or takes
    an id that another will choose.
    """
    if not submission.request_id or allowed is None:
        return submission.request_id or None
    users = sha256(json.dumps(sorted(allowed.values())).encode()).hexdigest()
    return f"{users} {submission.request_id}"


def _values(state: State, job: Job) -> dict[str, Numbers]:
    # A cluster's state is its owner's word, which a job's attribute of that name does not overrule.
    return {**numbers_of_job(job), **state.fleet.numbers()}


def _repeated(state: State, added: AddedJob, total: int) -> Submitted:
    state.metrics.submissions.labels("repeated").inc()
    name = state.fleet.name_of(added.cluster_id) if added.cluster_id is not None else None
    return Submitted(added.id, name, added.state, 0, total, added.reason or "")


async def _refuse(
    state: State,
    caller: Caller,
    submission: Submission,
    job: Job,
    placement: Placement,
    open_ones: Undecided,
    usable: frozenset[str] | None,
    request: str | None,
) -> Submitted:
    total = len(state.fleet) if usable is None else len(usable)
    why: WhyNot | None = None
    if placement.matched:
        reason = "clusters match, but the selection policy chooses none of them"
    else:
        index = state.fleet.scheduler.index
        failed = await state.heavy.at_once_or_beside(caller, partial(most_failed, index, job, usable))
        if submission.explained or not (failed or open_ones):
            why = await explain(state, caller, job, usable)
        lines = _failures_in_words(failed, total) + open_ones.in_words()
        reason = "fits on no cluster: " + "; ".join(lines or ([] if why is None else in_words(why)))
        state.metrics.unmatched(failed[0][0].subsystem if failed else "unknown" if open_ones else "resources")
    new = NewJob(job.name, None, submission.jobspec, json.dumps(job.command), request, reason)
    added = await state.writer.do(state.acts.add_jobs, new)
    if added.known:
        return _repeated(state, added, total)
    state.metrics.submissions.labels("refused").inc()
    state.metrics.matches.observe(len(placement.matched.names))
    shown = why if submission.explained else None
    return Submitted(added.id, None, JobState.REFUSED, len(placement.matched.names), total, reason, shown, open_ones)


def _failures_in_words(failed: list[tuple[Expression, int]], total: int) -> list[str]:
    lines = [f"{requirement} fails on {count} of {total}" for requirement, count in failed[:_SHOWN]]
    return lines + ([f"{len(failed) - _SHOWN} further requirements fail somewhere"] if len(failed) > _SHOWN else [])

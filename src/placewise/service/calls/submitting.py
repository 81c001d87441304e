"""Submits jobs: matched, placed on one cluster, committed, and only then acknowledged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256

from placewise.errors import InputError, PlacewiseError
from placewise.matching.causes.why_not import WhyNot
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.preferences import Scores
from placewise.matching.shapes.work import Work
from placewise.model.jobs.job import Job
from placewise.model.requirements.requirement import Expression
from placewise.model.scalar import counted
from placewise.scheduler import Candidates, Placement
from placewise.selection.policies import Policy
from placewise.selection.situation import Numbers
from placewise.service.beside.turns import Caller
from placewise.service.calls.asking import FITS_NOWHERE, FURTHER_FAIL, explain, in_words, most_failed, scores_of
from placewise.service.calls.choosing import policy_of, values_for
from placewise.service.calls.reading_jobs import read_job
from placewise.service.calls.turn import Turn
from placewise.service.calls.undecided import Undecided, undecided
from placewise.service.guard.refusals import ClusterGone, Exhausted, QueueFull, QuotaReached, Unavailable
from placewise.service.live.state import State
from placewise.service.store.rows.job import AddedJob, JobState, NewJob
from placewise.service.store.rows.uses import GLOBAL_TOKEN

_LONGEST_REQUEST_ID = 128
_ATTEMPTS = 5
_SHOWN = 3


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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A submission that was understood.

    values : gives what the policy reads. allowed : the clusters that may be chosen, by name, as what they were then;
    None for every one. request : what makes it one with the same submission sent again.
    """

    submission: Submission
    job: Job
    policy: Policy
    values: Callable[[], dict[str, Numbers]]
    allowed: Mapping[str, int] | None
    request: str | None


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a job may go, of what it cannot be said, and what its wishes count where it may go.

    index : what was asked, and before : the clusters that it had, or that might be chosen, as what they were.
    """

    index: FleetIndex
    before: Mapping[str, int]
    candidates: Candidates
    open_ones: Undecided
    scored: Scores | None


@dataclass(frozen=True, slots=True)
class _Decided:
    """What shall become of a submission, and the answer to it but for the job's id."""

    new: NewJob
    answer: Submitted


@dataclass(slots=True)
class _Pending:
    """A submission on its way to its answer.

    full : the clusters that did not take the job, and last why not.
    """

    asked: _Asked
    found: _Found | None = None
    answer: Submitted | PlacewiseError | None = None
    full: set[str] = field(default_factory=set)
    last: PlacewiseError | None = None


async def submit(state: State, caller: Caller, submission: Submission) -> Submitted:
    """Match a job, choose one cluster and commit it there.

    Raises InputError for what cannot be understood, Exhausted when the queues of all that match are full or the quotas
    of all tokens that would do are used up, and Unavailable when the clusters chosen keep vanishing.
    """
    (answer,) = await submit_all(state, caller, [submission])
    if isinstance(answer, Exception):
        raise answer
    return answer


async def submit_all(
    state: State, caller: Caller, submissions: Sequence[Submission]
) -> list[Submitted | PlacewiseError]:
    """Submit jobs as `submit` does, commit them together, and answer one for one: with what each would raise, too.

    Raises what keeps all of them from being committed. Other calls have their turns in between.
    """
    terms, turn = _Terms(state), Turn()
    found: list[_Pending | PlacewiseError] = []
    for submission in submissions:
        await turn.over()
        try:
            found.append(_Pending(await _understand(state, caller, submission, terms)))
        except PlacewiseError as error:
            found.append(error)
    for _ in range(_ATTEMPTS):
        if left := [one for one in found if isinstance(one, _Pending) and one.answer is None]:
            await _attempt(state, caller, left, turn)
    answers = [one if isinstance(one, PlacewiseError) else one.answer or _given_up(one) for one in found]
    for answer in answers:
        if isinstance(answer, QuotaReached):
            state.metrics.quota_refusals.labels(answer.quota).inc()
    return answers


async def _attempt(state: State, caller: Caller, pending: Sequence[_Pending], turn: Turn) -> None:
    """Place jobs and commit them; those whose clusters did not take them are left without an answer."""
    decided: list[tuple[_Pending, _Decided]] = []
    try:
        for one in pending:
            await turn.over()
            try:
                decided.append((one, await _decide(state, caller, one)))
            except PlacewiseError as error:
                one.answer = error
        new = [tried.new for _, tried in decided]
        outcomes = await state.writer.do(state.acts.add_jobs, new) if new else []
    except BaseException:
        for _, tried in decided:
            state.fleet.ended(tried.new.cluster_id)
        raise
    _settle(state, decided, outcomes)


def _settle(
    state: State, decided: Sequence[tuple[_Pending, _Decided]], outcomes: Sequence[AddedJob | Exception]
) -> None:
    """Answer what was committed, count off what was not, and wake who waits for the new jobs."""
    placed: Counter[int] = Counter()
    results: Counter[str] = Counter()
    failure: Exception | None = None
    for (one, tried), outcome in zip(decided, outcomes, strict=True):
        if isinstance(outcome, AddedJob):
            one.answer = _kept(state, tried, outcome)
            results["repeated" if outcome.known else "refused" if one.answer.cluster is None else "assigned"] += 1
            if tried.new.cluster_id is not None and not outcome.known:
                placed[tried.new.cluster_id] += 1
            continue
        # A cluster that another server deleted may still be shown by the next look at the fleet.
        state.fleet.ended(tried.new.cluster_id)
        if isinstance(outcome, QuotaReached):
            outcome.within(place=_token_in_words(state, one.asked, tried))
        # The global token is the same everywhere.
        elsewhere = QueueFull | ClusterGone if one.asked.allowed is None else QueueFull | ClusterGone | QuotaReached
        if isinstance(outcome, elsewhere) and tried.answer.cluster is not None:
            one.full.add(tried.answer.cluster)
            one.last = outcome
        elif isinstance(outcome, PlacewiseError):
            one.answer = outcome
        else:
            failure = outcome
    for cluster_id, count in placed.items():
        state.ring(cluster_id, count)
    for result, count in results.items():
        state.metrics.submissions.labels(result).inc(count)
    if failure is not None:
        raise failure


class _Terms:
    """What submissions have in common, worked out once: their policies, and the clusters that they may use."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._policies: dict[object, Policy] = {}
        self._allowed: dict[frozenset[str], tuple[dict[str, int], str]] = {}

    def policy(self, submission: Submission) -> Policy:
        settings, options = self._state.settings, submission.select_options
        key = submission.select_algorithm, *sorted(options.items())
        if key not in self._policies:
            named = submission.select_algorithm or settings.select_algorithm
            self._policies[key] = policy_of(named, {**settings.select_options, **options})
        return self._policies[key]

    def allowed(self, usable: frozenset[str] | None) -> tuple[dict[str, int] | None, str]:
        """Return the clusters that may be used, by name, as what they are now, and a hash of them; None for every one.

        A name may be another cluster's a moment later, which nobody has shown a token of.
        """
        if usable is None:
            return None, ""
        if usable not in self._allowed:
            members = (self._state.fleet.member(name) for name in usable)
            ids = {member.name: member.id for member in members if member is not None}
            self._allowed[usable] = ids, sha256(json.dumps(sorted(ids.values())).encode()).hexdigest()
        return self._allowed[usable]


async def _understand(state: State, caller: Caller, submission: Submission, terms: _Terms) -> _Asked:
    if len(submission.request_id) > _LONGEST_REQUEST_ID:
        expected = f"at most {_LONGEST_REQUEST_ID} characters"
        raise InputError("the request id is too long", found=len(submission.request_id), expected=expected)
    allowed, users = terms.allowed(submission.usable)
    job = await read_job(state, caller, submission.jobspec, submission.name, submission.match_algorithm)
    policy = terms.policy(submission)
    # With the clusters in it nobody is answered with the job of one that he may not use, be it a former one of the
    # same name, or takes an id that another will choose.
    request = submission.request_id and f"{users} {submission.request_id}".strip()
    return _Asked(submission, job, policy, await values_for(state, job, policy), allowed, request or None)


async def _look(state: State, caller: Caller, asked: _Asked) -> _Found:
    """Ask where a job may go, beside the event loop if that takes long."""
    before = state.fleet.ids() if asked.allowed is None else asked.allowed
    index, usable = state.fleet.scheduler.index, _still(state, asked.allowed)

    def found(check: Callable[[int], None]) -> _Found:
        job, unknown = asked.job, asked.submission.unknown
        open_ones = undecided(index, job, usable, work=Work.of(len(index.names), check))
        candidates = Candidates.of(index, job, open_ones.unknown if unknown else (), check)
        among = candidates.able
        if job.wishes and usable is not None:
            among &= sum(1 << index.positions[name] for name in usable if name in index.positions)
        return _Found(index, before, candidates, open_ones, scores_of(index, job, among, check))

    return await state.heavy.at_once_or_beside(caller, found)


async def _decide(state: State, caller: Caller, one: _Pending) -> _Decided:
    """Decide what becomes of a submission, and count it where it goes."""
    asked = one.asked
    found = one.found = one.found or await _look(state, caller, asked)
    scheduler = state.fleet.scheduler
    usable = _still(state, asked.allowed)
    placement = scheduler.place(
        asked.job,
        policy=asked.policy,
        draw=state.random.random(),
        values=asked.values(),
        # A cluster that came meanwhile, be it under the name of one that is gone, was not asked.
        among=usable if scheduler.index is found.index else _still(state, found.before),
        full=one.full,
        found=found.candidates,
    )
    total = len(scheduler.index.names) if usable is None else len(usable)
    if placement.chosen is None:
        if one.last is not None:
            raise _not_placed(one.last, "the queues of all clusters that match are full", len(one.full))
        return await _refused(state, caller, asked, placement, found.open_ones, usable)
    member = state.fleet.member(placement.chosen)
    answer = Submitted(
        0,
        placement.chosen,
        JobState.ASSIGNED,
        len(placement.matched.names),
        total,
        undecided=found.open_ones,
        scores=found.scored,
    )
    return _Decided(_new_job(asked, member.id if member else 0, None), answer)


def _new_job(asked: _Asked, cluster_id: int | None, reason: str | None) -> NewJob:
    job, token = asked.job, _token(asked.allowed, cluster_id)
    command = json.dumps(job.command)
    return NewJob(job.name, cluster_id, asked.submission.jobspec, command, asked.request, reason, token)


def _kept(state: State, decided: _Decided, added: AddedJob) -> Submitted:
    """Return the answer to a submission once its job is committed, or was before."""
    answer = decided.answer
    if added.known:
        state.fleet.ended(decided.new.cluster_id)
        name = state.fleet.name_of(added.cluster_id) if added.cluster_id is not None else None
        return Submitted(added.id, name, added.state, 0, answer.total, added.reason or "")
    state.metrics.matches.observe(answer.matching)
    return replace(answer, job_id=added.id)


def _given_up(one: _Pending) -> PlacewiseError:
    text = "the queues of the clusters chosen are full; submit the job again"
    return _not_placed(one.last, text, len(one.full))


def _not_placed(last: PlacewiseError | None, full: str, found: int) -> PlacewiseError:
    """Return what is said of a job that no cluster could take, by why the last one could not."""
    if isinstance(last, QuotaReached):
        return last
    if isinstance(last, QueueFull):
        return Exhausted(full, found=found)
    return Unavailable("the clusters chosen were deleted meanwhile; submit the job again")


def _token_in_words(state: State, asked: _Asked, decided: _Decided) -> str:
    if asked.allowed is None:
        return "the global token"
    token = decided.new.token
    return f"the token of {decided.answer.cluster or (state.fleet.name_of(token) if token else None)!r}"


def _still(state: State, allowed: Mapping[str, int] | None) -> frozenset[str] | None:
    """Return the names that are still those of the clusters that may be used."""
    if allowed is None:
        return None
    return frozenset(name for name, number in allowed.items() if state.fleet.name_of(number) == name)


def _token(allowed: Mapping[str, int] | None, cluster_id: int | None) -> int | None:
    """Return the token whose quotas a job counts for: its cluster's; a refused job counts for the first one shown."""
    if allowed is None:
        return GLOBAL_TOKEN
    return min(allowed.values(), default=None) if cluster_id is None else cluster_id


async def _refused(
    state: State,
    caller: Caller,
    asked: _Asked,
    placement: Placement,
    open_ones: Undecided,
    usable: frozenset[str] | None,
) -> _Decided:
    job, submission = asked.job, asked.submission
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
        reason = FITS_NOWHERE + "; ".join(lines or ([] if why is None else in_words(why)))
        state.metrics.unmatched(failed[0][0].subsystem if failed else "unknown" if open_ones else "resources")
    shown = why if submission.explained else None
    answer = Submitted(0, None, JobState.REFUSED, len(placement.matched.names), total, reason, shown, open_ones)
    return _Decided(_new_job(asked, None, reason), answer)


def _failures_in_words(failed: list[tuple[Expression, int]], total: int) -> list[str]:
    lines = [f"{requirement} fails on {count} of {counted(total, 'cluster')}" for requirement, count in failed[:_SHOWN]]
    return lines + ([f"{len(failed) - _SHOWN} {FURTHER_FAIL}"] if len(failed) > _SHOWN else [])

"""Nominates the clusters that match each workload, and keeps looking: a list, then a watch, again when that is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Event
from typing import Any, TypeAlias

import urllib3
from kubernetes.client import ApiException

from placewise.advice.choosing import DEFAULT_POLICY, in_order
from placewise.errors import InputError
from placewise.formats.jobs.imports.kueue_workload import QueuedWorkload, job_of_workload, queued_workload
from placewise.kueue.manager_cluster import ManagerCluster
from placewise.scheduler import Scheduler

MOST_NOMINATED = 10
"""So many clusters may be nominated for a workload at once, by the schema of Kueue's workloads."""

_WATCH_S = 60
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_GONE, _CONFLICT, _NOT_FOUND, _TOO_MANY = 410, 409, 404, 429


@dataclass(frozen=True, slots=True)
class Nominated:
    """A workload was given clusters, none where none is left. left_out : what of it is not held against clusters."""

    workload: str
    clusters: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NotNominated:
    """A workload has no clusters, and why."""

    workload: str
    why: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """The API server could not be asked; after so many seconds it is again."""

    problem: str
    wait_s: float


Notice: TypeAlias = Nominated | NotNominated | Trouble


@dataclass(frozen=True, slots=True)
class Terms:
    """By what clusters are nominated.

    policy : the order. most : so many at a time. unknown : ``yes`` nominates clusters that may match, too.
    Raises InputError for another number.
    """

    policy: str = DEFAULT_POLICY
    most: int = MOST_NOMINATED
    unknown: str = "no"

    def __post_init__(self) -> None:
        if not 1 <= self.most <= MOST_NOMINATED:
            raise InputError("cannot be nominated at once", found=self.most, expected=f"1 to {MOST_NOMINATED} clusters")


@dataclass(slots=True)
class Dispatcher:
    """Holds a fleet, whose clusters are called like MultiKueue's, against workloads as they come.

    notify : is called with what happens, once for as long as it stays so.
    """

    cluster: ManagerCluster
    scheduler: Scheduler
    terms: Terms = field(default_factory=Terms)
    notify: Callable[[Notice], None] = field(default=lambda _: None)
    _last: dict[str, Notice] = field(default_factory=dict)
    _running: dict[str, str] = field(default_factory=dict)

    def look(self, version: str) -> str:
        """Nominate for all workloads that wait; return the version of the list from which to watch on."""
        listed = self.cluster.list(version)
        read = [(document, _read(document)) for document in listed.workloads]
        known = {state.uid for _, state in read if state}
        self._running = {state.uid: state.cluster for _, state in read if state and state.cluster and state.reserved}
        self._last = {uid: notice for uid, notice in self._last.items() if uid in known}
        for document, state in read:
            if state is not None:
                self._consider(version, document, state)
        return listed.resource_version

    def follow(self, version: str, since: str) -> str:
        """Nominate as workloads come and change, for a minute; return the version from which to watch on."""
        for what, document in self.cluster.watch(version, since, _WATCH_S):
            since = str(document.get("metadata", {}).get("resourceVersion") or since)
            state = None if what == "BOOKMARK" else _read(document)
            if state is None:
                continue
            self._running.pop(state.uid, None)
            if what == "DELETED":
                self._last.pop(state.uid, None)
                continue
            if state.cluster and state.reserved:
                self._running[state.uid] = state.cluster
            self._consider(version, document, state)
        return since

    def run(self, stop: Event) -> None:
        """Look and follow until asked to stop; wait ever longer while the API server cannot be asked."""
        waits = _waits()
        while not stop.is_set():
            try:
                version = self.cluster.version()
                since = self.look(version)
                waits = _waits()
                while not stop.is_set():
                    since = self.follow(version, since)
            except ApiException as error:
                if error.status == _GONE:
                    # The watch is too old to go on, and all is looked at again.
                    continue
                self._wait(stop, next(waits), f"{error.status} {error.reason}")
            except urllib3.exceptions.HTTPError as error:
                self._wait(stop, next(waits), f"{type(error).__name__}: {error}")

    def wanted(self, document: Mapping[str, Any], state: QueuedWorkload, workers: tuple[str, ...]) -> Nominated:
        """Return what to nominate for a workload, in order of preference. Raises InputError as `match` does."""
        found = job_of_workload(document)
        self.scheduler.set_loads(dict.fromkeys(self.scheduler.index.names, 0))
        self.scheduler.set_loads({name: list(self._running.values()).count(name) for name in self._running.values()})
        order = in_order(
            self.scheduler, found.job, self.terms.policy, unknown=self.terms.unknown, seed=_seed(state.uid)
        )
        able = tuple(name for name in order if name in workers)
        # What is nominated stays as long as it holds: another order is no reason to take copies away.
        kept = bool(state.nominated) and set(state.nominated) <= set(able) and len(state.nominated) <= self.terms.most
        return Nominated(_name(state), state.nominated if kept else able[: self.terms.most], found.left_out)

    def _consider(self, version: str, document: Mapping[str, Any], state: QueuedWorkload) -> None:
        if not state.waits:
            self._last.pop(state.uid, None)
            return
        try:
            workers = self._workers(version, state)
            if workers is None:
                return
            notice: Notice = self.wanted(document, state, workers)
            if isinstance(notice, Nominated) and notice.clusters != state.nominated:
                self.cluster.nominate(document, notice.clusters)
            if isinstance(notice, Nominated) and not notice.clusters:
                notice = NotNominated(_name(state), self._why_none(document, workers))
        except InputError as error:
            notice = NotNominated(_name(state), str(error))
        except ApiException as error:
            if error.status in (_CONFLICT, _NOT_FOUND):
                # It changed meanwhile, of which the watch will say more.
                return
            if error.status is None or error.status >= 500 or error.status in (401, 403, _GONE, _TOO_MANY):
                raise
            notice = NotNominated(_name(state), f"the API server refuses it: {error.status} {error.reason}")
        if self._last.get(state.uid) != notice:
            self._last[state.uid] = notice
            self.notify(notice)

    def _workers(self, version: str, state: QueuedWorkload) -> tuple[str, ...] | None:
        """Return the clusters that MultiKueue may send a workload to; None where its checks are others'."""
        for check in state.pending_checks:
            found = self.cluster.workers(version, check)
            if found is not None:
                return found
        return None

    def _why_none(self, document: Mapping[str, Any], workers: tuple[str, ...]) -> str:
        job = job_of_workload(document).job
        match = self.scheduler.match(job)
        if match:
            return f"{', '.join(match.names)} match, and MultiKueue may send it to {', '.join(workers) or 'none'}"
        if match.unknown:
            return f"not enough is described of {', '.join(match.unknown)}, which may match"
        why = self.scheduler.why_not(job)
        causes = [str(one) for blocked in why.blocked[:1] for there in blocked.causes for one in there.causes[:1]]
        return f"fits on no cluster: {causes[0] if causes else 'too small for what its pods ask for'}"

    def _wait(self, stop: Event, wait_s: float, problem: str) -> None:
        self.notify(Trouble(" ".join(problem.split()), wait_s))
        stop.wait(wait_s)


def _read(document: Mapping[str, Any]) -> QueuedWorkload | None:
    """Return the state of a workload; None for one that cannot be read, of which nothing can be said."""
    try:
        return queued_workload(document)
    except InputError:
        return None


def _name(state: QueuedWorkload) -> str:
    return f"{state.namespace}/{state.name}"


def _seed(uid: str) -> int:
    """Return the seed of a workload's draws, the same whenever it is looked at."""
    return int.from_bytes(sha256(uid.encode()).digest()[:8])


def _waits() -> Iterator[float]:
    wait_s = _FIRST_WAIT_S
    while True:
        yield wait_s
        wait_s = min(_LONGEST_WAIT_S, 2 * wait_s)

"""Matching, selection and state in one place: the scheduler that is simulated and that is served.

It has no clock, no socket and no file: what happens comes in as calls, and chance as numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, PlacewiseError, Words
from placewise.matching.bits import bitset
from placewise.matching.bits.kernels import Kernels
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.matching.causes.why_not import WhyNot, why_not
from placewise.matching.clusters.compiled_cluster import CompiledCluster
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.site_limits import with_limits, workload_with_limits
from placewise.matching.match import Match, match, match_of, match_rows, matching
from placewise.matching.preferences import score_numbers
from placewise.matching.shapes.work import Work
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.jobs.job import Job
from placewise.model.jobs.workload import Workload
from placewise.selection.capacity import NODES_PER_JOB, Assignment, assign_with_capacity
from placewise.selection.offered import PREFERENCE_SCORE
from placewise.selection.policies import NONE, Policy, random_choice
from placewise.selection.situation import Numbers, Situation

# A block of jobs is unpacked to booleans for its policy; this many of them at a time.
_BLOCK_FLAGS = 1 << 24


@dataclass(frozen=True, slots=True)
class Placement:
    """What became of one job.

    matched : the clusters that could ever run it, of those that it may go to.
    chosen : the name of the one that it goes to; None where there is none, each one is full, or the policy
        refuses them all.
    """

    matched: Match
    chosen: str | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Where a job may go, as far as the fleet decides: what `Scheduler.place` chooses from.

    able : the clusters that match, as a number. scores : (clusters,) what the job's wishes count on each.
    """

    index: FleetIndex
    able: int
    scores: NDArray[np.float64]

    @classmethod
    def of(
        cls, index: FleetIndex, job: Job, also: Collection[str] = (), check: Callable[[int], None] | None = None
    ) -> Candidates:
        """Return where a job, with the limits of its sites, may go; any thread may ask.

        also : clusters that count as matching, though it is not known whether they do. check : see `Work`.
        Raises what `match` does.
        """
        able = matching(index, job, work=Work.of(len(index.names), check))
        for name in also:
            able |= 1 << index.positions[name]
        return cls(index, able, score_numbers(index, job, check))

    def on(self, index: FleetIndex) -> Candidates:
        """Return the same clusters in another index of the fleet; those that are gone are left out."""
        if index is self.index:
            return self
        scores = np.zeros(len(index.names))
        able = 0
        for at, name in enumerate(self.index.names):
            position = index.positions.get(name)
            if position is not None:
                scores[position] = self.scores[at]
                able |= (self.able >> at & 1) << position
        return Candidates(index, able, scores)


class Scheduler:
    """A fleet, compiled already or not, a policy, and how many jobs each cluster has been given.

    Attributes
    ----------
    index : the compiled fleet.
    load : (clusters,) int64, the jobs assigned so far, less those that ended.
    """

    def __init__(
        self, fleet: Fleet | FleetIndex, policy: Policy = random_choice, kernels: Kernels | None = None
    ) -> None:
        self.index = fleet if isinstance(fleet, FleetIndex) else FleetIndex(fleet)
        self.policy = policy
        self.kernels = kernels or NumpyKernels()
        self.load = np.zeros(len(self.index.names), dtype=np.int64)

    def match(self, job: Job) -> Match:
        """Return the clusters that could ever run a job, the limits of their sites included."""
        return match(self.index, with_limits(job, self.index.vocabulary))

    def why_not(self, job: Job) -> WhyNot:
        """Explain which clusters do not match a job, with every reason."""
        return why_not(self.index, with_limits(job, self.index.vocabulary))

    def match_all(self, workload: Workload) -> NDArray[np.uint64]:
        """Return (jobs, words): the clusters that match each job of a workload."""
        asked = workload_with_limits(workload, self.index.vocabulary.known)
        return match_rows(self.index, asked, self.kernels)

    def assign(
        self, matches: NDArray[np.uint64], draws: NDArray[np.float64], values: Mapping[str, Numbers] | None = None
    ) -> NDArray[np.int64]:
        """Choose one cluster for each job, in order, and count it there.

        matches : (jobs, words), the clusters that match each job.
        draws : (jobs,) numbers in [0, 1).
        values : what the policy reads by name, as in `Situation`.
        Returns (jobs,) int64 positions in the fleet, NONE for a job that matches nothing.
        Raises InputError for a value that the policy needs and that is not there, and PlacewiseError for
        a policy that chooses what is no candidate.
        """
        chosen = np.full(len(matches), NONE, dtype=np.int64)
        for block, candidates, situation in self._blocks(matches, draws, values):
            chosen[block] = _asked(self.policy, candidates, situation)
            self._count(chosen[block])
        return chosen

    def assign_with_capacity(
        self,
        matches: NDArray[np.uint64],
        draws: NDArray[np.float64],
        nodes_free: NDArray[np.int64],
        nodes_per_job: int = NODES_PER_JOB,
        values: Mapping[str, Numbers] | None = None,
    ) -> Assignment:
        """Choose as `assign` does, but each job takes its nodes, and a full cluster is chosen no more.

        nodes_free : (clusters,) int64, free nodes before the first job. Returns, and raises, what
        `selection.capacity.assign_with_capacity` does.
        """
        chosen = np.full(len(matches), NONE, dtype=np.int64)
        no_capacity = np.zeros(len(matches), dtype=np.bool_)
        left = nodes_free
        for block, candidates, situation in self._blocks(matches, draws, values):
            chosen[block], no_capacity[block], left = assign_with_capacity(
                partial(_asked, self.policy), candidates, situation, left, nodes_per_job
            )
            self._count(chosen[block])
        return Assignment(chosen, no_capacity, left)

    def place(
        self,
        job: Job,
        *,
        draw: float,
        policy: Policy | None = None,
        values: Mapping[str, Numbers] | None = None,
        among: Collection[str] | None = None,
        full: Collection[str] = (),
        also: Collection[str] = (),
        found: Candidates | None = None,
    ) -> Placement:
        """Match one job, choose a cluster for it, and count it there.

        draw : a number in [0, 1).
        policy : in place of the scheduler's own.
        values : what the policy reads by name, as in `Situation`; preference_score, what the job's wishes count on
            each cluster, is added.
        among : the only clusters that the job may go to, by name; names that the fleet does not have are ignored,
            here and in `full`.
        full : clusters that match, but are not chosen.
        also : clusters that count as matching, though it is not known whether they do.
        found : the candidates, if known, be it of the fleet as it was a moment before; `also` is in them then.
        Where no cluster is left to choose from, the policy is not asked. Raises what `match` and `assign` raise;
        the job is then counted nowhere.
        """
        if found is None:
            found = Candidates.of(self.index, with_limits(job, self.index.vocabulary), also)
        found = found.on(self.index)
        able = found.able
        if among is not None:
            able &= self._set_of(among)
        candidates = able & ~self._set_of(full) if full else able
        chosen = None
        if candidates:
            block = bitset.from_number(candidates, len(self.load))[None, :]
            known = {**(values or {}), PREFERENCE_SCORE: found.scores}
            situation = Situation(self.load.copy(), np.array([draw]), known, self.index.names)
            cluster = int(_asked(policy or self.policy, block, situation)[0])
            if cluster != NONE:
                self.load[cluster] += 1
                chosen = self.index.names[cluster]
        return Placement(match_of(self.index, able), chosen)

    def ended(self, cluster: str) -> None:
        """Count one job less on a cluster; one that the fleet does not have, or that has no jobs, is left alone."""
        position = self.index.positions.get(cluster)
        if position is not None and self.load[position] > 0:
            self.load[position] -= 1

    def set_loads(self, loads: Mapping[str, int]) -> None:
        """Say how many jobs each of some clusters has; names that the fleet does not have are ignored.

        Raises InputError for a load below 0; no load is then set.
        """
        for name, load in loads.items():
            if load < 0:
                raise InputError(f"the load of {name!r} is negative", found=load, expected="0 or more")
        positions = self.index.positions
        for name, load in loads.items():
            if name in positions:
                self.load[positions[name]] = load

    def change(
        self, clusters: Mapping[str, Cluster | None], compiled: Mapping[str, CompiledCluster] | None = None
    ) -> None:
        """Take some clusters as they are now, None for one that is gone; see `FleetIndex.changed`.

        The others keep their load, and so does a cluster that was replaced; a new one has none.
        """
        before, self.index = self.index, self.index.changed(clusters, compiled)
        if before.names is not self.index.names:
            gone = [before.positions[name] for name in clusters if name in before.positions and clusters[name] is None]
            kept = np.delete(self.load, gone)
            # What is new comes last.
            self.load = np.concatenate([kept, np.zeros(len(self.index.names) - len(kept), dtype=np.int64)])

    def _set_of(self, names: Collection[str]) -> int:
        flags = np.zeros(len(self.load), dtype=np.bool_)
        flags[[p for p in map(self.index.positions.get, names) if p is not None]] = True
        return bitset.to_number(bitset.pack(flags))

    def _count(self, chosen: NDArray[np.int64]) -> None:
        self.load += np.bincount(chosen[chosen != NONE], minlength=len(self.load))

    def _blocks(
        self, matches: NDArray[np.uint64], draws: NDArray[np.float64], values: Mapping[str, Numbers] | None
    ) -> Iterator[tuple[slice, NDArray[np.bool_], Situation]]:
        clusters = len(self.load)
        if not clusters:
            return
        whole = Situation(self.load, draws, values or {}, self.index.names)
        step = max(1, _BLOCK_FLAGS // clusters)
        for start in range(0, len(matches), step):
            block = slice(start, start + step)
            yield block, bitset.unpack(matches[block], clusters), whole.of(block, load=self.load.copy())


def _asked(policy: Policy, candidates: NDArray[np.bool_], situation: Situation) -> NDArray[np.int64]:
    """Return what a policy chooses, which may be anybody's code: what it raises is an error that names it."""
    try:
        chosen = np.asarray(policy(candidates, situation))
    except PlacewiseError:
        raise
    except Exception as error:
        problem = f"the policy failed: {type(error).__name__}: {error}"
        raise PlacewiseError(problem, found=getattr(policy, "__qualname__", policy)) from error
    return _checked(chosen, candidates)


def _checked(chosen: NDArray[np.int64], candidates: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return what a policy chose, if each choice is a candidate or NONE."""
    jobs, clusters = candidates.shape
    if chosen.shape != (jobs,):
        raise PlacewiseError("the policy returned another number of choices", found=chosen.shape, expected=f"({jobs},)")
    if chosen.dtype.kind not in "iu":
        raise PlacewiseError(
            "the policy chose what are no positions",
            found=Words(f"values of type {chosen.dtype}"),
            expected="whole numbers",
        )
    some = chosen != NONE
    within = (chosen >= 0) & (chosen < clusters)
    if not within[some].all() or not candidates[np.flatnonzero(some), chosen[some]].all():
        raise PlacewiseError("the policy chose a cluster that does not match", expected="a candidate, or none")
    return chosen

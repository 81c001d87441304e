"""What small change of the jobs or of the fleet would let jobs match that match nothing, and how many."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from placewise.errors import InputError, Words, in_words, one_of
from placewise.matching.clusters.compiled_cluster import Properties
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import Expression


@dataclass(frozen=True, slots=True)
class Success:
    """What a change does to success, by the outcome rules, if each job goes to one of its matches at random.

    gained : by how much the expected successes of those jobs grow that then succeed more often; lost : by how much
        those of the others shrink, since wider matches can also lead jobs astray that matched before.
    """

    gained: float
    lost: float

    @property
    def net(self) -> float:
        """How many more of all jobs are expected to succeed."""
        return self.gained - self.lost


@dataclass(frozen=True, slots=True)
class WiderStep:
    """A wider requirement, None for none at all, and how many jobs it gains, those of nearer steps included.

    clusters_per_job : how many clusters each of those then matches on average.
    """

    relaxed: Expression | None
    gained: int
    clusters_per_job: float


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One requirement, which may be an expression, replaced by a wider one in all jobs that have it.

    requirement : as jobs have it. success : what it changes in success, None where not worked out.
    jobs : how many have it. gained : how many of them matched nothing and then match some cluster.
    clusters_per_job : how many clusters each of those then matches on average.
    steps : the way to `relaxed` in smaller steps, each of which gains more jobs than the one before; it is the last.
    """

    requirement: Expression
    jobs: int
    gained: int
    clusters_per_job: float
    steps: tuple[WiderStep, ...]
    success: Success | None = None

    @property
    def relaxed(self) -> Expression | None:
        """What is asked instead; None for nothing."""
        return self.steps[-1].relaxed


@dataclass(frozen=True, slots=True)
class FleetChange:
    """One subsystem of one cluster changed, or added where it was missing.

    cluster, subsystem : their names. success : what it changes in success, None where not worked out.
    before, after : the properties of its one vertex; before is None where the cluster has no such subsystem.
    gained : the jobs that matched nothing and then match this cluster. lost : those that matched this cluster
        alone and then match nothing.
    """

    cluster: str
    subsystem: str
    before: Properties | None
    after: Properties
    gained: int
    lost: int
    success: Success | None = None

    @property
    def net(self) -> int:
        """How many more jobs match some cluster."""
        return self.gained - self.lost


@dataclass(frozen=True, slots=True)
class NearMisses:
    """How far the jobs that match nothing are from matching.

    jobs : how many there are. unmatched : how many match nothing.
    fewest : of those, how many fail on so many requirements, each on no node of the cluster, where they fail fewest:
        (requirements, jobs), ascending, among the clusters that could host the shape. None: 0, met on different nodes.
    too_large : how many there are no such clusters for.
    relaxations, changes : what gains most first: successes, less those lost, where outcome rules decide them; else
        jobs that match, less those lost. Of each subsystem of each cluster the best change alone.
    matches_only : how many of either gain matches and no successes, and are left out.
    """

    jobs: int
    unmatched: int
    fewest: tuple[tuple[int, int], ...]
    too_large: int
    relaxations: tuple[Relaxation, ...]
    changes: tuple[FleetChange, ...]
    matches_only: int = 0


def relaxed_workload(workload: Workload, relaxation: Relaxation) -> Workload:
    """Return the workload with the wider requirement in place of the other in every job that has it.

    Raises InputError where no job knows the requirement.
    """
    known = {requirement: number for number, requirement in enumerate(workload.requirements)}
    number = known.get(relaxation.requirement)
    if number is None:
        raise InputError("no job has the requirement", found=str(relaxation.requirement), expected="one that jobs have")
    relaxed = relaxation.relaxed
    lengths, ids, requirements = workload.requirement_counts, workload.ids, workload.requirements
    if relaxed is None:
        kept = ids != number
        job = np.repeat(np.arange(len(workload)), lengths)
        lengths, ids = np.bincount(job[kept], minlength=len(workload)), ids[kept]
    elif relaxed in known:
        ids = np.where(ids == number, known[relaxed], ids).astype(np.int32)
    else:
        requirements = (*requirements[:number], relaxed, *requirements[number + 1 :])
    return Workload.from_flat(workload.names, requirements, lengths, ids, workload.columns, workload.shape)


def changed_fleet(fleet: Fleet, change: FleetChange) -> Fleet:
    """Return the fleet with one subsystem of one cluster as the change has it; what is added is seen by every node.

    Raises InputError where the fleet has no such cluster, or the subsystem is not as it was before the change.
    """
    if change.cluster not in fleet.names:
        raise InputError(
            "the fleet has no such cluster", found=change.cluster, expected=one_of(change.cluster, fleet.names)
        )
    clusters = tuple(_changed(one, change) if one.name == change.cluster else one for one in fleet.clusters)
    return Fleet(clusters, fleet.vocabulary)


def _changed(cluster: Cluster, change: FleetChange) -> Cluster:
    others = tuple(one for one in cluster.subsystems if one.name != change.subsystem)
    vertices = tuple(vertex for one in cluster.subsystems if one.name == change.subsystem for vertex in one.vertices)
    there = len(others) < len(cluster.subsystems)
    if there != (change.before is not None) or (
        there and [vertex.properties for vertex in vertices] != [change.before]
    ):
        raise InputError(
            f"the subsystem {change.subsystem!r} of cluster {cluster.name!r} is another",
            found=[dict(vertex.properties) for vertex in vertices],
            expected=Words(in_words(None if change.before is None else dict(change.before))),
        )
    attached = vertices[0].attached_to if vertices else (0,)
    subsystem = Subsystem(change.subsystem, (SubsystemVertex(change.after, attached),))
    return replace(cluster, subsystems=(*others, subsystem))

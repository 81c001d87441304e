"""What is different between two descriptions of a fleet, and which jobs gain and lose clusters by it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from placewise.model.fleets.fleet_changes import FleetChanges


@dataclass(frozen=True, slots=True)
class ClusterCauses:
    """A cluster that a job gains or loses, and the causes for which it does not match before or after, a line each."""

    cluster: str
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobChange:
    """The clusters that equal jobs gain and lose.

    names : of the jobs. matched_before, matched_after : how many clusters match for certain.
    gained : those that match now and did not, with the causes that were in the way.
    lost : those that matched and do not any more, with the causes that are in the way.
    may_gain : those that may match now and could not, with the causes that were in the way.
    may_lose : those that might have matched and cannot any more, with the causes that are in the way.
    """

    names: tuple[str, ...]
    matched_before: int
    matched_after: int
    gained: tuple[ClusterCauses, ...] = ()
    lost: tuple[ClusterCauses, ...] = ()
    may_gain: tuple[ClusterCauses, ...] = ()
    may_lose: tuple[ClusterCauses, ...] = ()

    def __bool__(self) -> bool:
        """Whether any cluster is gained or lost, for certain or not."""
        return bool(self.gained or self.lost or self.may_gain or self.may_lose)

    def mirrored(self) -> JobChange:
        """Return the change the other way round."""
        return JobChange(
            self.names, self.matched_after, self.matched_before, self.lost, self.gained, self.may_lose, self.may_gain
        )


@dataclass(frozen=True, slots=True)
class JobChanges:
    """What a change of a fleet does to jobs.

    jobs : how many were asked about. changed : those that gain or lose clusters, equal ones together.
    nowhere_before, nowhere_after : how many match no cluster for certain.
    """

    jobs: int
    changed: tuple[JobChange, ...]
    nowhere_before: int
    nowhere_after: int

    def __bool__(self) -> bool:
        """Whether any job gains or loses a cluster."""
        return bool(self.changed)

    def mirrored(self) -> JobChanges:
        """Return the changes the other way round."""
        return replace(
            self,
            changed=tuple(one.mirrored() for one in self.changed),
            nowhere_before=self.nowhere_after,
            nowhere_after=self.nowhere_before,
        )


@dataclass(frozen=True, slots=True)
class FleetDiff:
    """What is different between two descriptions of a fleet.

    fleet : what became of its clusters. jobs : what that does to jobs, None where none are given.
    """

    fleet: FleetChanges
    jobs: JobChanges | None = None

    def __bool__(self) -> bool:
        """Whether anything is different."""
        return bool(self.fleet or self.jobs)

    def mirrored(self) -> FleetDiff:
        """Return what is different the other way round."""
        return FleetDiff(self.fleet.mirrored(), self.jobs and self.jobs.mirrored())

"""Why clusters do not match, for many jobs of one fleet: what several jobs require is looked at once."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching.causes.by_cluster import TOO_SMALL, lines_by_cluster
from placewise.matching.causes.causes import Causes
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import Match, clusters_meeting, hosting
from placewise.matching.shapes.hosting import inner_requirements
from placewise.matching.shapes.work import Work
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.job import Job, Shape
from placewise.model.requirements.requirement import Expression


class CausesOfMany:
    """Says what `why_not` says of some clusters, for many jobs of one fleet.

    likely : names of those that are mostly asked about; where `why_not` itself has to look, it looks at these alone.
    What is remembered is bounded by the distinct requirements and shapes of the jobs.
    """

    def __init__(self, index: FleetIndex, likely: Collection[str] = ()) -> None:
        self._index = index
        self._likely = frozenset(likely) & index.positions.keys()
        self._causes = Causes(index)
        self._lines: dict[tuple[Expression, int], tuple[str, ...]] = {}
        self._meeting: dict[Expression, int] = {}
        self._fitting: dict[tuple[Shape, ...], NDArray[np.bool_]] = {}

    def of(self, job: Job, match: Match, clusters: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return the causes for which some clusters do not match a job, by name; match : what it matches.

        Raises InputError as `match` does.
        """
        positions = sorted(self._index.positions[name] for name in clusters)
        undecided = {*match.unknown, *(one.cluster for one in match.incomparable)}
        requirements = sorted(job.requirements, key=str)
        found: dict[str, tuple[str, ...]] = {}
        closer: list[int] = []
        if self._index.asked_by(job) is not self._index:
            closer = positions
        else:
            fitting = self._fits(job)
            inside = any(inner_requirements(group.shape) for group in job.groups)
            for position in positions:
                name = self._index.names[position]
                failed = [one for one in requirements if not self._met(one) >> position & 1]
                fits = bool(fitting[position])
                if name in undecided or not failed or (inside and not fits):
                    closer.append(position)
                    continue
                lines = dict.fromkeys(line for one in failed for line in self._of(one, position))
                if not fits:
                    lines[TOO_SMALL] = None
                found[name] = tuple(lines)
        if closer:
            names = [self._index.names[one] for one in closer]
            said = lines_by_cluster(why_not(self._part if self._likely.issuperset(names) else self._index, job))
            found |= {name: said.get(name, ()) for name in names}
        return found

    def _met(self, requirement: Expression) -> int:
        if requirement not in self._meeting:
            self._meeting[requirement] = clusters_meeting(self._index, requirement)
        return self._meeting[requirement]

    def _of(self, requirement: Expression, cluster: int) -> tuple[str, ...]:
        key = requirement, cluster
        if key not in self._lines:
            causes = self._causes.of(cluster, requirement)
            if self._causes.exhausted:  # for one job that would be enough
                self._causes = Causes(self._index)
                causes = self._causes.of(cluster, requirement)
            self._lines[key] = tuple(map(str, causes)) or (f"does not meet {requirement}",)
        return self._lines[key]

    def _fits(self, job: Job) -> NDArray[np.bool_]:
        shapes = tuple(group.shape for group in job.groups)
        if shapes not in self._fitting:
            fitting = np.ones(len(self._index.names), dtype=np.bool_)
            with contextlib.suppress(InputError):  # what takes too much work to say is left out
                work = Work.besides(len(self._index.names))
                fitting = hosting(self._index, [(shape, self._index.everything) for shape in shapes], work=work)
            self._fitting[shapes] = fitting
        return self._fitting[shapes]

    @cached_property
    def _part(self) -> FleetIndex:
        """The index of the likely clusters alone, in the words of the whole fleet."""
        index = self._index
        there = tuple(one for one in index.fleet.clusters if one.name in self._likely)
        states = {one.name: dict(one.state) for one in there}
        return FleetIndex(Fleet(there, index.vocabulary), names_apart=True).with_states(states, index.facts.fields)

"""Version jobs as questions and rules: each requirement asks, and decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, Words, one_of
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.matching.bits import bitset
from placewise.matching.bits.kernels import Kernels
from placewise.matching.bits.rows import Rows
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.site_limits import described_in, workload_with_limits
from placewise.model.fleets.resources import package_subsystem
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Shape
from placewise.model.jobs.workload import Profiles, Workload
from placewise.model.requirements.requirement import Expression, Requirement, combined, tests_of
from placewise.model.studies.study import EXPANDING, Study
from placewise.model.studies.version_profile import VersionFleet, VersionPool
from placewise.outcomes.chances import ChanceSets
from placewise.outcomes.judging import Judging
from placewise.outcomes.questions import Places, Questions
from placewise.outcomes.truth import Truth, version_rules
from placewise.study.demands.asked import Asked, RedrawnFleets, TableChange
from placewise.study.demands.numbering import root_numbers
from placewise.study.demands.range_widths import rows_of_width
from placewise.synthesis.fit_versions import fit_version_fleet
from placewise.synthesis.fleets import draw_picks


@dataclass(frozen=True, slots=True, eq=False)
class VersionDemands:
    """See `Demands`. jobs : those that take part; their distinct sets of requirements are `profiles`."""

    study: Study
    jobs: Workload
    profiles: Profiles
    kernels: Kernels
    without: int
    repeats: int

    @classmethod
    def of(cls, study: Study, workload: Workload, kernels: Kernels) -> VersionDemands:
        """Leave out jobs without requirements, and repeats where the settings say so. InputError for none left."""
        jobs = np.arange(len(workload))[: study.settings.first]
        asking = jobs[workload.requirement_counts[jobs] > 0]
        if not len(asking):
            raise InputError("no job has a requirement", found=Words(f"{len(jobs)} jobs"), expected="at least one")
        without, repeats = len(jobs) - len(asking), 0
        # What sites allow is asked whether a job says something of it or not, and decides like any requirement.
        chosen = workload_with_limits(workload.select(asking), described_in(study.fleet))
        profiles = chosen.profiles()
        if study.settings.unique:
            repeats = len(chosen) - len(profiles.first)
            chosen = chosen.select(profiles.first)
            profiles = chosen.profiles()
        _refuse_unknown(study, sorted({chosen.requirements[i].subsystem for i in np.unique(chosen.ids).tolist()}))
        return cls(study, chosen, profiles, kernels, without, repeats)

    @property
    def names(self) -> tuple[str, ...]:
        """See `Demands`."""
        return self.jobs.names

    def on(self, index: FleetIndex, *, grouped: bool = False, apart: bool = False) -> Asked:
        """See `Demands`. Raises InputError for a requirement on a subsystem that no cluster has."""
        roots = root_numbers(self.jobs) if grouped else None
        if apart:
            alone = np.arange(len(self.jobs))
            distinct, weights, first, of_job = self.jobs, np.ones(len(self.jobs), dtype=np.int64), alone, alone
        elif roots is not None:
            pairs = self.profiles.of_job * (int(roots.max()) + 1) + roots
            _, first, of_job = np.unique(pairs, return_index=True, return_inverse=True)
            of_job = of_job.reshape(-1)
            distinct, weights = self._kinds(first), np.bincount(of_job)
        else:
            distinct = self._distinct()
            weights, first, of_job = self._alike()
        table = index.table(distinct.requirements, possible=self._possible)
        rules = version_rules(distinct, self.study.settings.scoring)
        same = rules == distinct.requirements and not self._possible
        holds = table if same else index.table(rules)
        found = self._asked(index, len(index.fleet), distinct, table, holds, (weights, first, of_job))
        return found if roots is None else replace(found, root=roots[first])

    def seen(self, index: FleetIndex, change: TableChange) -> Asked:
        """See `Demands`."""
        distinct = self._distinct()
        rules = version_rules(distinct, self.study.settings.scoring)
        known = index.table(distinct.requirements, possible=self._possible)
        table = change(known, [one.subsystem for one in distinct.requirements])
        return self._asked(index, len(index.fleet), distinct, table, index.table(rules), self._alike())

    def widened(self, index: FleetIndex, steps: int) -> Asked:
        """See `Demands`; what is asked and what decides are widened alike."""
        distinct = self._distinct()
        rules = version_rules(distinct, self.study.settings.scoring)
        table, holds = (rows_of_width(index, one, steps) for one in (distinct.requirements, rules))
        return self._asked(index, len(index.fleet), distinct, table, holds, self._alike())

    def as_workloads(self, index: FleetIndex) -> tuple[Workload, Judging | None]:
        """See `Demands`. Raises InputError for another scoring than corrected."""
        del index
        if self.study.settings.scoring != "corrected":
            raise InputError("--scoring has no effect where requirements decide", found=self.study.settings.scoring)
        if self._possible:
            raise InputError("--unknown has no effect where only what is known counts", found="yes", expected="no")
        return self.jobs, None

    def note(self, index: FleetIndex) -> None:
        """See `Demands`."""
        del index

    def redrawn(self) -> RedrawnFleets:
        """See `Demands`. Raises InputError too for jobs of a shape, of which drawn clusters say nothing."""
        if self.jobs.shape:
            raise InputError("the jobs ask for nodes, and a profile of a fleet says nothing of those")
        known = self.study.profile
        for cluster in self.study.fleet.clusters if known is None else ():
            if len(cluster.graph.vertices) > 1:
                problem = "a cluster says what nodes it has, and a profile of a fleet does not"
                raise InputError(problem, found=cluster.name)
        fleet = fit_version_fleet(self.study.fleet, self.jobs) if known is None else known.fleet
        assert isinstance(fleet, VersionFleet)
        return RedrawnPicks.of(self, fleet.pools)

    @property
    def _possible(self) -> bool:
        return self.study.settings.unknown == "yes"

    def _distinct(self) -> Workload:
        """Return one job of each profile, without names and columns: every worker is sent its own copy."""
        return self._kinds(self.profiles.first)

    def _kinds(self, jobs: NDArray[np.int64]) -> Workload:
        kinds = self.jobs.select(jobs)
        return Workload(("",) * len(kinds), kinds.requirements, kinds.offsets, kinds.ids, shape=kinds.shape)

    def _alike(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        return self.profiles.counts, self.profiles.first, self.profiles.of_job

    def _asked(
        self,
        places: Places,
        clusters: int,
        distinct: Workload,
        table: NDArray[np.uint64],
        holds: NDArray[np.uint64],
        alike: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    ) -> Asked:
        names = tuple(sorted({requirement.subsystem for requirement in distinct.requirements}))
        position = {name: at for at, name in enumerate(names)}
        rows = Rows.of(distinct.offsets, distinct.ids)
        met = self.kernels.intersect(holds, rows, places.everything)
        truth = Truth(
            distinct.offsets,
            distinct.ids,
            places.clusters_of(holds),
            np.array([position[requirement.subsystem] for requirement in distinct.requirements], dtype=np.int64),
            names,
            ChanceSets(places.clusters_of(met, distinct.shape)),
            clusters,
        )
        return Asked(places, Questions.of_workload(distinct, table), truth, *alike)


@dataclass(frozen=True, slots=True, eq=False)
class OnePlaceEach:
    """The places of a fleet whose every cluster is one place."""

    clusters: int

    @property
    def everything(self) -> NDArray[np.uint64]:
        """See `Places`."""
        return bitset.full(self.clusters)

    @property
    def words(self) -> int:
        """See `Places`."""
        return bitset.word_count(self.clusters)

    @property
    def size(self) -> int:
        """See `Places`."""
        return self.clusters

    def clusters_of(self, places: NDArray[np.uint64], shape: Shape = ()) -> NDArray[np.uint64]:
        """Return the places, which are the clusters; see `Places`."""
        assert not shape
        return places


@dataclass(frozen=True, slots=True, eq=False)
class RedrawnPicks:
    """Fleets drawn from pools of versions, as `draw_fleet` draws them, reduced to which tests clusters meet.

    asked : what is asked, and then what decides. pool : of each distinct test in `asked`, the position of the pool of
    its package, and of the package in it. passes : for each of these tests, (picks,) whether that pick of the pool
    meets it.
    """

    demands: VersionDemands
    distinct: Workload
    asked_of: tuple[Expression, ...]
    pools: tuple[VersionPool, ...]
    pool: dict[Requirement, tuple[int, int]]
    passes: dict[Requirement, NDArray[np.bool_]]

    @classmethod
    def of(cls, demands: VersionDemands, pools: tuple[VersionPool, ...]) -> RedrawnPicks:
        """Find which picks meet which tests. Raises InputError for a package in none of the pools."""
        distinct = demands._distinct()  # noqa: SLF001, one value in two halves
        rules = version_rules(distinct, demands.study.settings.scoring)
        both = distinct.requirements if rules == distinct.requirements else (*distinct.requirements, *rules)
        where = {name: (number, at) for number, pool in enumerate(pools) for at, name in enumerate(pool.dependencies)}
        tests = dict.fromkeys(test for expression in both for test in tests_of(expression))
        for test in tests:
            if test.subsystem not in where:
                raise InputError("the profile of the fleet lacks a package", found=test.subsystem)
        pool = {test: where[test.subsystem] for test in tests}
        vocabulary = demands.study.fleet.vocabulary
        passes = {test: _passes(test, vocabulary, pools[pool[test][0]], pool[test][1]) for test in tests}
        return cls(demands, distinct, both, pools, pool, passes)

    def asked(self, clusters: int, seed: int) -> Asked:
        """See `RedrawnFleets`. A package that no cluster drew is one that no cluster has: what asks for it is unmet."""
        drawn = draw_picks(self.pools, clusters, seed, self.demands.study.settings.fleet_model)
        met = {test: passes[drawn[pool][at]] for test, passes in self.passes.items() for pool, at in [self.pool[test]]}
        table = bitset.pack(np.stack([combined(expression, met.__getitem__) for expression in self.asked_of]))
        count = len(self.distinct.requirements)
        places = OnePlaceEach(clusters)
        return self.demands._asked(  # noqa: SLF001, one value in two halves
            places,
            clusters,
            self.distinct,
            table[:count],
            table[-count:],
            self.demands._alike(),  # noqa: SLF001
        )


def _passes(test: Requirement, vocabulary: Vocabulary, pool: VersionPool, at: int) -> NDArray[np.bool_]:
    versions = [pick[at] for pick in pool.picks]
    compiled = VertexTest.of(test, vocabulary)
    offered = [() if text is None else package_subsystem(test.subsystem, text).vertices for text in versions]
    return np.array(
        [any(compiled.ask(dict(vertex.properties)) is Answer.YES for vertex in vertices) for vertices in offered]
    )


def _refuse_unknown(study: Study, names: Sequence[str]) -> None:
    """Raise InputError for a level, or an order, that names what no job needs, or leaves out what jobs need."""
    for level in study.metadata.values():
        for name in level:
            if name not in names:
                raise InputError("no job needs a subsystem of this name", found=name, expected=one_of(name, names))
    missing = [name for name in names if name not in study.settings.order]
    if study.settings.order and missing and EXPANDING in study.experiments:
        raise InputError(
            f"the order does not name {len(missing)} of the {len(names)} subsystems that jobs need",
            found=Words(", ".join(missing[:5])),
            expected="every one of them",
        )

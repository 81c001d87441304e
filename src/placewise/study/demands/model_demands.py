"""Jobs whose success a model says, or records say: what they ask by themselves, or what looks best by the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, Words, one_of
from placewise.matching.bits import bitset
from placewise.matching.bits.kernels import Kernels
from placewise.matching.fleet.index import FleetIndex
from placewise.model.jobs.described_records import YES, name_of_need, values_by_package
from placewise.model.jobs.workload import Workload
from placewise.model.outcomes.outcome_model import Described, OutcomeTruth
from placewise.model.outcomes.outcome_records import DEPENDENCIES
from placewise.model.results.results import TruthNote
from placewise.model.studies.study import Study
from placewise.outcomes.chances import ChanceTable
from placewise.outcomes.judging import Judging
from placewise.outcomes.questions import Places, Questions
from placewise.outcomes.thresholds import BestLooking
from placewise.outcomes.truth import Truth
from placewise.study.demands.asked import Asked, RedrawnFleets, TableChange
from placewise.study.demands.shown_facts import ShownFacts
from placewise.study.demands.version_demands import VersionDemands
from placewise.synthesis.environments import draw_environments, environments_of

_NO_CANDIDATE = -1.0


@dataclass(frozen=True, slots=True, eq=False)
class ModelDemands:
    """See `Demands`.

    jobs : those that take part. described : (kinds,) what the model looks at of them. kind : (jobs,) which each is.
    shown : what the model says of them by some facts of environments.
    asking : the jobs as version jobs, where they have requirements of their own; None where none has.
    """

    study: Study
    truth: OutcomeTruth
    jobs: Workload
    described: Described
    kind: NDArray[np.int64]
    shown: ShownFacts
    asking: VersionDemands | None
    kernels: Kernels
    without: int = 0
    repeats: int = 0

    @classmethod
    def of(cls, study: Study, truth: OutcomeTruth, kernels: Kernels) -> ModelDemands:
        """Describe the jobs. Raises InputError for no jobs, settings that mean nothing here, and unknown names."""
        settings = study.settings
        jobs = study.jobs
        assert isinstance(jobs, Workload)
        if settings.scoring != "corrected":
            raise InputError("--scoring has no effect where a model decides", found=settings.scoring)
        if settings.unique:
            raise InputError("--unique has no effect where a model decides", found=True)
        if not len(jobs):
            raise InputError("there are no jobs", expected="at least one")
        chosen = np.arange(len(jobs))[: settings.first]
        asking = None
        if jobs.requirement_counts[chosen].any():
            if settings.slack:
                raise InputError("--slack has no effect for jobs with requirements of their own", found=settings.slack)
            asking = VersionDemands.of(study, jobs, kernels)
            chosen = chosen[jobs.requirement_counts[chosen] > 0]
        else:
            for name in (name for level in study.metadata.values() for name in level):
                if name not in truth.names:
                    raise InputError("no metadata of this name", found=name, expected=one_of(name, truth.names))
            missing = [name for name in truth.names if name not in settings.order]
            if settings.order and missing:
                raise InputError(
                    "the order leaves out names", found=Words(", ".join(missing)), expected="every one of them"
                )
        whole = Described(truth.described.facts, tuple(truth.described.rows[at] for at in chosen.tolist()))
        described, kind = whole.only(truth.model.job_facts).distinct()
        kept = jobs.select(chosen) if asking is None else asking.jobs
        among, _ = environments_of(study.fleet, dict(truth.model.environment_facts)).distinct()
        shown = ShownFacts(truth.model, described, among)
        return cls(study, truth, kept, described, kind, shown, asking, kernels, asking.without if asking else 0)

    @property
    def names(self) -> tuple[str, ...]:
        """See `Demands`."""
        return self.jobs.names

    def on(self, index: FleetIndex, *, grouped: bool = False, apart: bool = False) -> Asked:
        """See `Demands`."""
        alike = np.arange(len(self.jobs)) if apart else self.kind
        if self.asking is not None and not apart:
            profile = self.asking.profiles.of_job
            alike = alike * (int(profile.max(initial=0)) + 1) + profile
        _, first, of_job, weights = np.unique(alike, return_index=True, return_inverse=True, return_counts=True)
        kind = self.kind[first]
        environments = self._environments(index)
        chances, known = self._chances(environments, kind)
        candidates = None if known.all() else bitset.pack(known[np.ix_(kind, environments[1])])
        places: Places
        if self.asking is None:
            looking = self._looking(kind, environments, known)
            places, questions = looking, looking.questions(tuple(self.truth.names), candidates)
        else:
            places, questions = index, replace(self._questions(index, first), candidates=candidates)
        nothing = np.zeros(0, dtype=np.int64)
        truth = Truth(
            np.zeros(len(first) + 1, dtype=np.int64),
            nothing.astype(np.int32),
            np.zeros((0, bitset.word_count(index.clusters)), dtype=np.uint64),
            nothing,
            (),
            chances,
            index.clusters,
        )
        root = self._packages()[first] if grouped else None
        return Asked(places, questions, truth, weights, first, of_job.reshape(-1), root)

    def note(self, index: FleetIndex) -> TruthNote:
        """Return what was asked of the model, and the shares of (job, cluster) pairs that it does not know."""
        environments, of_cluster = self._environments(index)
        pairs = np.outer(
            np.bincount(self.kind, minlength=len(self.described)),
            np.bincount(of_cluster, minlength=len(environments)),
        ).astype(np.float64)
        p = self.truth.model.table(self.described, environments)
        unseen = self.truth.model.unseen(self.described, environments)
        return TruthNote(
            self.truth.model.kind,
            float(pairs[np.isnan(p)].sum() / pairs.sum()),
            float(pairs[unseen].sum() / pairs.sum()),
            self.asking is not None,
            self.study.settings.slack,
            self._new(environments, pairs),
        )

    def seen(self, index: FleetIndex, change: TableChange) -> Asked:
        """See `Demands`. Raises InputError for jobs without requirements of their own."""
        if self.asking is None:
            raise InputError("what a model looks at is not held against entries that could be wrong or missing")
        asked = self.on(index)
        about = [asked.questions.names[one] for one in asked.questions.question.tolist()]
        table = change(asked.questions.table, about)
        return replace(asked, questions=replace(asked.questions, table=table))

    def widened(self, index: FleetIndex, steps: int) -> Asked:
        """Raise InputError: see `Demands`."""
        del index
        raise InputError("what a model says does not change with the ranges that jobs ask for", found=steps)

    def as_workloads(self, index: FleetIndex) -> tuple[Workload, Judging | None]:
        """See `Demands`. Jobs without requirements of their own ask for nothing, and match everywhere.

        Raises InputError where records decide, which say nothing of a cluster that nobody has.
        """
        del index
        if self.truth.model.kind == "observed":
            raise InputError("records say nothing of changed clusters and jobs", expected="a model of outcomes")
        return self.jobs, Judging(
            lambda changed: self._chances(self._environments(changed), np.arange(len(self.described)))[0], self.kind
        )

    def redrawn(self) -> RedrawnFleets:
        """See `Demands`. Raises InputError for a fleet that was not drawn from records."""
        if self.truth.pool is None:
            raise InputError("the fleet was not drawn from records, and a model says nothing of clusters like its own")
        return RedrawnEnvironments(self)

    def _environments(self, index: FleetIndex) -> tuple[Described, NDArray[np.int64]]:
        """Return the distinct environments of the clusters, and (clusters,) which each is."""
        return environments_of(index.fleet, dict(self.truth.model.environment_facts)).distinct()

    def _chances(
        self, environments: tuple[Described, NDArray[np.int64]], kind: NDArray[np.int64]
    ) -> tuple[ChanceTable, NDArray[np.bool_]]:
        """Return p of (jobs,) kinds, 0 where nothing is known, and (kinds, environments) where something is."""
        distinct, of_cluster = environments
        p = self.truth.model.table(self.described, distinct)
        known = ~np.isnan(p)
        return ChanceTable(np.where(known, p, 0.0), kind, of_cluster), known

    def _new(self, environments: Described, pairs: NDArray[np.float64]) -> float | None:
        """Return the share of (kinds, environments) pairs where a job meets a value that is new to its package."""
        if self.truth.pool is None:
            return None
        groups = self.truth.model.environment_facts
        known = values_by_package(self.truth.pool[0], tuple(groups))
        needed = self.described.only([name_of_need(fact) for fact in groups]).rows
        new = np.zeros(pairs.shape, dtype=np.bool_)
        for kind, (job, needs) in enumerate(zip(self.described.rows, needed, strict=True)):
            met = known.get(job[0] or "", {})
            for at, (fact, group) in enumerate(groups.items()):
                if group != DEPENDENCIES or needs[at] == YES:
                    column = self._column(environments, fact)
                    new[kind] |= np.array([value not in met.get(fact, ()) for value in column])
        return float(pairs[new].sum() / pairs.sum())

    @staticmethod
    def _column(environments: Described, fact: str) -> list[str | None]:
        at = environments.facts.index(fact)
        return [row[at] for row in environments.rows]

    def _packages(self) -> NDArray[np.int64]:
        """Return (jobs,) the package of each, numbered by name; a kind of job is of one package."""
        names = np.array([row[0] or "" for row in self.described.rows], dtype=np.str_)
        return np.unique(names, return_inverse=True)[1].reshape(-1)[self.kind]

    def _looking(
        self, kind: NDArray[np.int64], environments: tuple[Described, NDArray[np.int64]], known: NDArray[np.bool_]
    ) -> BestLooking:
        names = tuple(self.truth.names.values())
        restricted = _Restricted(self.shown, kind, *environments, names, known)
        return BestLooking(len(kind), len(names), len(environments[1]), restricted, self.study.settings.slack)

    def _questions(self, index: FleetIndex, first: NDArray[np.int64]) -> Questions:
        distinct = self.jobs.select(first)
        return Questions.of_workload(distinct, index.table(distinct.requirements))


@dataclass(frozen=True, slots=True, eq=False)
class _Restricted:
    """See `Restricted`; a value, so that it can be sent to other processes.

    kind : (jobs,). environments : distinct ones. of_cluster : (clusters,). names : the facts of each name.
    known : (kinds, environments) whether an environment is a candidate.
    """

    shown: ShownFacts
    kind: NDArray[np.int64]
    environments: Described
    of_cluster: NDArray[np.int64]
    names: tuple[tuple[str, ...], ...]
    known: NDArray[np.bool_]

    def __call__(self, sets: Sequence[tuple[int, ...]]) -> list[NDArray[np.float64]]:
        shown = [{fact for name in some for fact in self.names[name]} for some in sets]
        parts = [self.environments.only([fact for fact in self.environments.facts if fact in some]) for some in shown]
        found = (np.where(self.known & ~np.isnan(p), p, _NO_CANDIDATE) for p in self.shown.of(parts))
        return [p[np.ix_(self.kind, self.of_cluster)] for p in found]


@dataclass(frozen=True, slots=True, eq=False)
class RedrawnEnvironments:
    """Fleets drawn from the environments of the same records."""

    demands: ModelDemands

    def asked(self, clusters: int, seed: int) -> Asked:
        """See `RedrawnFleets`."""
        pool = self.demands.truth.pool
        assert pool is not None
        records, draw = pool
        return self.demands.on(FleetIndex(draw_environments(records, clusters, seed, draw)))

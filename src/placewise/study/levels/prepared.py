"""A study prepared to be run: a scheduler, the distinct jobs that it is given, and where each succeeds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.matching.bits.kernels import Kernels
from placewise.model.results.results import OutcomeTable
from placewise.model.streams import BUILT_IN, FIRST_ASSIGNMENTS, level_stream
from placewise.model.studies.study import EXPANDING, NONE, SINGLE, Study, folder_name
from placewise.outcomes.metadata import Submissions, give_each, give_none, give_prefixes, give_some
from placewise.outcomes.outcomes import Outcomes, Scene
from placewise.outcomes.questions import Questions
from placewise.scheduler import Scheduler
from placewise.selection.composing import policy_named
from placewise.selection.offered import IN_A_STUDY
from placewise.selection.policies import NONE as NO_CLUSTER
from placewise.selection.policies import draw_numbers
from placewise.study.demands.asked import Asked, Demands
from placewise.study.demands.demands import demands_of
from placewise.study.levels.costs import Costs
from placewise.worth.units import Labels


def expanding_questions(study: Study, asked: Asked) -> tuple[Questions, NDArray[np.int64]]:
    """Return the questions of `expanding`, and the (names,) rank of each in the order of the settings."""
    questions = asked.questions.only(study.expanding) if study.expanding else asked.questions
    position = {name: rank for rank, name in enumerate(study.settings.order or questions.names)}
    # The order may name what no job asks; ranks count only what jobs do.
    return questions, np.argsort(np.argsort([position[name] for name in questions.names]))


def submit(experiment: str, study: Study, asked: Asked, kernels: Kernels) -> Submissions:
    """Submit the jobs with the metadata that an experiment has."""
    places, questions = asked.places, asked.questions
    if experiment in study.metadata:
        return give_some(places, questions, kernels, questions.flags(study.metadata[experiment]))
    if experiment == NONE:
        return give_none(places, questions)
    if experiment == SINGLE:
        return give_each(places, questions)
    if experiment == EXPANDING:
        some, rank = expanding_questions(study, asked)
        return give_prefixes(places, some, kernels, rank)
    return give_some(places, questions, kernels, questions.flags(study.everything or questions.names))


@dataclass(frozen=True, eq=False)
class Prepared:
    """All that an experiment needs.

    For expectations equal jobs are computed once; samples are drawn job by job. costs : None where the jobs were not
    measured.
    """

    study: Study
    demands: Demands
    scheduler: Scheduler
    asked: Asked
    costs: Costs | None

    @classmethod
    def of(cls, study: Study, kernels: Kernels) -> Prepared:
        """Compile the fleet, predict costs, and find out where each job would succeed."""
        demands = demands_of(study, kernels)
        policy = policy_named(study.settings.policy, known=IN_A_STUDY)
        scheduler = Scheduler(study.fleet, policy, kernels)
        first = study.settings.first
        measured = (
            study.jobs if first is None else study.jobs.select(np.arange(len(study.jobs))[:first])
        ).measurements()
        costs = None if measured is None else Costs.of(study.fleet, measured, study.settings)
        asked = demands.on(scheduler.index, grouped=True, apart=not study.settings.exact)
        return cls(study, demands, scheduler, asked, costs)

    @property
    def kernels(self) -> Kernels:
        """The inner loops."""
        return self.scheduler.kernels

    @property
    def weights(self) -> NDArray[np.int64]:
        """(distinct,) how many jobs each stands for."""
        return self.asked.weights

    @cached_property
    def scene(self) -> Scene:
        """What submissions are evaluated against."""
        return Scene(self.asked.truth, self.asked.weights)

    @cached_property
    def unit(self) -> NDArray[np.int64]:
        """(distinct,) which distinct set of outcome rules, or row of p, decides each, 0, 1, ..."""
        return self.asked.truth.deciders(self.kernels)

    @cached_property
    def labels(self) -> Labels:
        """By what the distinct jobs can be divided into units."""
        return Labels(self.asked.weights, self.unit, self.asked.root)

    @cached_property
    def package(self) -> NDArray[np.int64]:
        """(distinct,) the package of each, ascending; of jobs that were measured."""
        assert self.costs is not None
        return self.costs.package[self.asked.first]

    def submit(self, experiment: str) -> Submissions:
        """Submit the jobs with the metadata that an experiment has; any match may be assigned."""
        return submit(experiment, self.study, self.asked, self.kernels)

    def assign(self, submissions: Submissions, experiment: str) -> tuple[Submissions, NDArray[np.int64]]:
        """Leave every match assigned for the expectation, or draw one; also return the clusters drawn, or none."""
        if self.study.settings.exact:
            return submissions, np.full(len(submissions.job), NO_CLUSTER, dtype=np.int64)
        self.scheduler.load[:] = 0  # each experiment starts with idle clusters
        levels = [level.name for level in self.study.levels]
        stream = level_stream(levels.index(experiment)) if experiment in levels else BUILT_IN[experiment]
        draws = draw_numbers(self.study.settings.seed, stream, len(submissions.job))
        clusters = self.scheduler.assign(submissions.matches, draws)
        return replace(submissions, assigned=bitset.singletons(clusters, len(self.scheduler.index.fleet))), clusters

    def table(
        self,
        experiment: str,
        submissions: Submissions,
        outcomes: Outcomes,
        clusters: NDArray[np.int64],
        additional: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
        rows: NDArray[np.int64] | None = None,
    ) -> OutcomeTable:
        """Give every job, equal ones too, its own rows.

        additional : (submissions,) runtime (s) and cost. rows : (jobs,) the submission that each job is, or is like,
        where each has one that is not found by the job.
        """
        of_job = self.asked.of_job
        lengths = np.ones(len(of_job), dtype=np.int64)
        if rows is None:
            starts = np.searchsorted(submissions.job, np.arange(len(self.weights) + 1))
            lengths = np.diff(starts)[of_job]
            ends = np.cumsum(lengths)
            rows = np.arange(ends[-1]) + np.repeat(starts[of_job] - (ends - lengths), lengths)
        runtime, cost = (None, None) if additional is None else (one[rows] for one in additional)
        return OutcomeTable(
            experiment=folder_name(experiment),
            job=np.repeat(np.arange(len(of_job)), lengths),
            level=submissions.level[rows],
            subsystem=submissions.last[rows],
            matched=outcomes.matched[rows],
            feasible=outcomes.feasible[rows],
            success=outcomes.success[rows],
            points=outcomes.points[rows],
            possible=outcomes.possible[rows],
            cluster=clusters[rows],
            additional_runtime_s=runtime,
            additional_cost=cost,
        )

    def first_assignments(self, submissions: Submissions) -> dict[str, dict[str, tuple[str, ...]]]:
        """Draw a cluster for the first job of each distinct submission of `single`."""
        questions = self.asked.questions
        _, rows = np.unique(questions.ids, return_index=True)
        draws = draw_numbers(self.study.settings.seed, FIRST_ASSIGNMENTS, len(rows))
        self.scheduler.load[:] = 0
        chosen = self.scheduler.assign(submissions.matches[rows], draws)
        assignments: dict[str, dict[str, tuple[str, ...]]] = {}
        for row, cluster in zip(rows.tolist(), chosen.tolist(), strict=True):
            where = "unmatched" if cluster == NO_CLUSTER else self.scheduler.index.names[cluster]
            by_cluster = assignments.setdefault(questions.names[submissions.last[row]], {})
            job = self.demands.names[self.asked.first[submissions.job[row]]]
            by_cluster[where] = (*by_cluster.get(where, ()), job)
        return assignments

    def in_document_order(self, jobs: NDArray[np.int64], values: NDArray[np.int64]) -> list[tuple[int, int]]:
        """List (job, value) for all jobs, given values of some distinct ones."""
        of_distinct = np.full(len(self.weights), -1, dtype=np.int64)
        of_distinct[jobs] = values
        per_job = of_distinct[self.asked.of_job]
        found = np.flatnonzero(per_job >= 0)
        return list(zip(found.tolist(), per_job[found].tolist(), strict=True))

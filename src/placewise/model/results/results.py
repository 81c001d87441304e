"""What an experiment found: scores with their denominators, curves and spreads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.outcomes.evidence import Evidence
from placewise.model.outcomes.outcome_model import OutcomeKind
from placewise.model.results.held_out import HeldOut
from placewise.model.results.runtime_models import Models
from placewise.model.results.worth import (
    Difference,
    FleetSpread,
    Headline,
    LevelPoint,
    SensitivityPoint,
    Sufficiency,
    Worth,
    refuse_shape,
)
from placewise.model.traces.scenarios import Timed


@dataclass(frozen=True, slots=True)
class Moments:
    """A mean and a standard deviation; None where there was nothing to average."""

    mean: float | None
    std: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """How one experiment went, over its submissions (a job at a level of metadata).

    total_jobs : submissions. unmatched : those that no cluster matched.
    success_of_matched : over matched submissions; the std is that of one submission's outcome, 0 or 1.
    success : over all submissions, unmatched counting as failed.
    best_possible : over all submissions, those for which some cluster of the fleet would succeed.
    marginal_score : over matched submissions, the share of the job's outcome rules that hold.
    versions_correct, versions_possible : outcome rules that hold, and all of them, summed over matched submissions.
    matched_clusters : over all submissions. clusters : the size of the fleet.
    precision, recall : of the metadata as a filter, over (submission, cluster) pairs: the share of the
        matches that would succeed, and the share of what would succeed that is matched.
    clusters_used : the expected number of clusters that are given at least one job; None where it was not
        worked out.
    failures : for each subsystem, the expected number of submissions whose rule on it fails where they
        are assigned; one submission may count under several.
    """

    total_jobs: int
    unmatched: int
    success_of_matched: Moments
    success: float | None
    best_possible: float | None
    marginal_score: Moments
    versions_correct: float
    versions_possible: int
    matched_clusters: Moments
    clusters: int
    precision: float | None
    recall: float | None
    clusters_used: float | None
    failures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubsystemScore:
    """What metadata on one subsystem alone does for the jobs that need it.

    subsystem : its name. score : of the jobs that need it, with metadata on it alone.
    baseline : their success without metadata; None where it was not recorded.
    """

    subsystem: str
    score: Score
    baseline: float | None


@dataclass(frozen=True, slots=True)
class SingleSummary:
    """Success of matched jobs in `single`, summed up.

    macro : mean over subsystems. baseline : the same without metadata. pooled : over all submissions. subsystems : how
    many there are.
    """

    macro: float | None
    baseline: float | None
    pooled: float | None
    subsystems: int


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """All jobs with metadata on `level` of their subsystems; a job with fewer stays as its last left it.

    level : how many of its subsystems each job has metadata on.
    share_matched, success : over all jobs; success_of_matched : over those still matched.
    """

    level: int
    share_matched: float
    success_of_matched: float | None
    success: float


@dataclass(frozen=True, slots=True)
class UnmatchedJob:
    """A job that ran out of clusters: after how many of how many subsystems.

    name : of the job. unmatched_at : with metadata on how many subsystems no cluster matches any more. needed : how
    many subsystems it needs.
    """

    name: str
    unmatched_at: int
    needed: int

    def __post_init__(self) -> None:
        if min(self.unmatched_at, self.needed) < 1:
            found = (self.unmatched_at, self.needed)
            raise InputError("the job did not run out of clusters", found=found, expected="counts of 1 or more")

    @property
    def percent_matched(self) -> float:
        """The share of its subsystems that could have metadata while something still matched."""
        return (self.unmatched_at - 1) / self.needed


@dataclass(frozen=True, slots=True, eq=False)
class OrderSpread:
    """One row for each random order of adding metadata, each array (orders,).

    success_of_matched : over all matched (job, level) pairs. last_level : over jobs, at the last level with a match.
    submissions : how many (job, level) pairs there are.
    unmatched_at, percent_matched : means over the jobs that ran out of clusters (NaN where none did).
    """

    success_of_matched: NDArray[np.float64]
    last_level: NDArray[np.float64]
    unmatched_at: NDArray[np.float64]
    percent_matched: NDArray[np.float64]
    submissions: NDArray[np.int64]

    def __post_init__(self) -> None:
        for one in fields(self):
            refuse_shape(getattr(self, one.name), (self.submissions.size,), one.name)


@dataclass(frozen=True, slots=True)
class CostScore:
    """What scheduling cost beyond a reference runtime: sums of expectations, over builds that were assigned.

    runtime_s, cost : additional runtime and cost over all assigned builds; runtime_of_successes_s,
        cost_of_successes : over those that succeed. Cost is in the unit of cost_per_node_hour.
    predicted, predicted_successes : the expected number of builds that the sums are over.
    priced, priced_successes : those of them on clusters that have a price, which the costs are over.
    by_package : (runtime_s, cost) over all assigned builds, for each package.
    spread : the additional cost of one assigned build by each model that is not clearly worse, the one used first.
    """

    runtime_s: float
    cost: float
    runtime_of_successes_s: float
    cost_of_successes: float
    predicted: float
    predicted_successes: float
    priced: float
    priced_successes: float
    by_package: Mapping[str, tuple[float, float]]
    spread: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Used:
    """What assigned builds on clusters with a price use up, expected: those that fail, for a share of their runtime.

    fail_after : that share. successes : how many succeed.
    """

    fail_after: float
    successes: float
    cost_of_successes: float
    runtime_of_failures_s: float
    cost_of_failures: float

    @property
    def cost_of_a_success(self) -> float | None:
        """What one build that succeeds costs, the failures paid for too."""
        return (self.cost_of_successes + self.cost_of_failures) / self.successes if self.successes > 0 else None

    @property
    def share_of_failures(self) -> float | None:
        """The share of all cost that failures use up."""
        total = self.cost_of_successes + self.cost_of_failures
        return self.cost_of_failures / total if total > 0 else None


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why assigned builds fail: expected numbers of builds.

    every : for each reason, the builds that have it, alone or with others. first : the builds of which it
    is the first in the order of the rules. together : for each set of reasons that occurs, the builds that
    have just these.
    """

    every: Mapping[str, float]
    first: Mapping[str, float]
    together: Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class LevelResult:
    """How builds fare at one level of metadata.

    name : of the level. score : of all builds. reasons : why builds fail.
    metadata : the names of its questions. no_capacity : builds that matched, but only clusters that were full.
    refused : builds that matched, and for which the policy chose none of the clusters that were not full.
    costs : by reference runtime. outside_range : the share of assigned builds whose runtime is predicted
    at a memory outside the range seen. jobs_by_cluster : the expected number of builds on each cluster.
    per_build : percentiles 0 to 100, over assigned builds, of what each expects: ``runtime_s`` and ``cost``,
        additional, against the reference best-memory; empty where nothing is predicted.
    used : what runs use up, not beyond a reference; None where nothing is predicted.
    """

    name: str
    metadata: tuple[str, ...]
    score: Score
    no_capacity: int
    costs: Mapping[str, CostScore]
    outside_range: float | None
    reasons: Reasons
    jobs_by_cluster: Mapping[str, float]
    refused: int = 0
    per_build: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    used: Used | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that a run found; parts that were not asked for, or not published, are None or empty.

    scoring : corrected, or published as in the prior work; None where nothing is scored. exact : whether success is
    computed, and not drawn.
    scores : by experiment, under the names of the results folder (none, single-subsystem, ...).
    ceiling : over jobs, the share for which some cluster would succeed.
    subsystems : of `single`, the score of each subsystem. single : the same summed up.
    curve : of `expanding`, all jobs with metadata on so many of their subsystems. unmatched : the jobs that ran out of
    clusters on the way. orders : of its random orders.
    last_level : success of `expanding` over jobs, at the last level with a match.
    levels : of the experiments on build records, whose scores are in `scores` too. models : of their runtime.
    held_out : how smallest sets and rankings fare on jobs and fleets that they were not made on.
    worth : what each subsystem is worth. sufficiency : how few of them suffice. front : levels, and which of them are
    Pareto-optimal. front_exact : whether every set was tried.
    headlines : figures with their intervals. differences : between two levels, likewise.
    fleets : what fleets drawn anew give. sensitivity : what other circumstances would give.
    evidence : what records with outcomes show. timed : replays of a trace side by side.
    study : what was run, with its settings, as in study.json. truth : what success was taken from, where not from
    rules.
    incomparable : on so many clusters a value cannot be compared with what jobs ask, so that they count as no match.
    """

    scores: Mapping[str, Score]
    scoring: str | None = None
    exact: bool = True
    ceiling: float | None = None
    subsystems: tuple[SubsystemScore, ...] = ()
    single: SingleSummary | None = None
    curve: tuple[CurvePoint, ...] = ()
    last_level: float | None = None
    unmatched: tuple[UnmatchedJob, ...] | None = None
    orders: OrderSpread | None = None
    levels: tuple[LevelResult, ...] = ()
    models: Models | None = None
    worth: Worth | None = None
    sufficiency: Sufficiency | None = None
    held_out: HeldOut | None = None
    front: tuple[LevelPoint, ...] = ()
    front_exact: bool = False
    headlines: tuple[Headline, ...] = ()
    differences: tuple[Difference, ...] = ()
    fleets: FleetSpread | None = None
    sensitivity: tuple[SensitivityPoint, ...] = ()
    evidence: Evidence | None = None
    timed: Timed | None = None
    study: Mapping[str, Any] = field(default_factory=dict)
    incomparable: int = 0
    truth: TruthNote | None = None


@dataclass(frozen=True, slots=True)
class TruthNote:
    """What decided success, where outcome rules did not.

    kind : model for a learned one, observed for records. unknown : the share of (job, cluster) pairs of which nothing
    is known, which are no candidates. unseen : the share of pairs in which some fact has a value that the model has
    not learned from, or the cluster lacks what the job needs; of records, the same as `unknown`. asked :
    whether jobs have requirements of their own. slack : see `Settings`. new : the share of pairs in which the job meets
    a value that no record of its package has; None where the fleet was not drawn from records.
    """

    kind: OutcomeKind
    unknown: float
    unseen: float
    asked: bool
    slack: float
    new: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeTable:
    """One row for each job and level of an experiment, each array (rows,).

    job : position in the workload. level : how many subsystems have metadata. subsystem : the one added
    last, position in the subsystem names, -1 for none. matched : clusters that match. feasible : clusters
    on which the job can succeed, with a probability above 0. success : probability of success, or by rules 0 and
    1 when sampled. points : the expected number of outcome rules that hold, of `possible`. cluster : the one
    assigned, -1 for an expectation or no match. additional_runtime_s, additional_cost : of build records, expected,
    against the first reference; NaN where nothing is predicted.
    """

    experiment: str
    job: NDArray[np.int64]
    level: NDArray[np.int32]
    subsystem: NDArray[np.int32]
    matched: NDArray[np.int64]
    feasible: NDArray[np.integer]
    success: NDArray[np.float64]
    points: NDArray[np.float64]
    possible: NDArray[np.int64]
    cluster: NDArray[np.int64]
    additional_runtime_s: NDArray[np.float64] | None = None
    additional_cost: NDArray[np.float64] | None = None

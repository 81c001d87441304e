"""What records with outcomes show: how facts vary, what predicts success, how rules and choices fare."""

from __future__ import annotations

from dataclasses import dataclass

from placewise.errors import InputError
from placewise.model.results.worth import Interval

HELD_OUT_RECORDS = "none"
"""Records are held out one by one, whatever package they are of."""


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """How records are looked at.

    hold_out : what is held out together: none, package, version, or a fact. folds, seed : how.
    least_builds, low, high : a package takes part in what is learned with so many records at least, of which more than
        `low` and less than `high` succeeded. least_records : so do facts that so many of the records have.
    groups : of facts, to be compared; those of an environment, or all others, if not given.
    alone : dependencies whose versions are tried alone in the choice; those that vary and are common if not given.
    single_facts : whether to work out what single facts are worth. resamples : of packages, for intervals.

    Raises InputError for values that no run takes.
    """

    hold_out: str = HELD_OUT_RECORDS
    folds: int = 5
    seed: int = 0
    least_builds: int = 50
    low: float = 0.02
    high: float = 0.98
    least_records: int = 100
    groups: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    single_facts: bool = False
    resamples: int = 1000

    def __post_init__(self) -> None:
        for name, least in (("folds", 2), ("seed", 0), ("least_builds", 1), ("least_records", 1), ("resamples", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name} is not usable", found=getattr(self, name), expected=f"{least} or more")
        if not 0 <= self.low < self.high <= 1:
            found = f"{self.low:g}:{self.high:g}"
            raise InputError("the shares that succeed are not usable", found=found, expected="two shares, low:high")


@dataclass(frozen=True, slots=True)
class Rate:
    """How many records there are of something, and how many of them succeeded."""

    name: str
    records: int
    succeeded: int

    @property
    def share(self) -> float:
        """The share that succeeded; 0 of none."""
        return self.succeeded / self.records if self.records else 0.0


@dataclass(frozen=True, slots=True)
class FactSpread:
    """How much a fact varies. records : that have it. distinct : its values. commonest : in how many records."""

    group: str
    name: str
    records: int
    distinct: int
    commonest: str
    commonest_records: int


@dataclass(frozen=True, slots=True)
class RecordSummary:
    """What the records are.

    records, succeeded : all of them. contradictory : identities that occur with both outcomes. kept : the records
        without those. packages : of the records kept; mixed_packages : those of them with both outcomes.
    groups : jobs (package and version) of two or more records with both outcomes; grouped : their records.
    compilers : by name and version. facts : how much each varies among the records kept.
    """

    records: int
    succeeded: int
    contradictory: int
    kept: Rate
    packages: int
    mixed_packages: int
    groups: int
    grouped: Rate
    compilers: tuple[Rate, ...]
    facts: tuple[FactSpread, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """The records that a model is fitted to.

    packages : of at least `least_builds` records, of which more than `low` and less than `high` succeeded.
    dependencies : those that at least `least_records` of the records have.
    """

    kept: Rate
    packages: int
    dependencies: int
    least_builds: int
    low: float
    high: float
    least_records: int


@dataclass(frozen=True, slots=True)
class LevelScore:
    """How well success of records that were held out is predicted from the facts of a level.

    log_loss : in nats. auc_within : the mean over packages with both outcomes, weighted by their records; None where
        there is none. calibration_error : expected, over ten equal steps of the forecast. interval : of the log loss.
    """

    name: str
    records: int
    log_loss: float
    brier: float
    auc: float | None
    auc_within: float | None
    calibration_error: float
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How well all facts predict records of what was held out together, beside the rate of all other records."""

    hold_out: str
    everything: LevelScore
    base_rate: LevelScore


@dataclass(frozen=True, slots=True)
class FactValue:
    """What a group of facts, or one fact, takes from the held-out log loss, in nats.

    value : its Shapley value; None where it was not worked out. alone : what it takes alone, from knowing the package
        only. last : what is lost without it where all else is known.
    """

    name: str
    group: str
    value: float | None
    alone: float
    last: float
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Records predicted alike: what was forecast in the mean, and the share of them that succeeded."""

    forecast: float
    observed: float
    records: int


@dataclass(frozen=True, slots=True)
class ChoiceScore:
    """The success of choosing, among a job's alternatives, one that a level's facts make the most likely.

    interval : of the success. gain : of what it is above the success of choosing at random, on the same draws.
    """

    name: str
    success: float
    interval: Interval | None = None
    gain: Interval | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice among real alternatives: records of one job within one fold, from which one is chosen.

    alternatives : the records, and how many of them succeeded: the success of choosing at random. jobs : how many.
    cells : (job, fold) pairs. ceiling : the share of the records whose cell has one that succeeded.
    """

    jobs: int
    cells: int
    alternatives: Rate
    ceiling: float
    levels: tuple[ChoiceScore, ...]


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """How one requirement, or all on one subsystem, judge the records of their packages.

    asked : the weight of records that it judges, a record counting by the share of its package's jobs that ask it;
    refused : the weight of those that it refuses. Each of records that succeeded, and of those that failed.
    """

    name: str
    subsystem: str
    asked_of_succeeded: float
    refused_of_succeeded: float
    asked_of_failed: float
    refused_of_failed: float


@dataclass(frozen=True, slots=True)
class RulesVerdict:
    """A study's requirements as a classifier of records that they were not made of.

    source : the study. jobs : those used. held_out : whether jobs are records by name, so that those of the fold that
        is judged are left out. packages : with jobs, and with at least `least_each` records of either outcome.
    accepted_of_succeeded, accepted_of_failed : the mean share of a package's jobs whose requirements all hold.
    succeeded_of_accepted, succeeded_of_refused : the predictive values; None where none is. auc : of that share.
    """

    source: str
    jobs: int
    held_out: bool
    packages: int
    least_each: int
    judged: Rate
    accepted_of_succeeded: float
    accepted_of_failed: float
    succeeded_of_accepted: float | None
    succeeded_of_refused: float | None
    auc: float | None
    subsystems: tuple[RuleVerdict, ...]
    requirements: tuple[RuleVerdict, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that records with outcomes show; what was not worked out is None or empty.

    source : where the records came from. summary : how many there are, and how many are left out. sample : those that a
    model is fitted to. levels : how well groups of facts predict success. baselines : how well simpler guesses do.
    reliability : forecasts beside the share that succeeded. choice : what choosing by the forecast gains. rules : a
    study's requirements as a classifier of the records.
    hold_out, folds, seed : how records were held out. values : of groups of facts; facts : of single ones.
    held_out_by : by what is held out together, how well all facts predict, and the rate of all others, which knows
        nothing. everything : how well all facts predict over all records kept, as the choice uses them.
    without_model : why nothing was learned; None where it was.
    """

    source: str
    summary: RecordSummary
    hold_out: str
    folds: int
    seed: int
    sample: Sample | None = None
    levels: tuple[LevelScore, ...] = ()
    baselines: tuple[LevelScore, ...] = ()
    values: tuple[FactValue, ...] = ()
    facts: tuple[FactValue, ...] = ()
    reliability: tuple[ReliabilityBin, ...] = ()
    held_out_by: tuple[HeldOut, ...] = ()
    everything: LevelScore | None = None
    choice: Choice | None = None
    rules: RulesVerdict | None = None
    without_model: str | None = None

"""What can be asked of a fleet and a job, or of a study, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from placewise.advice.choosing import DEFAULT_POLICY, Choice
from placewise.advice.choosing import choose as choose_cluster
from placewise.api.tables import share, table_html
from placewise.formats.fleets.fleet_source import read_fleet as read_fleet_value
from placewise.formats.jobs.jobspec import read_jobspec
from placewise.formats.queues.reading import read_queue_state
from placewise.matching.causes.by_cluster import lines_by_cluster
from placewise.matching.causes.why_not import WhyNot, why_not
from placewise.matching.deciding import decided, required_job
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.site_limits import with_limits
from placewise.matching.match import Match as MatchValue
from placewise.matching.match import match as matched
from placewise.matching.preferences import Scores
from placewise.matching.preferences import scores as scores_of
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.job import Job
from placewise.model.requirements.requirement import AllOf, AnyOf, Expression, Not, Requirement
from placewise.model.results.worth import Sufficiency, Worth
from placewise.model.studies.study import Study
from placewise.model.traces.queue_state import QueueState
from placewise.model.traces.start_estimate import StartEstimate
from placewise.replays.start_estimates import estimate_starts
from placewise.scheduler import Scheduler
from placewise.selection.policies import Policy
from placewise.study.near_misses import near_misses_of
from placewise.study.values import game_of, players_of, worth_of
from placewise.worth.near_misses.suggestions import NearMisses
from placewise.worth.sufficiency import smallest_set as smallest_set_of

_MOST_LINES = 20


class Match(MatchValue):
    """The clusters that could run a job, by name and by position in the fleet, and those of which it is not known."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        rows = [(name, "matches", "") for name in self.names]
        rows += [(one.cluster, "cannot be compared", f"{one.requirement}: {one.problem}") for one in self.incomparable]
        rows += [(name, "may match", "not enough is described") for name in self.unknown]
        if len(rows) == len(self.names):
            return table_html(("clusters that match",), [(name,) for name in self.names])
        return table_html(("cluster", "answer", "why"), rows)


class Explanation(WhyNot):
    """Which clusters match a job, and why the others do not; `causes` says it in lines."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        rows = [(str(one.requirement), f"{len(one.clusters):,} of {self.total:,}") for one in self.blocked]
        matches = f"<p>{len(self.matched):,} of {self.total:,} clusters match.</p>"
        undecided = ((self.unknown, "may match"), (self.incomparable, "cannot be compared with what is asked"))
        matches += "".join(f"<p>{len(some):,} of {self.total:,} {what}.</p>" for some, what in undecided if some)
        lines = [(cluster, line) for cluster, found in self.causes.items() for line in found]
        shown = lines[:_MOST_LINES]
        if rest := len(lines) - len(shown):
            shown.append(("", f"and {rest:,} more"))
        failing = table_html(("requirement", "clusters that fail it"), rows)
        return matches + failing + (table_html(("cluster", "why it does not match"), shown) if shown else "")

    @property
    def causes(self) -> dict[str, tuple[str, ...]]:
        """The causes of each cluster that does not match, each as one line a person can read."""
        return lines_by_cluster(self)


class Values(Worth):
    """What metadata is worth, the largest value first."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        rows = [(one.name, share(one.value), share(one.single_lift)) for one in self.subsystems]
        return table_html(("metadata on", "value, of all jobs", "alone"), rows)


def read_fleet(path: str | Path) -> Fleet:
    """Read a fleet: cluster-features.json, a folder that holds one, or folders of JGF files.

    Raises InputError naming file and place.

    >>> len(read_fleet("demo")) > 0
    True
    """
    return read_fleet_value(Path(path))


def read_job(path: str | Path) -> Job:
    """Read a jobspec in YAML or JSON, in any dialect. Raises InputError naming file, job and place.

    >>> read_job("solver.yaml").name
    'solver'
    """
    return read_jobspec(Path(path))


def _refuse_others(value: object, kind: type, reader: str) -> None:
    if not isinstance(value, kind):
        found = type(value).__name__
        raise TypeError(f"a {kind.__name__} is expected, as {reader}(path) gives it, and not a value of type {found}")


def match(
    fleet: Fleet,
    job: Job | Expression,
    *,
    unknown: Literal["separate", "yes", "no"] = "separate",
    ignore_limits: bool = False,
) -> Match:
    """Return the clusters that could ever run a job, or meet a requirement.

    unknown : what clusters count for of which it is not known, since not enough is described: ``separate`` keeps them
    apart in `Match.unknown`, ``yes`` counts them in and ``no`` out. `Match.incomparable` are those that offer what
    cannot be compared with what is asked. ignore_limits : leave out what the sites' partitions and nodes allow. Raises
    InputError for a requirement on a subsystem or field that no cluster ever had.

    >>> set(match(read_fleet("demo"), read_job("solver.yaml")).names) <= set(read_fleet("demo").names)
    True
    >>> both = Requirement.parse("hdf5@1.8:") & ~Requirement.parse("cmake@:3.15")
    >>> set(match(read_fleet("demo"), both).names) <= set(match(read_fleet("demo"), Requirement.parse("hdf5")).names)
    True
    """
    _refuse_others(fleet, Fleet, "read_fleet")
    index, asked = _indexed(fleet, job, ignore_limits)
    found = decided(index, matched(index, asked), unknown)
    return Match(**{name: getattr(found, name) for name in MatchValue.__dataclass_fields__})


def scores(fleet: Fleet, job: Job, *, ignore_limits: bool = False) -> Scores:
    """Say what a job's wishes (`prefer`) count on each cluster that matches it, the highest score first.

    Each of `Scores.clusters` has its score and which of `Scores.wishes` hold there. Raises InputError as `match` does.

    >>> scores(read_fleet("demo"), read_job("solver.yaml")).wishes
    ()
    """
    _refuse_others(fleet, Fleet, "read_fleet")
    return scores_of(*_indexed(fleet, job, ignore_limits))


def explain(fleet: Fleet, job: Job | Expression, *, ignore_limits: bool = False) -> Explanation:
    """Say why the clusters that do not match a job do not, with every reason. Raises InputError as `match` does.

    >>> explain(read_fleet("demo"), read_job("solver.yaml")).total == len(read_fleet("demo"))
    True
    """
    _refuse_others(fleet, Fleet, "read_fleet")
    found = why_not(*_indexed(fleet, job, ignore_limits))
    return Explanation(**{name: getattr(found, name) for name in WhyNot.__dataclass_fields__})


def choose(
    fleet: Fleet | Scheduler,
    job: Job | Expression,
    policy: str | Policy = DEFAULT_POLICY,
    *,
    unknown: Literal["no", "yes"] = "no",
    numbers: Mapping[str, Mapping[str, float]] | None = None,
    seed: int = 0,
) -> Choice:
    """Choose the cluster that a job goes to: one of those that match it. `Choice.reason` says why there is none.

    fleet : a fleet, or a `Scheduler` over one, which is compiled once for many jobs and counts them. policy : a policy
    or its name; as it is, the highest score of the job's wishes, and of equals the first in the fleet's order.
    unknown : ``yes`` lets clusters be chosen of which it is not known whether they match. numbers : what policies read
    of clusters, by its name and then by cluster, such as ``estimated_start_s``; the clusters' states and the job's
    attributes are read anyhow. seed : of chance. Raises InputError as `match` does, and for what the policy lacks.

    >>> fleet, job = read_fleet("demo"), read_job("solver.yaml")
    >>> chosen = choose(fleet, job)
    >>> chosen.cluster in chosen.match.names if chosen else chosen.reason
    True
    """
    if isinstance(fleet, Scheduler):
        return choose_cluster(fleet, _asked(job), policy, unknown=unknown, numbers=numbers, seed=seed)
    _refuse_others(fleet, Fleet, "read_fleet")
    scheduler = Scheduler(FleetIndex(fleet, names_apart=True))
    return choose_cluster(scheduler, _asked(job), policy, unknown=unknown, numbers=numbers, seed=seed)


def estimate_start(
    fleet: Fleet,
    job: Job | Expression,
    queue: QueueState | str | Path,
    policy: str = "easy",
    *,
    policies: Mapping[str, str] | None = None,
    processors: int | None = None,
    limit_s: int | None = None,
    now_s: int | None = None,
    zone: str | None = None,
    ignore_limits: bool = False,
) -> StartEstimate:
    """Say when a job, submitted now, would start on each cluster that matches it, as the queues are planned.

    queue : what runs and what waits, or a file that squeue or sacct wrote, or the folder of a replay. policy : fcfs,
    sjf, easy, easy-sjbf or conservative, of every cluster; policies : by cluster, where it differs.
    processors, limit_s : of the job, where it does not say. now_s : the moment, Unix time; of a replay, of its virtual
    time; else when the file was written. zone : of the times in the file; UTC if None.
    Raises InputError as `match`, `formats.queues.reading.read_queue_state` and
    `replays.start_estimates.estimate_starts` do.

    >>> estimate_start(fleet, read_job("solver.yaml"), "squeue.txt", "fcfs").clusters  # doctest: +SKIP
    """
    _refuse_others(fleet, Fleet, "read_fleet")
    index, asked = _indexed(fleet, job, ignore_limits)
    state = queue if isinstance(queue, QueueState) else read_queue_state(Path(queue), now_s=now_s, zone=zone)
    return estimate_starts(
        fleet,
        matched(index, asked).positions,
        asked,
        state,
        policy=policy,  # type: ignore[arg-type]  # refuses other texts
        policies=policies,  # type: ignore[arg-type]  # likewise
        processors=processors,
        limit_s=limit_s,
    )


def _indexed(fleet: Fleet, job: Job | Expression, ignore_limits: bool) -> tuple[FleetIndex, Job]:
    """Return a fleet compiled for a job, and the job as it has to meet the limits of sites."""
    asked = _asked(job)
    index = FleetIndex(fleet, names_apart=True)
    return index, asked if ignore_limits else with_limits(asked, index.vocabulary)


def _asked(job: Job | Expression) -> Job:
    if isinstance(job, Requirement | AllOf | AnyOf | Not):
        return required_job([job])
    _refuse_others(job, Job, "read_job")
    return job


def value(study: Study, **options: Any) -> Values:
    """Say what metadata on each subsystem, or question, is worth: its Shapley value in success.

    options : those of `placewise.study.values.worth_of`, such as resamples. Raises InputError for no jobs or clusters.

    >>> abs(sum(one.value for one in value(Study.from_folder("demo")).subsystems)) <= 1
    True
    """
    _refuse_others(study, Study, "read_study")
    found = worth_of(game_of(study), seed=study.settings.seed, **options)
    return Values(**{name: getattr(found, name) for name in Worth.__dataclass_fields__})


def smallest_set(study: Study, target: float = 0.95, **options: Any) -> Sufficiency:
    """Find the fewest subsystems with which success reaches a share of the ceiling, and prove that fewer do not.

    options : those of `placewise.worth.sufficiency.smallest_set`, such as limit_s, the seconds for the proof.
    Raises InputError for a target that is no share.

    >>> smallest_set(Study.from_folder("demo"), target=0.5).met
    True
    """
    _refuse_others(study, Study, "read_study")
    game = game_of(study, among="all" if players_of(study, "all") else "")
    return smallest_set_of(game, target, seed=study.settings.seed, **options)


def near_misses(study: Study, **options: Any) -> NearMisses:
    """Find what small change would let the most jobs match that match nothing.

    options : top and least (see `placewise.study.near_misses.near_misses_of`). Raises InputError as that does.

    >>> near_misses(Study.from_folder("demo"), top=3).jobs > 0
    True
    """
    _refuse_others(study, Study, "read_study")
    return near_misses_of(study, **options)

"""How a study is run: what is chosen, drawn and repeated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from placewise.errors import InputError, one_of
from placewise.model.fleets.fleet_model import INDEPENDENT, FleetModel, refuse_fleet_model
from placewise.model.results.held_out import refuse_hold_out
from placewise.model.results.runtime_models import CHOICES
from placewise.model.results.runtime_models import Choice as RuntimeModel
from placewise.model.studies.priority import Priority

Scoring: TypeAlias = Literal["corrected", "published"]
Unknown: TypeAlias = Literal["no", "yes"]
Unit: TypeAlias = Literal["root-package", "profile", "row"]

MOST = 2**62
MOST_ORDERS = 1_000_000
MOST_FLEETS = 100_000
_MOST_NODES = 2**40
BOUNDS = {
    "jobs": (1, MOST),
    "orders": (0, MOST_ORDERS),
    "resamples": (0, MOST_ORDERS),
    "fleets": (0, MOST_FLEETS),
    "seed": (0, MOST),
    "minimum_builds": (1, MOST),
    "nodes_per_job": (1, _MOST_NODES),
    "nodes_free": (0, _MOST_NODES),
}
"""The least and the most of each setting that is a whole number, by the name of its option."""


def names_in(text: str) -> tuple[str, ...]:
    """Return the names in a text with commas between them."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def refuse_outside(**settings: tuple[int | None, int, int]) -> None:
    """Raise InputError for the first setting, given as value, least and most, that is outside; None is not."""
    for name, (value, least, most) in settings.items():
        usable = value is None or (isinstance(value, int) and not isinstance(value, bool) and least <= value <= most)
        if not usable:
            option = "--" + name.replace("_", "-")
            raise InputError(f"{option} is not usable", found=value, expected=f"{least:,} to {most:,}")


def refuse_scoring(scoring: str) -> None:
    """Raise InputError for what is no scoring."""
    if scoring not in get_args(Scoring):
        raise InputError("no such scoring", found=scoring, expected=one_of(scoring, get_args(Scoring)))


def refuse_unit(unit: str | None) -> None:
    """Raise InputError for what is no unit of intervals; None is for the usual one."""
    if unit is not None and unit not in get_args(Unit):
        raise InputError("no such unit of intervals", found=unit, expected=one_of(unit, get_args(Unit)))


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run.

    experiments : by name; empty for those that the study runs by itself (see `Study.experiments`).
    scoring : corrected, or published as the prior work scored.
    unknown : yes to place jobs also where it is unknown whether a requirement holds; they succeed where it is known to.
    unique : keep one job of each distinct set of requirements. first : keep only so many jobs; None keeps all.
    order : the order in which `expanding` adds metadata; empty for the study's own, or alphabetical.
    orders : how many random orders beside it; their quantities are expectations of a random choice, so other
        policies have none.
    resamples, fleets : how many resamples of the jobs, and fleets drawn anew, the intervals are over; 0 for none.
    fleet_model : how fleets are drawn, independent or periodic (see `synthesis.fleets`).
    unit : of which jobs are drawn again; None for the root package where jobs say theirs, else the profile.
    hold_out : on what else smallest sets and rankings are judged (see `model.results.held_out`); nothing if empty.
    seed : of every random choice. sample : draw one cluster a job instead of taking the exact expectation.
    policy : the selection policy; every one but random is sampled.
    metadata : what a further experiment, `chosen`, has metadata on.
    values : whether to work out what metadata is worth.
    slack : where a model says what happens, and jobs have no requirements of their own: by how much the probability of
        success, by what is known of a cluster, may be below that of the job's best cluster for the cluster to match.

    Of the constraint experiments, in which every job has all metadata:
    choose : the policy. priorities : of a constraint that chooses instead.
    model : the kind of runtime model. minimum_builds : packages with fewer builds get none.
    fail_after : the share of its runtime, 0 to 1, that a job uses up where it fails.
    nodes_per_job : nodes that a job takes of its cluster when capacity counts.
    nodes_free : of every cluster at the start where its state does not say; None shares them out as the prior work
        did: the nodes of all jobs, divided by the clusters.

    Raises InputError for a value outside these.
    """

    experiments: tuple[str, ...] = ()
    scoring: Scoring = "corrected"
    unknown: Unknown = "no"
    unique: bool = False
    first: int | None = None
    order: tuple[str, ...] = ()
    orders: int = 20
    resamples: int = 1000
    fleets: int = 20
    fleet_model: FleetModel = INDEPENDENT
    unit: Unit | None = None
    hold_out: tuple[str, ...] = ()
    seed: int = 0
    sample: bool = False
    policy: str = "random"
    metadata: tuple[str, ...] = ()
    values: bool = True
    slack: float = 0.0
    choose: str = "cheapest"
    priorities: tuple[Priority, ...] = ()
    model: RuntimeModel = "best"
    minimum_builds: int = 100
    fail_after: float = 1.0
    nodes_per_job: int = 2
    nodes_free: int | None = None

    def __post_init__(self) -> None:
        for name in ("experiments", "order", "metadata", "hold_out"):
            object.__setattr__(self, name, _names(getattr(self, name)))
        for name in ("unique", "sample", "values"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"{name} is not usable", found=getattr(self, name), expected="true or false")
        for name in ("orders", "resamples", "fleets", "seed", "minimum_builds", "nodes_per_job"):
            if getattr(self, name) is None:
                raise InputError(f"{name} is missing", expected="a whole number")
        refuse_scoring(self.scoring)
        refuse_unit(self.unit)
        refuse_fleet_model(self.fleet_model)
        refuse_hold_out(self.hold_out)
        if self.unknown not in get_args(Unknown):
            raise InputError(
                "unknown is not usable", found=self.unknown, expected=one_of(self.unknown, get_args(Unknown))
            )
        if self.model not in CHOICES:
            raise InputError("no such kind of runtime model", found=self.model, expected=one_of(self.model, CHOICES))
        _refuse_share(self.fail_after, "--fail-after")
        _refuse_share(self.slack, "--slack")
        given = {option: getattr(self, "first" if option == "jobs" else option) for option in BOUNDS}
        refuse_outside(**{option: (value, *BOUNDS[option]) for option, value in given.items()})
        if len(set(self.order)) != len(self.order):
            twice = next(name for name in self.order if self.order.count(name) > 1)
            raise InputError("the order names a subsystem twice", found=twice)

    @property
    def exact(self) -> bool:
        """Whether outcomes are expectations rather than draws."""
        return self.policy == "random" and not self.sample


def _refuse_share(share: object, option: str) -> None:
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise InputError(f"{option} is not a share", found=share, expected="0 to 1")


def _names(given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        raise InputError("is one text", found=given, expected="a list of names")
    names = tuple(given)
    for name in names:
        if not isinstance(name, str):
            raise InputError("a name is not text", found=name, expected="text")
    return names

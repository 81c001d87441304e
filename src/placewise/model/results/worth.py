"""What metadata is worth: values of subsystems, the sets that suffice, the Pareto front of levels, uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError

ORDER = "random order"
"""What is varied where subsystems are added in many orders."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Within which a quantity lies as something is varied.

    over : what was varied, how often and how, in words. varied : one of what was varied, such as a
        fleet; None where it is not known.
    level : the share of such intervals that hold the figure they are of; 1 for the range of a few draws, from the least
        to the most.
    """

    low: float
    high: float
    over: str
    level: float = 0.95
    varied: str | None = None

    @property
    def is_range(self) -> bool:
        """Whether it is the range of all that was drawn."""
        return self.level == 1.0

    @property
    def leaves_out_zero(self) -> bool:
        """Whether zero lies outside."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class SubsystemWorth:
    """What metadata on one subsystem is worth, in success: a share of all jobs.

    name : of the subsystem. value : its Shapley value. standard_error : of the value, 0 where it is exact.
    single_lift : what it alone adds to no metadata. drop_one_loss : what leaving it out takes from all metadata.
    blame : its part of the incompatible (job, cluster) pairs, each divided equally among the subsystems that the
        pair fails. sole : the pairs that fail on it alone.
    jobs : how many need it. interval : of the value over jobs.
    over_fleets, ranks : where the value, and its rank by value (1 the largest), lie on fleets drawn anew.
    collection_cost : what it costs to collect; net : what the value is worth less that; None without costs.
    """

    name: str
    value: float
    standard_error: float
    single_lift: float
    drop_one_loss: float
    blame: float
    sole: int
    jobs: int
    interval: Interval | None = None
    collection_cost: float | None = None
    net: float | None = None
    over_fleets: Interval | None = None
    ranks: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Worth:
    """The game v(E) = success with metadata on the subsystems E, divided among the subsystems.

    subsystems : the largest value first. nothing, everything : v of no and of all subsystems; the values sum to
        their difference. ceiling : the share of jobs for which some cluster would succeed.
    jobs : how many jobs. pairs : all (job, cluster) pairs. incompatible : those in which some subsystem fails.
    coalitions : the sets of subsystems evaluated, job by job. permutations : the random orders averaged over, 0
        where every value is exact.
    """

    subsystems: tuple[SubsystemWorth, ...]
    nothing: float
    everything: float
    ceiling: float
    jobs: int
    pairs: int
    incompatible: int
    coalitions: int
    permutations: int

    def top(self, count: int) -> tuple[SubsystemWorth, ...]:
        """Return the so many of the largest value."""
        return self.subsystems[:count]

    @property
    def exact(self) -> bool:
        """Whether no value is an estimate."""
        return self.permutations == 0


@dataclass(frozen=True, slots=True, eq=False)
class Sufficiency:
    """How few subsystems need metadata to reach a share of the ceiling.

    target : the share asked for. ceiling : the share of jobs for which some cluster would succeed.
    metadata : the smallest set found that reaches it, in the order in which it is best built up; where none does,
        the best set found. reached : its success.
    at_least : no set of fewer subsystems, or of less cost where costs are given, reaches the target; None
        where that is not known. cost : of the set, in the same unit.
    path : all subsystems that jobs need in greedy order, each adding most to the success of those before it.
    greedy : (subsystems + 1,) success along that path.
    random : (3, subsystems + 1) success along random orders: 2.5, 50 and 97.5 percentile.
    random_orders : how many. unreachable : whether it is proven that no set reaches the target.
    """

    target: float
    ceiling: float
    metadata: tuple[str, ...]
    reached: float
    at_least: float | None
    cost: float
    path: tuple[str, ...]
    greedy: NDArray[np.float64]
    random: NDArray[np.float64]
    random_orders: int
    unreachable: bool = False

    def __post_init__(self) -> None:
        refuse_shape(self.greedy, (len(self.path) + 1,), "greedy")
        refuse_shape(self.random, (3, len(self.path) + 1), "random")

    @property
    def met(self) -> bool:
        """Whether the set reaches the target."""
        # The same sum in another order may differ in the last digits.
        return self.reached >= self.target * self.ceiling - 1e-12

    @property
    def optimal(self) -> bool:
        """Whether the set is proven to be smallest."""
        return self.met and self.at_least is not None and self.cost <= self.at_least + 1e-9


@dataclass(frozen=True, slots=True)
class LevelPoint:
    """One level of metadata, by what it gives and takes.

    kind : none, single, pair, greedy, swap (a greedy set with some of it swapped), set or all. metadata : the
        subsystems. cost : how many they are, or what they cost to collect. matched : the share of jobs that some
        cluster matches. success : of all jobs.
    on_front : no other level found costs as little, succeeds as often and wastes as little, and is better in one.
    """

    kind: str
    metadata: tuple[str, ...]
    cost: float
    matched: float
    success: float
    on_front: bool = False

    @property
    def waste(self) -> float:
        """The share of jobs that match and fail where they are placed."""
        # Nothing but rounding is no waste.
        return max(0.0, round(self.matched - self.success, 12))


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure of one experiment or level with its intervals, each over something else; empty where not asked for.

    experiment : its name, or the level's. quantity : what the figure is, such as ``success``. value : the figure.
    intervals : each over something else, such as jobs or fleets.
    """

    experiment: str
    quantity: str
    value: float
    intervals: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger a figure is at one level than at another, compared on the same draws.

    experiment, than : the two levels. quantity : what the figure is, such as ``success``. value : that of `experiment`
    less that of `than`. intervals : of this difference.
    """

    experiment: str
    than: str
    quantity: str
    value: float
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FleetSpread:
    """Success on fleets drawn anew from the profile of the fleet.

    experiments : (columns) names. success : (fleets, columns). ceiling : (fleets,).
    """

    experiments: tuple[str, ...]
    success: NDArray[np.float64]
    ceiling: NDArray[np.float64]

    def __post_init__(self) -> None:
        refuse_shape(self.success, (len(self.ceiling), len(self.experiments)), "success")


@dataclass(frozen=True, slots=True)
class SensitivityPoint:
    """What no metadata, and all metadata, gives when one thing is another.

    setting : what was changed: clusters, range width, wrong metadata or missing metadata. amount : to what.
    nothing, everything : success. matched : the share of jobs that some cluster matches with all metadata.
    ceiling : the share of jobs for which some cluster would succeed. draws : how often it was drawn; each figure
        is the mean of the draws. low, high : the 2.5 and 97.5 percentile of `everything`, or the least and the most of
        fewer than 40 draws.
    """

    setting: str
    amount: float
    nothing: float
    everything: float
    matched: float
    ceiling: float
    draws: int
    low: float
    high: float


def refuse_shape(array: NDArray[np.float64] | NDArray[np.int64], shape: tuple[int, ...], name: str) -> None:
    """Raise InputError for an array of another shape."""
    if array.shape != shape:
        raise InputError("is of another size", place=name, found=array.shape, expected=str(shape))

"""A learned model of success: trees that are added up, and what they know of packages and facts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.outcomes.outcome_records import FactKind
from placewise.model.outcomes.success_card import SuccessCard

MOST_NODES = 1 << 22
DEEPEST_TREE = 256
LARGEST_LOG_ODDS = 1e6
BEYOND_EVERY_RANK = float(2**53)
"""A threshold that every known value is below."""


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Binary trees as arrays of nodes, tree after tree; a forecast is `base` plus the value of one leaf of each tree.

    At a node, a value up to and at `threshold` goes to node `left`, one above to `right`, a missing one to `missing`,
    which is one of the two. Nodes are numbered through all trees, and a node comes after the one that leads to it.

    At a leaf all but `value` is 0; a question's left is above 0, since node 0 is a root.

    base : log odds. starts : (trees,) the root of each. feature : (nodes,) the column asked about.
    threshold : (nodes,). value : (nodes,) log odds.

    Raises InputError for arrays of different lengths, a node that no or more than one path leads to, trees deeper than
    256 or larger than 4 million nodes together, and numbers that are not finite.
    """

    base: float
    starts: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing: NDArray[np.int64]
    value: NDArray[np.float64]

    def __post_init__(self) -> None:
        nodes = len(self.feature)
        columns = (self.feature, self.threshold, self.left, self.right, self.missing, self.value)
        shapes = {np.shape(column) for column in columns}
        if shapes != {(nodes,)} or np.ndim(self.starts) != 1 or nodes > MOST_NODES:
            raise InputError(
                "the nodes of the trees do not pair up", expected=f"columns of one length, to {MOST_NODES}"
            )
        numbers = np.r_[self.base, self.value]
        if not (np.abs(numbers) <= LARGEST_LOG_ODDS).all() or not (np.abs(self.threshold) <= BEYOND_EVERY_RANK).all():
            raise InputError("a number of the trees is not usable", expected="finite numbers of usual size")
        self._refuse_other_than_trees()

    def _refuse_other_than_trees(self) -> None:
        nodes, leaf = len(self.feature), self.left == 0
        ways = np.stack([self.left, self.right, self.missing])
        inner = np.flatnonzero(~leaf)
        if (self.feature < 0).any() or ways[:, leaf].any():
            raise InputError("a node of the trees is neither a leaf nor a split", expected="0 each way at a leaf")
        if ((ways[:, inner] <= inner) | (ways[:, inner] >= nodes)).any():
            raise InputError("a node of the trees leads to none after it", expected="numbers of later nodes")
        if not ((self.missing == self.left) | (self.missing == self.right)).all():
            raise InputError("a missing value goes neither left nor right", expected="one of the two")
        arrivals = np.bincount(np.r_[self.left[inner], self.right[inner]], minlength=nodes)
        if ((self.starts < 0) | (self.starts >= nodes)).any() or (np.diff(self.starts) <= 0).any():
            raise InputError("the trees start at nodes that are not there", expected="numbers of nodes, ascending")
        arrivals[self.starts] += 1
        if (arrivals != 1).any():
            node = int(np.flatnonzero(arrivals != 1)[0])
            raise InputError("not exactly one path leads to a node of the trees", place=f"node {node}")
        level = self.starts
        for _ in range(DEEPEST_TREE):
            level = level[self.left[level] > 0]
            if not len(level):
                return
            level = np.r_[self.left[level], self.right[level]]
        raise InputError("a tree is too deep", expected=f"at most {DEEPEST_TREE} questions one after another")


@dataclass(frozen=True, slots=True)
class KnownFact:
    """A fact that a model asks about, and its values in the records that the model learned from.

    values : distinct, in the order of their kind; the number that trees compare is the place in it.
    presence : whether the model only asks if the fact is there at all.
    """

    name: str
    group: str
    kind: FactKind
    values: tuple[str, ...]
    presence: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PackageRates:
    """The smoothed rate of success of each package, and the rate of those that are not known.

    packages : sorted, distinct. rates : (packages,), of 0 to 1. Raises InputError otherwise.
    """

    packages: tuple[str, ...]
    rates: NDArray[np.float64]
    other: float

    def __post_init__(self) -> None:
        if len(self.packages) != len(self.rates) or list(self.packages) != sorted(set(self.packages)):
            raise InputError(
                "the packages of the model do not pair up with rates", expected="sorted names, one rate each"
            )
        if not ((np.r_[self.rates, self.other] >= 0) & (np.r_[self.rates, self.other] <= 1)).all():
            raise InputError("the rate of a package is not usable", expected="0 to 1")


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """From raw log odds to a probability: straight between knots, level beyond, mixed with the raw forecast.

    raw : (knots,) log odds, ascending. rate : (knots,) of 0 to 1, never falling. kept : share of the raw forecast,
    above 0 so that the order of forecasts stays; 1 without knots.

    Raises InputError for anything else.
    """

    raw: NDArray[np.float64]
    rate: NDArray[np.float64]
    kept: float

    def __post_init__(self) -> None:
        columns = np.ndim(self.raw) == np.ndim(self.rate) == 1 and len(self.raw) == len(self.rate) <= MOST_NODES
        usable = columns and (np.abs(self.raw) <= MOST_NODES * LARGEST_LOG_ODDS).all()
        rising = usable and (np.diff(self.raw) > 0).all() and (np.diff(self.rate) >= 0).all()
        if not rising or not ((self.rate >= 0) & (self.rate <= 1)).all():
            raise InputError("a calibration is not usable", expected="ascending log odds, rates of 0 to 1 not falling")
        if not 0 < self.kept <= 1 or (self.kept < 1 and not len(self.raw)):
            raise InputError(
                "a calibration keeps no usable share", found=self.kept, expected="above 0, 1 without knots"
            )


@dataclass(frozen=True, slots=True, eq=False)
class SuccessModel:
    """How likely a record succeeds, by its package and facts.

    The columns that trees ask about are the rate of the package (0), and the facts (1 upwards).
    card : what is to be known before use; None for a model that is not kept.

    Raises InputError for a fact twice, or trees that ask about a column that is not there.
    """

    facts: tuple[KnownFact, ...]
    rates: PackageRates
    trees: Trees
    calibration: Calibration
    card: SuccessCard | None = None

    def __post_init__(self) -> None:
        names = [fact.name for fact in self.facts]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError("a fact occurs twice", found=twice, expected="names that differ")
        if len(self.trees.feature) and self.trees.feature.max() > len(self.facts):
            found = int(self.trees.feature.max())
            raise InputError("the trees ask about an unknown column", found=found, expected=f"up to {len(self.facts)}")

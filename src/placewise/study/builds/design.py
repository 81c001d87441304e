"""How to run the experiments on build records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from placewise.errors import InputError
from placewise.model.priority import Priority
from placewise.model.runtime_models import KINDS, Kind
from placewise.outcomes.truth import Scoring
from placewise.study.design import MOST, MOST_FLEETS, MOST_ORDERS, refuse_outside

MOST_NODES = 2**40


@dataclass(frozen=True, slots=True)
class BuildDesign:
    """One run over build records.

    scoring : corrected or published (see `model.study.Rule`).
    first : keep only so many builds; None keeps all.
    orders : how many random orders of telling.
    resamples, fleets : how many resamples of the builds, and fleets drawn anew, the intervals are over; 0 for none.
    seed : of every random choice.
    sample : draw one cluster a build instead of taking the exact expectation.
    model : the kind of runtime model. minimum_builds : packages with fewer get none.
    nodes_per_job : nodes that a build takes of its cluster when capacity counts.
    nodes_free : of every cluster at the start where its state does not say; None shares them out as the
        prior work did: the nodes of all builds, divided by the clusters.
    tell : the names of the forms told at a further level, all at once.
    choose : the policy that chooses when everything is told. priorities : of a constraint that chooses instead.

    Raises InputError for a value outside these.
    """

    scoring: Scoring = "corrected"
    first: int | None = None
    orders: int = 20
    resamples: int = 1000
    fleets: int = 20
    seed: int = 0
    sample: bool = False
    model: Kind = "knn"
    minimum_builds: int = 100
    nodes_per_job: int = 2
    nodes_free: int | None = None
    choose: str = "cheapest"
    priorities: tuple[Priority, ...] = ()
    tell: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.scoring not in get_args(Scoring):
            raise InputError("no such scoring", found=self.scoring, expected=" or ".join(get_args(Scoring)))
        if self.model not in KINDS:
            raise InputError("no such kind of runtime model", found=self.model, expected=" or ".join(KINDS))
        refuse_outside(
            jobs=(self.first, 1, MOST),
            orders=(self.orders, 0, MOST_ORDERS),
            resamples=(self.resamples, 0, MOST_ORDERS),
            fleets=(self.fleets, 0, MOST_FLEETS),
            seed=(self.seed, 0, MOST),
            minimum_builds=(self.minimum_builds, 1, MOST),
            nodes_per_job=(self.nodes_per_job, 1, MOST_NODES),
            nodes_free=(self.nodes_free, 0, MOST_NODES),
        )

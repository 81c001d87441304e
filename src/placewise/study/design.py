"""What to run: the experiments, the order of telling, the scoring and the seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from placewise.errors import InputError
from placewise.model.study import RESERVED
from placewise.outcomes.truth import Scoring

NONE = "none"
SINGLE = "single"
EXPANDING = "expanding"
TOLD = "told"
ALL = "all"
EXPERIMENTS = (NONE, SINGLE, EXPANDING, TOLD, ALL)

FOLDER_NAMES = {NONE: "none", SINGLE: "single-subsystem", EXPANDING: "expanded-subsystems", TOLD: "told", ALL: "all"}
"""What the results folder calls each, after the prior work where it has it."""


def folder_name(experiment: str) -> str:
    """Return what the results folder calls an experiment; a level of a study is called as it is."""
    return FOLDER_NAMES.get(experiment, experiment)


MOST = 2**62
MOST_ORDERS = 1_000_000
MOST_FLEETS = 100_000


def listed(text: str) -> tuple[str, ...]:
    """Return names that stand with commas between."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def refuse_outside(**settings: tuple[int | None, int, int]) -> None:
    """Raise InputError for the first setting, given as value, least and most, that is outside; None is not."""
    for name, (value, least, most) in settings.items():
        if value is not None and not least <= value <= most:
            option = "--" + name.replace("_", "-")
            raise InputError(f"{option} is not usable", found=value, expected=f"{least:,} to {most:,}")


@dataclass(frozen=True, slots=True)
class Design:
    """One run of experiments over a fleet and a workload.

    experiments : among none, single, expanding, told and all, each once, in that order; told if `tell` names any. The
        levels stand before told, whether named or not.
    tell : the subsystems that `told` tells, all at once. levels : further experiments by name, with what each tells.
    scoring : corrected or published (see `simulation.truth`).
    unique : keep one job of each distinct set of requirements.
    first : keep only so many jobs of the workload; None keeps all.
    order : the subsystems in the order in which `expanding` tells them; empty for alphabetical.
    orders : how many random orders to run beside it; their figures are expectations of a random choice, so
        other policies have none.
    resamples, fleets : how many resamples of the jobs, and fleets drawn anew, the intervals are over; 0 for none.
    seed : of every random choice.
    sample : draw one cluster a job instead of taking the exact expectation.
    policy : the name of the selection policy; every one but random is sampled.

    Raises InputError for a value outside these.
    """

    experiments: tuple[str, ...] = (NONE, SINGLE, EXPANDING, ALL)
    scoring: Scoring = "corrected"
    unique: bool = False
    first: int | None = None
    order: tuple[str, ...] = ()
    orders: int = 20
    resamples: int = 1000
    fleets: int = 20
    seed: int = 0
    sample: bool = False
    policy: str = "random"
    tell: tuple[str, ...] = ()
    levels: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        names = tuple(name for name, _ in self.levels)
        for name in names:
            if name in (*EXPERIMENTS, *FOLDER_NAMES.values(), *RESERVED) or names.count(name) > 1:
                raise InputError("the name is not free for a level", found=name, expected="another name")
        unknown = [name for name in self.experiments if name not in (*EXPERIMENTS, *names)]
        if unknown or not self.experiments:
            raise InputError("no such experiment", found=unknown, expected=f"some of {', '.join(EXPERIMENTS)}")
        if TOLD in self.experiments and not self.tell:
            raise InputError("the experiment told has nothing to tell", expected="--tell with names of subsystems")
        chosen = {*self.experiments, *self.told}
        ordered = tuple(name for name in (NONE, SINGLE, EXPANDING, *names, TOLD, ALL) if name in chosen)
        object.__setattr__(self, "experiments", ordered)
        if self.scoring not in get_args(Scoring):
            raise InputError("no such scoring", found=self.scoring, expected=" or ".join(get_args(Scoring)))
        refuse_outside(
            jobs=(self.first, 1, MOST),
            orders=(self.orders, 0, MOST_ORDERS),
            resamples=(self.resamples, 0, MOST_ORDERS),
            fleets=(self.fleets, 0, MOST_FLEETS),
            seed=(self.seed, 0, MOST),
        )
        if len(set(self.order)) != len(self.order):
            twice = next(name for name in self.order if self.order.count(name) > 1)
            raise InputError("the order names a subsystem twice", found=twice)

    @property
    def told(self) -> Mapping[str, tuple[str, ...]]:
        """What the levels and `told` tell, by experiment."""
        return dict(self.levels) | ({TOLD: self.tell} if self.tell else {})

    @property
    def exact(self) -> bool:
        """Whether outcomes are expectations rather than draws."""
        return self.policy == "random" and not self.sample

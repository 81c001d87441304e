"""What says how likely jobs succeed in environments, apart from rules; jobs and environments by the facts they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of
from placewise.model.outcomes.outcome_records import OutcomeRecords

OutcomeKind: TypeAlias = Literal["model", "observed"]
EnvironmentDraw: TypeAlias = Literal["environments", "facts"]

PACKAGE = "package"
MOST_NAMED = 12
"""Names that metadata may be on under a model: each set of them restricts the model in a way of its own."""


@dataclass(frozen=True, slots=True)
class Described:
    """Jobs, or environments, by facts.

    facts : names. rows : for each, a text a fact; None where it has none.
    """

    facts: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, facts: Sequence[str]) -> Described:
        """Return some of the facts, in the order given; one that is not known is None everywhere."""
        at = [self.facts.index(name) if name in self.facts else None for name in facts]
        rows = tuple(tuple(None if place is None else row[place] for place in at) for row in self.rows)
        return Described(tuple(facts), rows)

    def distinct(self) -> tuple[Described, NDArray[np.int64]]:
        """Return each distinct row once, in the order of the first of it, and (rows,) which of them each is."""
        numbers: dict[tuple[str | None, ...], int] = {}
        of_row = np.array([numbers.setdefault(row, len(numbers)) for row in self.rows], dtype=np.int64)
        return Described(self.facts, tuple(numbers)), of_row


class OutcomeModel(Protocol):
    """How likely jobs succeed in environments: learned from records, or what records say."""

    @property
    def kind(self) -> OutcomeKind:
        """Whether p is learned, or observed."""
        ...

    @property
    def job_facts(self) -> tuple[str, ...]:
        """The facts of jobs that it looks at, the package first."""
        ...

    @property
    def environment_facts(self) -> Mapping[str, str]:
        """The facts of environments that it looks at, and the group of each."""
        ...

    def table(self, jobs: Described, environments: Described) -> NDArray[np.float64]:
        """Return (jobs, environments) p, NaN where nothing is known."""
        ...

    def restricted(self, jobs: Described, shown: Sequence[Described], among: Described) -> list[NDArray[np.float64]]:
        """Return for each of `shown`, environments by some facts, (jobs, environments) p by these alone.

        among : environments as there are, which the facts that are not known are taken from.
        """
        ...

    def unseen(self, jobs: Described, environments: Described) -> NDArray[np.bool_]:
        """Return (jobs, environments) whether some fact has a value that no record of the package has."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeTruth:
    """A truth other than rules.

    model : says p. names : what a submission may have metadata on, and the facts that this is, where jobs have no
    requirements of their own.
    described : (jobs,) the facts of the jobs of the study. pool : the records whose environments the fleet was drawn
    from, and how; None for a fleet that was not.

    Raises InputError for no names or too many, and for facts that the model does not look at.
    """

    model: OutcomeModel
    names: Mapping[str, tuple[str, ...]]
    described: Described
    pool: tuple[OutcomeRecords, EnvironmentDraw] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", MappingProxyType(dict(self.names)))
        if not 1 <= len(self.names) <= MOST_NAMED:
            problem = "too many facts to have metadata on" if self.names else "no facts to have metadata on"
            expected = f"1 to {MOST_NAMED} names under outcome.facts, of facts or of groups of them"
            raise InputError(problem, found=len(self.names), expected=expected)
        for facts in self.names.values():
            for fact in facts:
                if fact not in self.model.environment_facts:
                    raise InputError(
                        "the model looks at no such fact",
                        found=fact,
                        expected=one_of(fact, self.model.environment_facts),
                    )

    def __reduce__(self) -> tuple[type[OutcomeTruth], tuple[object, ...]]:
        """Send it to another process whole; the read-only view of the names cannot be."""
        return OutcomeTruth, (self.model, dict(self.names), self.described, self.pool)


def facts_named(model: OutcomeModel, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the facts that each name is: those of the group of that name, or one fact; every group without names.

    Raises InputError for a name that is neither, and for a fact in two of them.
    """
    known = model.environment_facts
    groups: dict[str, list[str]] = {}
    for fact, group in known.items():
        groups.setdefault(group, []).append(fact)
    found: dict[str, tuple[str, ...]] = {}
    for name in names or tuple(groups):
        if name not in groups and name not in known:
            raise InputError("no such fact, or group of facts", found=name, expected=one_of(name, (*groups, *known)))
        found[name] = tuple(groups[name]) if name in groups else (name,)
    every = [fact for facts in found.values() for fact in facts]
    if len(set(every)) < len(every):
        twice = next(fact for fact in every if every.count(fact) > 1)
        raise InputError("a fact is in two of the names", found=twice, expected="a group, or facts of it")
    return found

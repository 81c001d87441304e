"""Records of jobs that succeeded or failed, with the facts that are known of each, as coded columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError

FactKind: TypeAlias = Literal["version", "text", "number"]
ABSENT = -1

# The groups of facts that have a meaning of their own; others are named by their columns.
PACKAGE_VERSION = "package version"
COMPILER = "compiler"
DEPENDENCIES = "dependency versions"
PRESENCE = "which dependencies"
VARIANTS = "variants"
OTHERS = "others"


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One fact: a text or number a record, each distinct value once.

    name : such as `cmake`. group : what it belongs to, such as `dependency versions`.
    values : the distinct values as texts, in the order of their kind where it has one (versions as Spack orders them,
    numbers by size), else by text; so a code is a rank. codes : (records,) int32; ABSENT where the record has none.
    """

    name: str
    group: str
    kind: FactKind
    values: tuple[str, ...]
    codes: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeRecords:
    """Records with an outcome.

    names : (records,) text, the identity of each, such as a hash. succeeded : (records,) booleans.
    job : what is wanted, such as (package, version): records of one job are its alternatives; (records,) int32 codes of
    `jobs`. package : (records,) int32 codes of `packages`, the independent unit.
    facts : all that is known, in the order of their groups. label : what counts as success, such as a column's name.

    Raises InputError for columns of different lengths.
    """

    names: tuple[str, ...]
    succeeded: NDArray[np.bool_]
    packages: tuple[str, ...]
    package: NDArray[np.int32]
    jobs: tuple[str, ...]
    job: NDArray[np.int32]
    facts: tuple[Fact, ...]
    label: str = "outcome"

    def __post_init__(self) -> None:
        lengths = {len(self.succeeded), len(self.package), len(self.job), *(len(fact.codes) for fact in self.facts)}
        if lengths != {len(self.names)}:
            raise InputError("the columns of the records have different lengths", found=sorted(lengths))

    def __len__(self) -> int:
        return len(self.names)

    def select(self, rows: NDArray[np.int64]) -> OutcomeRecords:
        """Return the records at these positions, in the order given; packages, jobs and values keep their codes."""
        return replace(
            self,
            names=tuple(self.names[row] for row in rows.tolist()),
            succeeded=self.succeeded[rows],
            package=self.package[rows],
            job=self.job[rows],
            facts=tuple(replace(fact, codes=fact.codes[rows]) for fact in self.facts),
        )

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of facts, in order."""
        return tuple(dict.fromkeys(fact.group for fact in self.facts))

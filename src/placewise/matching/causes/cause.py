"""A cause for which something does not hold on a cluster, its kinds, and the clusters that have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from placewise.matching.incomparable import Wanted

ABSENT = "absent"
UNSEEN = "unseen"
FIELD = "field"
VALUE = "value"
INCOMPARABLE = "incomparable"
VERTEX = "not on one vertex"
NODE = "not on one node"
FEW = "too few"
PRESENT = "present"
UNDESCRIBED = "not described"


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause for which an expression does not hold on a cluster; `str` is the line that says it.

    kind : ABSENT, no such subsystem; UNSEEN, attached where no node sees it; FIELD, its vertices lack the field; VALUE,
        another value; INCOMPARABLE, a value of another kind or unit; VERTEX, met, but not together by one vertex; NODE,
        not together on one node; FEW, on too few nodes; PRESENT, what must not be there; UNDESCRIBED, there may be more
        than what is described, or the job does not say what decides.
    subsystem, field : what it is about; empty where it is about none alone.
    asked, offered : what was asked for and what is there, as text.
    """

    kind: str
    subsystem: str
    field: str
    asked: str
    offered: str
    line: str

    def __str__(self) -> str:
        return self.line


@dataclass(frozen=True, slots=True)
class CausesThere:
    """Clusters that have the same causes.

    causes : why they do not match. clusters : their names.
    """

    causes: tuple[Cause, ...]
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A cluster of which it is unknown whether it matches, and what decides: the facts that are not described.

    cluster : its name. facts : what would have to be described.
    """

    cluster: str
    facts: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Blocked(Generic[Wanted]):
    """One requirement, and the clusters on no node of which it holds.

    lacking : how many of them have no such subsystem at all, none of them in an expression of several.
    causes : why it does not hold, those causes first that most clusters have; of a job that requires very much, those
    of the requirements that most clusters fail.
    """

    requirement: Wanted
    clusters: tuple[str, ...]
    lacking: int
    causes: tuple[CausesThere, ...] = ()


@dataclass(frozen=True, slots=True)
class NearMiss(Generic[Wanted]):
    """A cluster that one requirement alone keeps from matching, and what it offers instead."""

    cluster: str
    requirement: Wanted
    offered: str

"""What a partition allows, as far as a file of limits can say it, or why it can be in none.

The fields are those that jobs are held against in a match, and so are the tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import NamedTuple, TypeAlias

from placewise.errors import Incomparable, InputError, NotSaid
from placewise.kinds.conditions.quantities import amount
from placewise.kinds.scales.units import unit_of
from placewise.model.durations import seconds_of
from placewise.model.fleets.site_limit import (
    Admits,
    AdmitsUnnamed,
    AtMost,
    KeepsOut,
    NotOnly,
    accounts_of,
    is_closed,
    members,
)
from placewise.model.scalar import Value, scalar_text

Fields: TypeAlias = dict[str, Value]

_BYTE = "B"
_SHOWN = 3
_ASIDE = {
    "root_only": "it is for root alone",
    "reservation_only": "it takes jobs with a reservation alone, which the file cannot say",
}


class Submitter(NamedTuple):
    """Under which names jobs are submitted; empty for one that is not said."""

    account: str = ""
    qos: str = ""
    group: str = ""


_LISTS = {"account": "accounts", "qos": "qos", "group": "groups"}
"""The field of a partition that lists whom it is for, by what a submitter says."""


@dataclass(frozen=True, slots=True)
class PartitionLimits:
    """The most that one job can have of a partition; None where there is no limit.

    time_limit_s : 0 where it is not known.
    """

    time_limit_s: float | None = None
    nodes: int | None = None
    cores_per_node: int | None = None
    memory_per_node_bytes: int | None = None
    memory_per_core_bytes: int | None = None


class NotForJobsError(Exception):
    """A partition takes no job for certain that a file of limits lets through; the text says why."""


def partition_limits(fields: Fields, submitter: Submitter, *, whole: bool) -> PartitionLimits:
    """Return what a partition allows.

    whole : whether all that it allows is described. Raises NotForJobsError for a partition that a match does not allow
    for certain to a job of one node, and for one of which a limit cannot be understood.
    """
    try:
        if "state" in fields and is_closed(fields["state"]):
            raise NotForJobsError("it takes no jobs")
    except Incomparable:
        raise NotForJobsError(f"its state is not known: {_text(fields['state'])}") from None
    for name, why in _ASIDE.items():
        if name in fields and not _holds(name, fields, NotOnly()):
            raise NotForJobsError(why)
    for kind, name in zip(submitter._fields, submitter, strict=True):
        _refuse_others(fields, kind, name, whole=whole)
    least = _most(fields, "min_nodes")
    if least is not None and least > 1:
        raise NotForJobsError(f"it takes jobs of {least:,} nodes or more alone, which the file cannot say")
    found = PartitionLimits(
        _time_limit(fields, whole=whole),
        _most(fields, "max_nodes"),
        _most(fields, "max_cores_per_node"),
        _memory(fields, "max_memory_per_node"),
        _most(fields, "max_memory_per_core"),
    )
    if 0 in (found.nodes, found.cores_per_node):
        raise NotForJobsError(f"it allows no {'nodes' if found.nodes == 0 else 'cores'}")
    return found


def _refuse_others(fields: Fields, kind: str, name: str, *, whole: bool) -> None:
    """Raise NotForJobsError where a partition does not admit a name for certain; an empty one is not said."""
    field = _LISTS[kind]
    if not name:
        try:
            if field in fields:
                AdmitsUnnamed().holds(fields[field])
        except NotSaid:
            named = sorted(accounts_of(fields[field]))
            some = ", ".join(named[:_SHOWN]) + ", ..." * (len(named) > _SHOWN)
            raise NotForJobsError(f"it lists its {field}: {some}; --{kind} NAME says that of your jobs") from None
        return
    denied = f"denied_{field}"
    if (field in fields and not Admits(name).holds(fields[field])) or (
        denied in fields and not KeepsOut(name).holds(fields[denied])
    ):
        raise NotForJobsError(f"it does not admit the {kind} {name}")
    if not whole and field not in fields:
        raise NotForJobsError(f"nothing says whether it admits the {kind} {name}")


def _time_limit(fields: Fields, *, whole: bool) -> float | None:
    if "time_limit" not in fields:
        return None if whole else 0.0
    try:
        seconds = seconds_of(fields["time_limit"])
    except InputError:
        raise NotForJobsError(f"its limit is no time: {_text(fields['time_limit'])}") from None
    return None if math.isinf(seconds) else seconds


def _most(fields: Fields, name: str) -> int | None:
    """Return the largest whole number within a limit; None for none."""
    if name not in fields:
        return None
    _holds(name, fields, AtMost(0, 0))
    limit = fields[name]
    return max(0, math.floor(limit)) if isinstance(limit, int | float) and math.isfinite(limit) else None


def _holds(name: str, fields: Fields, test: AtMost | NotOnly) -> bool:
    try:
        return test.holds(fields[name])
    except Incomparable as problem:
        raise NotForJobsError(f"its {name} {problem.problem}: {_text(fields[name])}") from None


def _memory(fields: Fields, name: str) -> int | None:
    """Return a limit in bytes, rounded down; None for none."""
    if name not in fields:
        return None
    found = amount(fields[name])
    size = None if found is None else bytes_of(found.unit or _BYTE)
    if found is None or not size:
        raise NotForJobsError(f"its {name} is no size: {_text(fields[name])}")
    return math.floor(found.number * size)


@cache
def bytes_of(unit: str) -> Fraction:
    """Return how many bytes a unit is; 0 for what is no size."""
    found, one = unit_of(unit), unit_of(_BYTE)
    if found is None or one is None or found.dimension != one.dimension:
        return Fraction(0)
    return found.scale / one.scale


def _text(value: Value) -> str:
    return ", ".join(members(value)) if isinstance(value, tuple) else scalar_text(value)

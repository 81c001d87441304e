"""Answers of the scheduler, from messages to values whose fields have the same names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from google.protobuf.timestamp_pb2 import Timestamp

from placewise.errors import PlacewiseError
from placewise.formats.reading import parse_json
from placewise.matching.causes.cause import Blocked
from placewise.service.client.messages.values import ClusterRecord, Score, Wish, WrittenRequirement
from placewise.service.store.rows.job import JobState
from placewise.service.wire import placewise_pb2 as wire

T = TypeVar("T")


@cache
def reader(kind: type[T]) -> Callable[[Any], T]:
    """Return what makes a value of a class from a message, by the types of the fields of the class.

    A field that may be None is so where the message has nothing there; times become seconds since the epoch.
    """
    fields = [_OTHERWISE.get((kind, name)) or _field(name, hint) for name, hint in get_type_hints(kind).items()]
    return lambda message: kind(*[read(message) for read in fields])


def _field(name: str, hint: Any) -> Callable[[Any], Any]:
    """Return what reads one field of a message as a type."""
    if get_origin(hint) is tuple:
        one = _value(get_args(hint)[0])
        return lambda message: tuple(map(one, getattr(message, name)))
    if get_origin(hint) is UnionType:
        inner = _value(get_args(hint)[0])
        if is_dataclass(get_args(hint)[0]):
            return lambda message: inner(getattr(message, name)) if message.HasField(name) else None
        return lambda message: getattr(message, name) or None
    value = _value(hint)
    return lambda message: value(getattr(message, name))


def _value(hint: Any) -> Callable[[Any], Any]:
    kind = get_origin(hint) or hint
    return reader(kind) if isinstance(kind, type) and is_dataclass(kind) else _READ.get(hint, _as_it_is)


def _seconds(at: Timestamp) -> float:
    return at.seconds + at.nanos / 1e9


def _state(number: wire.JobState) -> JobState:
    try:
        return JobState(wire.JobState.Name(number).removeprefix("JOB_STATE_").lower())
    except ValueError:
        raise PlacewiseError(
            "the scheduler speaks of a job's state that this client does not know", found=int(number)
        ) from None


def _as_it_is(value: Any) -> Any:
    return value


_READ: dict[Any, Callable[[Any], Any]] = {JobState: _state, float: _seconds}
_OTHERWISE: dict[tuple[type, str], Callable[[Any], Any]] = {
    (Score, "score"): lambda message: message.score,
    (Wish, "weight"): lambda message: message.weight,
    (Blocked, "requirement"): lambda message: WrittenRequirement(message.requirement, message.subsystem),
    (ClusterRecord, "state"): lambda message: (
        parse_json(message.state, f"the state of {message.name!r}") if message.state else {}
    ),
}
"""Fields that are not read as their types are, by class and name."""

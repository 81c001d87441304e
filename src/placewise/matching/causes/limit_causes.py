"""Why the limits of a site do not allow a job, each limit by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from placewise.errors import InputError
from placewise.matching.causes.cause import ABSENT, PRESENT, UNDESCRIBED, VALUE, Cause
from placewise.matching.causes.wording import ask, listed, value_there
from placewise.matching.clusters.vertex_answers import VertexAnswers
from placewise.model.durations import in_words, seconds_of
from placewise.model.fleets.site_limit import (
    Admits,
    AtLeast,
    AtMost,
    GivesWhole,
    IfSaid,
    KeepsOut,
    MemoryOfCores,
    NotOnly,
    Open,
    Repels,
    SiteLimit,
    TimeAllowed,
    accounts_of,
)
from placewise.model.requirements.predicates import Within
from placewise.model.requirements.requirement import Condition
from placewise.model.scalar import Value, bound_word, scalar_text

_NAME = "name"
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_LISTS = {"accounts": "account", "qos": "QOS", "groups": "group"}
_SET_ASIDE = {"root_only": "root", "reservation_only": "jobs with a reservation"}
_TAKEN = {"max_nodes": "node", "max_cores_per_node": "core"}
_MOST = 8


def limit_causes(limit: SiteLimit, vertices: Sequence[VertexAnswers]) -> Iterator[Cause]:
    """Yield why none of some vertices, of which there is one at least, allows what is asked; of many the first."""
    names = [position for position, one in enumerate(limit.conditions) if one.field == _NAME]
    called = [vertex for vertex in vertices if all(vertex.answers[position] for position in names)]
    if not called:
        condition = limit.conditions[names[0]]
        found = listed([value_there(vertex.values, _NAME) for vertex in vertices if _NAME in vertex.values])
        asked = ask(condition)
        line = f"no {limit.subsystem} there has {asked}; there are {found or 'none with a name'}"
        yield Cause(ABSENT, limit.subsystem, _NAME, asked, found, line)
        return
    for vertex in called[:_MOST]:
        for condition, answer, problem in zip(limit.conditions, vertex.answers, vertex.problems, strict=True):
            if not answer and problem is None:
                yield _cause(limit, condition, vertex)
    if len(called) > _MOST:
        line = f"nor does any of {len(called) - _MOST} further {limit.subsystem}s allow it"
        yield Cause(VALUE, limit.subsystem, "", str(limit), "", line)


def in_force(limit: SiteLimit, vertices: Sequence[VertexAnswers]) -> Cause:
    """Return the cause where vertices keep a job from running: nodes that are down or drained, or have a taint."""
    if isinstance(limit.conditions[0].predicate, Repels):
        found = listed([_taint(vertex) for vertex in vertices])
        line = f"the nodes that meet the rest have the {limit.subsystem} {found}, which the job does not tolerate"
        return Cause(PRESENT, limit.subsystem, limit.conditions[0].field, f"not {limit}", found, line)
    states = listed([value_there(vertex.values, one.field) for vertex in vertices for one in limit.conditions])
    line = f"the nodes that meet the rest are {states}"
    return Cause(PRESENT, limit.subsystem, limit.conditions[0].field, f"not {limit}", states, line)


def not_said_by_job(limit: SiteLimit, condition: Condition, vertex: VertexAnswers) -> Cause:
    """Return the cause where a limit is described, and the job does not say enough to be held against it."""
    field, offered = condition.field, _value(vertex, condition.field)
    if isinstance(condition.predicate, Repels):
        line = f"nodes have the taint {_taint(vertex)}, which the job tolerates for a time, and it has no duration"
    else:
        line = f"{noun_of(limit, vertex.values)} {_not_said(condition, offered)}"
    return Cause(UNDESCRIBED, limit.subsystem, field, ask(condition), offered, line)


def _not_said(condition: Condition, offered: str) -> str:
    match condition.predicate:
        case AtMost(least, most):
            return f"allows {allowed(condition.field, offered)}, {not_said_how_many(least, most)}"
        case MemoryOfCores(asked):
            memory = f"{_bytes(offered)} of memory a core"
            return f"allows {memory}, and the job asks for {_bytes(str(asked))} a core: ask for more"
    return f"is for the {_plural(condition.field)} {offered}, and the job names no {_LISTS.get(condition.field, '')}"


def not_said_how_many(least: int, most: int) -> str:
    """Say that a job may take so many nodes or so many."""
    return f"and the job takes {least} to {most}: ask for nodes to say how many"


def _plural(field: str) -> str:
    return "QOS" if field == "qos" else field


def allowed(field: str, offered: str) -> str:
    """Say how many nodes, or cores of a node, a partition allows at most."""
    noun = _TAKEN.get(field, field)
    several = "" if offered == "1" else "s"
    return f"at most {offered} {noun}{several}{' of a node' if noun == 'core' else ''}"


def _taint(vertex: VertexAnswers) -> str:
    values = {name: scalar_text(value) for name, value in vertex.values.items()}
    value = f"={values['value']}" if values.get("value") else ""
    return f"{values.get('key', '')}{value}:{values.get('effect', '')}"


def _value(vertex: VertexAnswers, field: str) -> str:
    """Write the value of a field; of a long list of names the first."""
    found = value_there(vertex.values, field)
    whole = scalar_text(vertex.values[field])
    if found == whole or (field not in _LISTS and field.removeprefix("denied_") not in _LISTS):
        return found
    return listed(accounts_of(vertex.values[field]))


def noun_of(limit: SiteLimit, values: Mapping[str, Value]) -> str:
    """Return what a vertex of a limit's subsystem is called: partition debug."""
    return f"{limit.subsystem} {value_there(values, _NAME)}" if _NAME in values else limit.subsystem


def _cause(limit: SiteLimit, condition: Condition, vertex: VertexAnswers) -> Cause:
    field = condition.field
    noun = noun_of(limit, vertex.values)
    offered = _value(vertex, field) if field in vertex.values else ""
    line = f"{noun} {_said(condition, vertex.values[field], offered) if offered else f'has no {field}'}"
    return Cause(VALUE, limit.subsystem, field, ask(condition), offered, line)


def _said(condition: Condition, value: Value, offered: str) -> str:
    field, predicate = condition.field, condition.predicate
    if isinstance(predicate, AtMost | AtLeast | IfSaid):
        return _amounts(condition, offered)
    match predicate:
        case TimeAllowed(seconds):
            found = f"allows {_time(value, offered)}, the job asks for {in_words(seconds)}"
        case Admits(name):
            found = f"is for the {_plural(field)} {offered}, the job's is {name}"
        case KeepsOut(name):
            found = f"keeps out the {_LISTS.get(field.removeprefix('denied_'), 'name')} {name}"
        case Open():
            found = f"is {offered}"
        case NotOnly():
            found = f"is for {_SET_ASIDE.get(field, 'others')} alone"
        case GivesWhole(whole):
            found = (
                "shares its nodes, the job asks for whole ones" if whole else "gives its nodes whole, the job shares"
            )
        case _:
            found = f"has {field} {offered}, asked {ask(condition)}"
    return found


def _amounts(condition: Condition, offered: str) -> str:
    match condition.predicate:
        case AtMost(least):
            return f"allows {allowed(condition.field, offered)}; the job asks for {least}"
        case AtLeast(most):
            return f"is for jobs of {offered} nodes or more; the job takes {most}"
        case IfSaid(Within(minimum=least)) if least is not None:
            return f"allows {_bytes(offered)} of memory a node; the job asks for {_bytes(bound_word(least))}"
    return f"has {condition.field} {offered}, asked {ask(condition)}"


def _bytes(written: str) -> str:
    """Write a number of bytes in the largest unit that it fills; what has a unit of its own as it is."""
    digits = written.strip('"').removesuffix(" B")
    if not digits.isdecimal() or len(digits) > 30:
        return written
    size = float(digits)
    power = next((power for power in range(len(_UNITS) - 1, 0, -1) if size >= 1024**power), 0)
    return f"{size / 1024**power:.4g} {_UNITS[power]}"


def _time(value: Value, offered: str) -> str:
    try:
        return in_words(seconds_of(value))
    except InputError:
        return offered

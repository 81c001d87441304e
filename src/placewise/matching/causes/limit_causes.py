"""Why the limits of a site do not allow a job, each limit by its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.errors import InputError
from placewise.matching.causes.cause import ABSENT, PRESENT, VALUE, Cause
from placewise.matching.causes.wording import ask, listed, value_there
from placewise.matching.vertex_answers import VertexAnswers
from placewise.model.durations import in_words, seconds_of
from placewise.model.fleets.site_limit import Admits, GivesWhole, KeepsOut, Open, SiteLimit, TimeAllowed
from placewise.model.requirements.requirement import Condition
from placewise.model.scalar import Value

_NAME = "name"
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
    """Return the cause where vertices keep anything from running: nodes that are down or drained."""
    states = listed([value_there(vertex.values, one.field) for vertex in vertices for one in limit.conditions])
    line = f"the nodes that meet the rest are {states}"
    return Cause(PRESENT, limit.subsystem, limit.conditions[0].field, f"not {limit}", states, line)


def _cause(limit: SiteLimit, condition: Condition, vertex: VertexAnswers) -> Cause:
    field = condition.field
    noun = f"{limit.subsystem} {value_there(vertex.values, _NAME)}" if _NAME in vertex.values else limit.subsystem
    offered = value_there(vertex.values, field) if field in vertex.values else ""
    line = f"{noun} {_said(condition, vertex.values[field], offered) if offered else f'has no {field}'}"
    return Cause(VALUE, limit.subsystem, field, ask(condition), offered, line)


def _said(condition: Condition, value: Value, offered: str) -> str:
    match condition.predicate:
        case TimeAllowed(seconds):
            return f"allows {_time(value, offered)}, the job asks for {in_words(seconds)}"
        case Admits(account):
            return f"is for the accounts {offered}, the job's is {account}"
        case KeepsOut(account):
            return f"keeps out the account {account}"
        case Open():
            return f"is {offered}"
        case GivesWhole(whole):
            return "shares its nodes, the job asks for whole ones" if whole else "gives its nodes whole, the job shares"
    return f"has {condition.field} {offered}, asked {ask(condition)}"


def _time(value: Value, offered: str) -> str:
    try:
        return in_words(seconds_of(value))
    except InputError:
        return offered

"""What is asked for and what is there, in words that fit on a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from placewise.errors import InputError
from placewise.model.requirements.predicates import Equals, InVersionRange, OneOf
from placewise.model.requirements.requirement import Condition, Expression, Requirement, version_bounds
from placewise.model.scalar import Value, scalar_text

_MOST = 4
_LONGEST = 60
_BARE = ("name", "version")
_UNIT = "unit"


def ask(asked: Condition | Expression) -> str:
    """Write what is asked for: of a condition what its field should be, of an expression its line."""
    if not isinstance(asked, Condition):
        return str(asked)
    predicate = asked.predicate
    if isinstance(predicate, Equals):
        return predicate.text
    if isinstance(predicate, OneOf):
        return f"one of {', '.join(predicate.texts)}"
    return str(predicate)


def value_there(values: Mapping[str, Value], field: str) -> str:
    """Write the value of a field, with the unit that stands beside it; long ones in part."""
    value = values[field]
    text = scalar_text(value)
    unit = values.get(f"{field}_{_UNIT}") or values.get(_UNIT)
    if isinstance(unit, str) and isinstance(value, int | float) and not isinstance(value, bool) and field != _UNIT:
        text = f"{text} {unit}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def vertex_there(values: Mapping[str, Value], fields: Iterable[str]) -> str:
    """Write a vertex by some of its fields: its name and version alone, others with their field."""
    asked = sorted(dict.fromkeys(fields), key=lambda field: _BARE.index(field) if field in _BARE else len(_BARE))
    words = [
        value_there(values, field) if field in _BARE else f"{field} {value_there(values, field)}"
        for field in asked
        if field in values
    ]
    if not words and asked:
        words = [f"{field} {value_there(values, field)}" for field in list(values)[:2]]
    return " ".join(words)


def listed(texts: Iterable[str], most: int = _MOST) -> str:
    """Join texts with commas and an `and`, each once; of many the first."""
    found = [text for text in dict.fromkeys(texts) if text]
    if len(found) > most:
        return f"{', '.join(found[:most])} and {len(found) - most} more"
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} and {found[-1]}"


def wanted_of_one(test: Requirement) -> str:
    """Write what one vertex should be: "is gcc and at least 12", "has capability>=8 and memory>=40"."""
    conditions = sorted(test.conditions, key=lambda one: one.field != "name")
    words = [_being(condition) for condition in conditions]
    if None not in words:
        return f"is {' and '.join(word for word in words if word)}"
    return f"has {' and '.join(map(str, conditions))}"


def _being(condition: Condition) -> str | None:
    if condition.field == "name" and isinstance(condition.predicate, Equals):
        return condition.predicate.text
    if condition.field == "version" and isinstance(condition.predicate, InVersionRange):
        try:
            least, most = version_bounds(Requirement("x", (condition,)))
        except InputError:
            return None
        if least is None or most is None:
            return f"at most {most}" if least is None else f"at least {least}"
        return f"from {least} to {most}"
    return None

"""Lists of requirements in documents: what they say of which vertices.

The entries of one list that name the same subsystem describe one vertex, unless labels (`as`) tell vertices apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from placewise.errors import InputError, locating
from placewise.formats.requirements.conditions import TESTS, matching, predicate_of
from placewise.formats.requirements.known import keep, known
from placewise.formats.requirements.reading import Reading
from placewise.formats.values import known_keys, mapping, sequence, text
from placewise.model.requirements.contradictions import refuse_contradiction
from placewise.model.requirements.requirement import (
    DEEPEST,
    MOST_TESTS,
    Condition,
    Expression,
    Requirement,
    all_of,
    any_of,
    negated,
)

JOINED = ("any", "all", "not")
LABEL = "as"
RESERVED = frozenset((*JOINED, LABEL, "name"))
"""What no subsystem of a short entry can be called."""

# Lists stand in lists once more often than expressions in expressions, and a few aliases stand for many entries.
_DEEPEST = 2 * DEEPEST
_MOST_NESTED = 10_000
# compspec calls `match` `value`, or says with `attribute` and `value` one more field of the same vertex.
VALUE, ATTRIBUTE = "value", "attribute"
ENTRY_KEYS = ("name", "field", *TESTS, VALUE, ATTRIBUTE, LABEL)
_ADVICE = "`as: a` and `as: b` on the entries, if they are of two; `contains`, if the field is a set"

_Vertex: TypeAlias = tuple[str, str, int]
"""A subsystem, a label, and the entry's number where each stands alone."""


@dataclass(slots=True)
class Entries:
    """The entries of one list, all of which hold."""

    place: str
    reading: Reading
    vertices: dict[_Vertex, list[Requirement]] = field(default_factory=dict)
    choices: list[list[Entries]] = field(default_factory=list)
    others: list[Expression] = field(default_factory=list)

    def add(self, requirement: Requirement) -> None:
        """Add what an entry says of a vertex."""
        alone = self.reading.separate_entries and not requirement.label
        vertex = (requirement.subsystem, requirement.label, len(self.vertices) + 1 if alone else 0)
        self.vertices.setdefault(vertex, []).append(requirement)

    def expressions(self) -> tuple[Expression, ...]:
        """Return what the list says, as parts that all hold.

        Raises InputError for what one vertex cannot be, and for entries that could speak of one vertex or of two.
        """
        with locating(place=self.place):
            return tuple(self._parts({}))

    def _parts(self, above: Mapping[_Vertex, Requirement]) -> list[Expression]:
        if not self.choices and not above:
            return [*map(self._merged, self.vertices.values()), *self.others]
        own: dict[_Vertex, Requirement] = {}
        for vertex, said in self.vertices.items():
            own[vertex] = self._merged([*said, above[vertex]] if vertex in above else said)
        named = [set().union(*(branch.named() for branch in choice)) for choice in self.choices]
        self._refuse_unclear(named)
        parts: list[Expression] = [*own.values(), *self.others]
        for choice, vertices in zip(self.choices, named, strict=True):
            # What the list says of a vertex holds of it in the branch that names it too.
            inside = {vertex: one for vertex in vertices if (one := own.get(vertex) or above.get(vertex)) is not None}
            parts.append(any_of(all_of(branch._parts(inside)) for branch in choice))  # noqa: SLF001
        return parts

    def named(self) -> set[_Vertex]:
        """Return the vertices that stand in the list or in its choices, at any depth."""
        inside = (branch.named() for choice in self.choices for branch in choice)
        return {vertex for vertex in self.vertices if not vertex[2]}.union(*inside)

    def _merged(self, said: list[Requirement]) -> Requirement:
        first = said[0]
        if len(said) == 1 and len(first.conditions) < 2:
            return first
        merged = Requirement(first.subsystem, tuple(one for part in said for one in part.conditions), first.label)
        refuse_contradiction(merged, _ADVICE)
        return merged

    def _refuse_unclear(self, named: Iterable[set[_Vertex]]) -> None:
        seen: set[_Vertex] = set()
        for vertices in named:
            for subsystem, label, number in sorted(vertices):
                again = (subsystem, label, number) in seen
                if not label and (again or (subsystem, label, number) in self.vertices):
                    raise InputError(
                        f"{subsystem!r} occurs in a list and in an `any` inside it, or in two `any` of one list",
                        expected="`as:` on the entries: the same label for one vertex, `as: a` and `as: b` for two",
                    )
                if again:
                    raise InputError(
                        f"the label {label!r} of {subsystem!r} occurs in two `any` of one list",
                        expected="a label in at most one of them",
                    )
            seen |= vertices


@dataclass(slots=True)
class _Reader:
    """Reads a list and those in it, which may be so many together."""

    reading: Reading
    left: int = _MOST_NESTED

    def fill(self, found: Entries, listed: list[Any], place: str, depth: int) -> None:
        for number, value in enumerate(listed):
            # Most entries were read before, and finding one is quicker than naming its place.
            requirement = known((_requirement, *value.items())) if isinstance(value, dict) else None
            if requirement is not None:
                found.add(requirement)
            else:
                self.add(found, value, f"{place}[{number}]", depth)

    def add(self, found: Entries, value: Any, place: str, depth: int) -> None:
        if isinstance(value, dict) and any(key in value for key in JOINED) and "name" not in value:
            self.join(found, value, place, depth + 1)
        else:
            found.add(_requirement(value, place))

    def join(self, found: Entries, entry: dict[str, Any], place: str, depth: int) -> None:
        if len(mapping(entry, place)) != 1:
            raise InputError(
                "any, all or not shares its entry with other keys",
                place=place,
                found=entry,
                expected="a separate entry for each",
            )
        ((word, value),) = entry.items()
        at = f"{place}.{word}"
        listed = [value] if word == "not" and isinstance(value, dict) else sequence(value, at)
        if not listed:
            raise InputError("asks for nothing", place=at, expected="at least one entry")
        self.left -= len(listed)
        if depth > _DEEPEST:
            raise InputError("requirements are nested too deeply", place=place, expected=f"at most {DEEPEST} levels")
        if word != "all" and len(listed) > MOST_TESTS:
            raise InputError("an expression has too many requirements", place=at, expected=f"at most {MOST_TESTS}")
        if self.left < 0:
            raise InputError("too many requirements are nested", place=place, expected=f"at most {_MOST_NESTED}")
        if word == "all":
            self.fill(found, listed, at, depth)
        elif word == "not":
            inside = Entries(at, self.reading)
            self.fill(inside, listed, at, depth)
            parts = inside.expressions()
            with locating(place=at):
                found.others.append(negated(all_of(parts)))
        else:
            found.choices.append([Entries(f"{at}[{number}]", self.reading) for number in range(len(listed))])
            for branch, one in zip(found.choices[-1], listed, strict=True):
                self.add(branch, one, branch.place, depth)


def read_entries(value: Any, place: str, reading: Reading) -> Entries:
    """Return the entries of a list as they stand. Raises InputError for anything that is not understood."""
    found = Entries(place, reading)
    _Reader(reading).fill(found, sequence(value, place), place, 0)
    return found


def parse_entries(value: Any, place: str, reading: Reading) -> tuple[Expression, ...]:
    """Return what a list of entries says, as parts that all hold.

    An entry is ``{name, field, match | min and max | contains, as}``, or in short ``{SUBSYSTEM: {FIELD: VALUE}, as}``,
    or one of ``{any: [...]}``, ``{all: [...]}``, which is as if its entries stood in the list, and ``{not: ...}``,
    which has vertices of its own. Raises InputError for anything else, for what one vertex cannot be, and for entries
    that could speak of one vertex or of two.
    """
    return read_entries(value, place, reading).expressions()


def _requirement(value: Any, place: str) -> Requirement:
    entry = mapping(value, place)
    named = [key for key in entry if key != LABEL]
    nested = [key for key in named if isinstance(entry[key], dict)]
    if len(named) == len(nested) == 1 and named[0] != "name":
        return of_fields(named[0], entry[named[0]], place, label_of(entry, place))
    if len(named) == 2 and len(nested) == 1 and "type" in named:
        # compspec's `{type: io, archspec: {cpu.target: amd64}}` is of the subsystem io.archspec.
        name = f"{text(entry['type'], f'{place}.type')}.{nested[0]}"
        return of_fields(name, entry[nested[0]], f"{place}.{nested[0]}", label_of(entry, place))
    if len(named) == 1 and "." in named[0].strip("."):
        return of_dotted(named[0], entry[named[0]], place, label_of(entry, place))
    return keep((_requirement, *entry.items()), entry, _long(entry, place))


def _long(value: dict[str, Any], place: str) -> Requirement:
    if not any(key in ENTRY_KEYS and key != LABEL for key in value):
        raise InputError(
            "is not a requirement",
            place=place,
            found=value,
            expected="{SUBSYSTEM: {FIELD: VALUE}}, {name, field, match}, any, all or not",
        )
    entry = known_keys(value, ENTRY_KEYS, place)
    subsystem = text(entry.get("name"), f"{place}.name")
    tests = {key: entry[key] for key in TESTS if key in entry}
    conditions: tuple[Condition, ...] = ()
    if ATTRIBUTE in entry:
        attribute = text(entry[ATTRIBUTE], f"{place}.{ATTRIBUTE}")
        conditions = (Condition(attribute, matching(attribute, entry.get(VALUE), place)),)
    elif VALUE in entry:
        if "match" in tests:
            raise InputError("match and value are both given", place=place, found=value, expected="one of them")
        tests["match"] = entry[VALUE]
    if tests or "field" in entry:
        name = text(entry.get("field"), f"{place}.field")
        conditions = (*conditions, Condition(name, predicate_of(name, tests, place)))
    return Requirement(subsystem, conditions, label_of(entry, place))


def of_fields(name: str, fields: Any, place: str, label: str = "") -> Requirement:
    """Return what `{FIELD: VALUE or {match, min, max, contains}}` says of one vertex of a subsystem."""
    subsystem = text(name, place)
    at = f"{place}.{subsystem}"
    conditions = []
    for key, value in mapping(fields, at).items():
        named, here = text(key, at), f"{at}.{key}"
        if isinstance(value, dict):
            predicate = predicate_of(named, known_keys(value, TESTS, here), here)
        else:
            predicate = matching(named, value, here)
        conditions.append(Condition(named, predicate))
    return Requirement(subsystem, tuple(conditions), label)


def of_dotted(key: str, value: Any, place: str, label: str = "") -> Requirement:
    """Return what `{hardware.gpu.available: V}` says: of a field so called, in the subsystem before the first dot."""
    return of_fields(key.lstrip(".").split(".", 1)[0], {key: value}, place, label)


def label_of(entry: Mapping[str, Any], place: str) -> str:
    """Return the label of an entry, empty where it has none. Raises InputError for a label that is no text."""
    return text(entry[LABEL], f"{place}.{LABEL}") if LABEL in entry else ""

"""What is different between two descriptions of a fleet, in lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from placewise.model.durations import in_words
from placewise.model.fleets.fleet_changes import (
    ClusterChange,
    CountChange,
    Difference,
    FactChange,
    Fields,
    FleetChanges,
    ValueChange,
    What,
)
from placewise.model.fleets.vocabulary import VERTICES
from placewise.model.scalar import Value, counted, scalar_text
from placewise.report.words.numbers import listed, shown

SIGNS: tuple[tuple[str, What], ...] = (("+", "added"), ("-", "gone"), ("~", "changed"))
WORDS: dict[What, str] = {
    "added": "new",
    "gone": "gone",
    "renamed": "renamed",
    "changed": "changed",
    "unchanged": "unchanged",
}
NOTHING = "The fleets are described alike."

_FIRST = ("name", "version")
_LEFT_OUT = "type"
_LIMIT_OF_TIME = ("partition", "time_limit")
_COMPLETE = {True: "completely", VERTICES: "completely but for fields", False: "in part", None: "in part"}
_LONGEST = 80
_NO_FIELDS = "without fields"


def cluster_lines(change: ClusterChange, names: Callable[[Sequence[str]], str]) -> Iterator[str]:
    """Yield a line for each thing that is different in a cluster that is there before and after.

    names : writes a list of names.
    """
    for one in change.resources:
        yield _count(one)
    if change.nodes:
        yield f"nodes: {difference_words(change.nodes, names)}"
    bare = {one.subsystem for one in change.facts}
    others = Difference(
        *(
            tuple(name for name in some if name not in bare)
            for some in (change.subsystems.added, change.subsystems.gone)
        )
    )
    if others:
        yield f"subsystems: {difference_words(others, names)}"
    for fact in change.facts:
        yield fact_words(fact)
    for value in change.state:
        yield _value(value)
    rest = "all other subsystems" if len(change.complete) > 1 else "all subsystems"
    for value in change.complete:
        yield _complete(value, rest)
    if change.layout:
        yield "the same resources and facts are arranged differently"
    if change.words:
        yield "what its words mean is described differently"


def difference_words(difference: Difference, names: Callable[[Sequence[str]], str]) -> str:
    """Write what came, went and changed: ``+2 (n5, n6), -1 (n3)``."""
    found = ((sign, getattr(difference, what)) for sign, what in SIGNS)
    return ", ".join(f"{sign}{len(some):,} ({names(some)})" for sign, some in found if some)


def fact_words(change: FactChange) -> str:
    """Write what became of a vertex: ``cmake: version 3.27.9 -> 3.18.4``, ``gpu: model=a100 on 4 nodes, was on 2``."""
    subsystem = shown(change.subsystem)
    if change.before is None:
        return f"{subsystem} {_there(change, change.after, change.on_after)} is new"
    if change.after is None:
        return f"{subsystem} {_there(change, change.before, change.on_before)} is gone"
    on = _on(change.on_after)
    was = "" if change.on_before == change.on_after else f", was {_on(change.on_before)}"
    if change.before == change.after:
        return f"{subsystem}: {_fields(change.subsystem, change.after)} {f'{on}{was}' if was else 'on other nodes'}"
    old, new = dict(change.before), dict(change.after)
    kept = tuple((name, value) for name, value in change.after if name in _FIRST and old.get(name) == value)
    same = _fields(change.subsystem, kept)
    changed = [
        _value(ValueChange(name, old.get(name), new.get(name)), change.subsystem)
        for name in sorted(old.keys() | new.keys(), key=lambda one: (one not in _FIRST, one))
        if (type(old.get(name)), old.get(name)) != (type(new.get(name)), new.get(name))
    ]
    said = f"{same} {', '.join(changed)}" if same != _NO_FIELDS else ", ".join(changed)
    return f"{subsystem}: {said}{f' {on}{was}' if was else ''}"


def vocabulary_lines(changes: FleetChanges) -> Iterator[str]:
    """Yield a line for each thing that the fleets' vocabularies say differently."""
    for one in changes.kinds:
        yield f"kind of {_value(one)}"
    for one in changes.aliases:
        yield f"meaning of {_value(one)}"


def change_rows(
    changes: FleetChanges, names: Callable[[Sequence[str]], str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield what a table of all changes says: the cluster, what became of it, and a line for each thing different."""
    for what, word in list(WORDS.items())[:-1]:
        for one in changes.of(what):
            lines = tuple(cluster_lines(one, names)) if what == "changed" else ()
            yield shown(one.cluster), word, (f"was {shown(one.was)}",) if one.was else lines
    if lines := tuple(vocabulary_lines(changes)):
        yield "the vocabulary", WORDS["changed"], lines


def counts_sentence(changes: FleetChanges) -> str:
    """Say how many clusters are new, gone, renamed, changed and as they were; nothing of no clusters."""
    parts: list[str] = []
    for what, word in WORDS.items():
        if count := sum(one.what == what for one in changes.clusters):
            number = f"{count:,}" if parts else counted(count, "cluster")
            parts.append(f"{number} {'is' if count == 1 else 'are'} {word}")
    return listed(parts)


def value_words(value: Value | None) -> str:
    """Write a value; that there is none, as such."""
    return "nothing" if value is None else shown(scalar_text(value), _LONGEST)


def _field_words(subsystem: str, name: str, value: Value | None) -> str:
    """Write the value of a field; the limit of time of a partition as the causes of a match do."""
    if (subsystem, name) == _LIMIT_OF_TIME and isinstance(value, int | float) and not isinstance(value, bool):
        return in_words(value)
    return value_words(value)


def _value(one: ValueChange, subsystem: str = "") -> str:
    before, after = (_field_words(subsystem, one.name, value) for value in (one.before, one.after))
    return f"{shown(one.name, _LONGEST)} {before} -> {after}"


def _count(one: CountChange) -> str:
    unit = f" {shown(one.unit)}" if one.unit else ""
    return f"{shown(one.type)}: {one.before:,}{unit} -> {one.after:,}{unit} in all"


def _complete(one: ValueChange, rest: str) -> str:
    how = f"described {_COMPLETE[one.after]}"
    return f"{shown(one.name) or rest}: {f'{how}, as before' if one.before == one.after else f'now {how}'}"


def _fields(subsystem: str, fields: Fields) -> str:
    ordered = sorted(fields, key=lambda pair: (_FIRST.index(pair[0]) if pair[0] in _FIRST else len(_FIRST), pair[0]))
    said = (
        value_words(value) if name in _FIRST else f"{shown(name)}={_field_words(subsystem, name, value)}"
        for name, value in ordered
        if name != _LEFT_OUT
    )
    return " ".join(said) or _NO_FIELDS


def _there(change: FactChange, fields: Fields | None, nodes: int | None) -> str:
    return f"{_fields(change.subsystem, fields or ())}{'' if nodes is None else f' {_on(nodes)}'}"


def _on(nodes: int | None) -> str:
    return "of the whole cluster" if nodes is None else f"on {counted(nodes, 'node')}"

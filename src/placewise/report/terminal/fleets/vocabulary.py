"""A vocabulary as a table."""

from __future__ import annotations

from rich.console import Console, JustifyMethod

from placewise.model.fleets.vocabulary import VERTICES
from placewise.report.data.fleets.vocabulary import FieldEntry, VocabularyEntries
from placewise.report.terminal.tables import print_table

_EVERY = "every subsystem"
_COMPLETE = {
    True: "yes",
    VERTICES: "of vertices: a field that one lacks is unknown",
    False: "no: more may be there than is described",
}
_HEADINGS = ("subsystem", "field", "kind", "other names of values", "from")


def print_vocabulary(entries: VocabularyEntries, console: Console) -> None:
    """Print the fields of a vocabulary, the subsystems without any, and what is described completely or not."""
    rows: list[tuple[str, ...]] = [
        (one.subsystem, one.field, _kind(one), ", ".join(f"{a} = {b}" for a, b in one.aliases), one.source)
        for one in entries.fields
    ]
    of_every = sorted(row[1:] for row in rows if not row[0])
    of_one = sorted([row for row in rows if row[0]] + [(name, "", "", "", "") for name in entries.bare])
    if of_every:
        _print(f"Fields of {_EVERY}", _HEADINGS[1:], of_every, console)
    if of_one:
        _print("Fields by subsystem", _HEADINGS, of_one, console)
    if entries.complete:
        said: list[tuple[str, ...]] = [
            (cluster or "every cluster", name or _EVERY, _COMPLETE[flag]) for cluster, name, flag in entries.complete
        ]
        _print("Whether all there is is described", ("cluster", "subsystem", "complete"), said, console)


def _print(title: str, headings: tuple[str, ...], rows: list[tuple[str, ...]], console: Console) -> None:
    left: JustifyMethod = "left"
    print_table(title, dict.fromkeys(headings, left), rows, console)


def _kind(entry: FieldEntry) -> str:
    kind = entry.kind
    if kind is None:
        return "not known"
    more = f" in {kind.unit}" if kind.unit else f" as in {kind.scheme}" if kind.scheme else ""
    return kind.name + more

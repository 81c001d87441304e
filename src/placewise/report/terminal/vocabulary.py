"""A vocabulary as a table."""

from __future__ import annotations

from rich.console import Console, JustifyMethod

from placewise.model.fleets.vocabulary import VERTICES
from placewise.report.data.vocabulary import FieldEntry, VocabularyEntries
from placewise.report.terminal.tables import PIPED_WIDTH, print_table

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
        (one.subsystem or _EVERY, one.field, _kind(one), ", ".join(f"{a} = {b}" for a, b in one.aliases), one.source)
        for one in entries.fields
    ]
    rows += [(name, "", "", "", "") for name in entries.bare]
    if rows:
        _print("Fields", _HEADINGS, sorted(rows, key=lambda row: (row[0] != _EVERY, row[:2])), console)
    if entries.complete:
        said: list[tuple[str, ...]] = [
            (cluster or "every cluster", name or _EVERY, _COMPLETE[flag]) for cluster, name, flag in entries.complete
        ]
        _print("Whether all there is is described", ("cluster", "subsystem", "complete"), said, console)


def _print(title: str, headings: tuple[str, ...], rows: list[tuple[str, ...]], console: Console) -> None:
    left: JustifyMethod = "left"
    print_table(title, dict.fromkeys(headings, left), rows, console, widest=PIPED_WIDTH)


def _kind(entry: FieldEntry) -> str:
    kind = entry.kind
    if kind is None:
        return "not known"
    more = f" in {kind.unit}" if kind.unit else f" as in {kind.scheme}" if kind.scheme else ""
    return kind.name + more

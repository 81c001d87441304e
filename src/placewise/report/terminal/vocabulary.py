"""A vocabulary as a table."""

from __future__ import annotations

from rich.console import Console

from placewise.report.data.vocabulary import FieldEntry, VocabularyEntries
from placewise.report.terminal.narrow import print_narrow

_EVERY = "every subsystem"
_HEADINGS = ("subsystem", "field", "kind", "other names of values", "from")


def print_vocabulary(entries: VocabularyEntries, console: Console) -> None:
    """Print the fields of a vocabulary, the subsystems without any, and what is described completely or not."""
    rows = [
        (one.subsystem or _EVERY, one.field, _kind(one), ", ".join(f"{a} = {b}" for a, b in one.aliases), one.source)
        for one in entries.fields
    ]
    rows += [(name, "", "", "", "") for name in entries.bare]
    if rows:
        print_narrow(_HEADINGS, sorted(rows, key=lambda row: (row[0] != _EVERY, row[:2])), console)
    if entries.complete:
        said = [
            (cluster or "every cluster", name or _EVERY, "yes" if flag else "no: more may be there than is described")
            for cluster, name, flag in entries.complete
        ]
        print_narrow(("cluster", "subsystem", "complete"), said, console)


def _kind(entry: FieldEntry) -> str:
    kind = entry.kind
    if kind is None:
        return "not known"
    more = f" in {kind.unit}" if kind.unit else f" as in {kind.scheme}" if kind.scheme else ""
    return kind.name + more

"""What collecting each subsystem costs: a YAML or JSON mapping from names to numbers of 0 or more."""

from __future__ import annotations

from pathlib import Path

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.reading import read_yaml


def read_costs(path: Path) -> dict[str, float]:
    """Return costs by name. Raises InputError for an empty mapping, and for a cost that is no number of 0 or more."""
    document = read_yaml(path)
    with locating(file=path):
        entries = values.mapping(document, "the document")
        if not entries:
            raise InputError("names no subsystem", expected="a cost for each, as in gcc: 2.5")
        return {
            values.text(name, "a name"): values.amount(cost, f"cost of {name!r}", zero=True)
            for name, cost in entries.items()
        }

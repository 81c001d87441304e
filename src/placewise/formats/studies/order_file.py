"""The order in which `expanding` adds metadata on subsystems: one name a line, or a JSON list of names."""

from __future__ import annotations

from pathlib import Path

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.reading import parse_json, read_text


def read_order(path: Path) -> tuple[str, ...]:
    """Return the names in a file; blank lines and lines that begin with # do not count.

    Raises InputError when a name stands twice or there is none.
    """
    text = read_text(path)
    if text.lstrip().startswith("["):
        with locating(file=path):
            entries = values.sequence(parse_json(text, path), "the document")
            places = [f"entry {number + 1}" for number in range(len(entries))]
            named = [(place, values.text(name, place)) for place, name in zip(places, entries, strict=True)]
    else:
        lines = ((f"line {number + 1}", line.strip()) for number, line in enumerate(text.splitlines()))
        named = [(place, name) for place, name in lines if name and not name.startswith("#")]
    seen: set[str] = set()
    for place, name in named:
        if name in seen:
            raise InputError("a subsystem occurs twice", file=path, place=place, found=name, expected="each name once")
        seen.add(name)
    if not named:
        raise InputError("names no subsystem", file=path, expected="one name per line")
    return tuple(name for _, name in named)

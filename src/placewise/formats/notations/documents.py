"""Files of several documents, and of lists of them: YAML with ``---`` between, and Kubernetes' lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.given import Given
from placewise.formats.reading import parse_json, parse_yaml
from placewise.formats.values import mapping, sequence

_BETWEEN = re.compile(r"^---(?:[ \t].*)?$|^\.\.\.[ \t]*$", re.MULTILINE)
_NOTHING = re.compile(r"(?:\s|#[^\n]*(?:\n|$))*")
MOST_DOCUMENTS = 1 << 20


def objects_in(given: Given) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a file with their places: each document of YAML or JSON, or each item of its list.

    Raises InputError for what is no object.
    """
    for place, document in _documents(given):
        with locating(place=place.rstrip(", ") or None):
            top = mapping(document, "document")
        items = top.get("items")
        kind = top.get("kind")
        if items is None or not (isinstance(kind, str) and kind.endswith("List")):
            yield place, top
            continue
        for number, item in enumerate(sequence(items, f"{place}items")):
            where = f"{place}items[{number}]"
            yield where, mapping(item, where)


def _documents(given: Given) -> Iterator[tuple[str, Any]]:
    text = given.text()
    if text.lstrip().startswith("{"):
        yield "", parse_json(text, given.path)
        return
    parts = [part for part in _BETWEEN.split(text) if not _NOTHING.fullmatch(part)]
    if len(parts) > MOST_DOCUMENTS:
        raise InputError("holds too many documents", found=len(parts), expected=f"at most {MOST_DOCUMENTS:,}")
    for number, part in enumerate(parts):
        place = f"document {number + 1}, " if len(parts) > 1 else ""
        with locating(place=place.rstrip(", ") or None):
            document = parse_yaml(part, given.path)
        if document is not None:
            yield place, document

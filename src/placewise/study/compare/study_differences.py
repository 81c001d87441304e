"""What differs between the records of two runs: settings, inputs by content, versions, and what the study declares."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_SHOWN = ("source", "settings", "study", "counts", "versions")


@dataclass(frozen=True, slots=True)
class Unlike:
    """One thing that differs between two studies: what, and what it is in each, as text; None where it is not there."""

    what: str
    first: str | None
    second: str | None


def unlike_studies(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[Unlike, ...]:
    """Return what differs between two study records; documents differ by content, whatever they are called."""
    found = [
        one
        for part in _SHOWN
        for one in _unlike(part, first.get(part), second.get(part))
        # Where a folder lies does not matter when the content of its documents is the same.
        if part != "source" or not (_hashes(first) and _hashes(first).keys() == _hashes(second).keys())
    ]
    return (*found, *_documents(first, second))


def _unlike(place: str, first: Any, second: Any) -> Iterator[Unlike]:
    first, second = _by_name(first), _by_name(second)
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in dict.fromkeys((*first, *second)):
            yield from _unlike(f"{place}.{key}", first.get(key), second.get(key))
    elif first != second:
        yield Unlike(place, _written(first), _written(second))


def _by_name(value: Any) -> Any:
    """Return a list of things with names as a mapping, so that each is compared with its like."""
    if isinstance(value, list) and value and all(isinstance(one, dict) and "name" in one for one in value):
        return {str(one["name"]): {key: one[key] for key in one if key != "name"} for one in value}
    return value


def _documents(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Unlike]:
    one, other = _hashes(first), _hashes(second)
    gone, come = ([name for digest, name in a.items() if digest not in b] for a, b in ((one, other), (other, one)))
    for name in dict.fromkeys((*gone, *come)):
        before, after = (_digest(name, side) for side in (one, other))
        yield Unlike(f"inputs.{name}", before, after)
    if one.keys() == other.keys():  # the same documents, that were read as something else
        yield from _unlike("parsed", first.get("parsed"), second.get("parsed"))


def _hashes(study: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of documents by their digest."""
    listed = study.get("inputs")
    entries = listed if isinstance(listed, list) else []
    return {str(one.get("sha256")): str(one.get("file")) for one in entries if isinstance(one, Mapping)}


def _digest(name: str, hashes: Mapping[str, str]) -> str | None:
    return next((digest for digest, file in hashes.items() if file == name), None)


def _written(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)

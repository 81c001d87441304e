"""Near misses in words."""

from __future__ import annotations

from typing import Any

from placewise.errors import InputError
from placewise.matching.clusters.compiled_cluster import Properties
from placewise.model.requirements.requirement import VERSION
from placewise.model.scalar import scalar_text
from placewise.model.versions.version import parse_version
from placewise.worth.near_misses.suggestions import FleetChange


def change_text(change: FleetChange) -> str:
    """Write a change as an instruction, as in "upgrade zlib to version 1.2.8 on east (has 1.2.5)"."""
    if change.before is None:
        return f"add {change.subsystem} with {properties_text(change.after)} to {change.cluster}"
    before, after = dict(change.before), dict(change.after)
    changed = tuple((name, value) for name, value in change.after if name not in before or before[name] != value)
    had = tuple((name, before[name]) for name, _ in changed if name in before)
    has = ", ".join(scalar_text(value) for _, value in had) or "no such value"
    verb = "change"
    if after.keys() == before.keys() and [name for name, _ in changed] == [VERSION] and _is_newer(after, before):
        verb = "upgrade"
    return f"{verb} {change.subsystem} to {properties_text(changed or change.after)} on {change.cluster} (has {has})"


def properties_text(properties: Properties) -> str:
    """Write the fields of a vertex with their values."""
    return ", ".join(f"{name} {scalar_text(value)}" for name, value in properties) or "nothing said of it"


def _is_newer(after: dict[str, Any], before: dict[str, Any]) -> bool:
    try:
        return parse_version(scalar_text(after[VERSION])) > parse_version(scalar_text(before[VERSION]))
    except InputError:
        return False

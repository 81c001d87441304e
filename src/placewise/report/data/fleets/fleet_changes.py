"""What is different between two descriptions of a fleet, as plain values for JSON."""

from __future__ import annotations

from typing import Any

from placewise.model.fleets.fleet_changes import ClusterChange, Difference, Fields, FleetChanges, ValueChange


def fleet_changes_document(changes: FleetChanges) -> dict[str, Any]:
    """Return what became of a fleet as mappings and lists."""
    return {
        "clusters": [cluster_change_document(one) for one in changes.clusters],
        "kinds": [_value(one) for one in changes.kinds],
        "aliases": [_value(one) for one in changes.aliases],
    }


def cluster_change_document(change: ClusterChange) -> dict[str, Any]:
    """Return what became of a cluster as mappings and lists."""
    return {
        "cluster": change.cluster,
        "what": change.what,
        "was": change.was or None,
        "nodes": _difference(change.nodes),
        "subsystems": _difference(change.subsystems),
        "facts": [
            {
                "subsystem": one.subsystem,
                "before": _fields(one.before),
                "after": _fields(one.after),
                "nodes_before": one.on_before,
                "nodes_after": one.on_after,
            }
            for one in change.facts
        ],
        "resources": [
            {"type": one.type, "unit": one.unit, "before": one.before, "after": one.after} for one in change.resources
        ],
        "state": [_value(one) for one in change.state],
        "complete": [_value(one) for one in change.complete],
        "layout": change.layout,
        "words": change.words,
    }


def _difference(difference: Difference) -> dict[str, list[str]]:
    return {
        "added": list(difference.added),
        "gone": list(difference.gone),
        "changed": list(difference.changed),
    }


def _fields(fields: Fields | None) -> dict[str, Any] | None:
    return None if fields is None else {name: _plain(value) for name, value in fields}


def _value(one: ValueChange) -> dict[str, Any]:
    return {"name": one.name, "before": _plain(one.before), "after": _plain(one.after)}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value

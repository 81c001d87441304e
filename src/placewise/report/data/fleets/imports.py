"""What an import read, dropped and changed, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from placewise.model.fleets.fleet_changes import ClusterChange
from placewise.model.fleets.imported import Imported
from placewise.model.jobs.imported_job import ImportedJob
from placewise.report.data.fleets.fleet_changes import cluster_change_document


def import_document(
    kind: str, imported: Imported, out: str | None = None, changes: Sequence[ClusterChange] = ()
) -> dict[str, Any]:
    """Return the account of an import as mappings and lists; out : where the clusters were written."""
    return {
        "kind": kind,
        "name": imported.name,
        "out": out,
        "clusters": [_cluster(one.name, one.subsystems) for one in imported.clusters],
        "read": dict(imported.read),
        "dropped": [
            {"what": one.what, "why": one.why, "file": one.file, "count": one.count, "places": list(one.places)}
            for one in imported.dropped
        ],
        "unknown": [
            {"cluster": one.cluster or None, "subsystem": one.subsystem or None, "why": one.why, "fields": one.fields}
            for one in imported.unknown
        ],
        "changes": [_change(one) for one in changes],
    }


def jobs_document(jobs: Sequence[ImportedJob], paths: Sequence[str]) -> dict[str, Any]:
    """Return imported jobs as mappings and lists; paths : where each was written."""
    return {
        "jobs": [
            {
                "job": one.job.name,
                "file": one.file,
                "written": path,
                "left_out": [{"place": place, "why": why} for place, why in one.left_out],
            }
            for one, path in zip(jobs, paths, strict=True)
        ]
    }


def _cluster(name: str, subsystems: Sequence[Any]) -> dict[str, Any]:
    return {"name": name, "subsystems": {one.name: len(one.vertices) for one in subsystems}}


def _change(change: ClusterChange) -> dict[str, Any]:
    overlaps = [
        {"subsystem": one.subsystem, "from": one.left_out, "instead": one.counts or None} for one in change.overlaps
    ]
    return cluster_change_document(change) | {"not_taken_over": overlaps}

"""What an import read, dropped, does not know, and changed, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, JustifyMethod

from placewise.model.fleets.fleet_changes import ClusterChange
from placewise.model.fleets.imported import Dropped, Imported, Unknown
from placewise.model.scalar import counted
from placewise.report.terminal.fleets.fleet_changes import print_cluster_changes
from placewise.report.terminal.narrow import some_names
from placewise.report.terminal.tables import print_first_rows, print_line
from placewise.report.words.fleets.imports import overlap_reason

_LEFT: JustifyMethod = "left"
_RIGHT: JustifyMethod = "right"
_PLACES = 48
_PIPES = ("/dev/fd/", "/proc/")


def print_import(imported: Imported, changes: Sequence[ClusterChange], console: Console) -> None:
    """Print what was read, then what was not and why, what is not known, and what changed."""
    counts = [f"{count:,} {what.removesuffix('s') if count == 1 else what}" for what, count in imported.read if count]
    clusters = counted(len(imported.clusters), "cluster")
    print_line(f"{imported.name}: {clusters} of {', '.join(counts) or 'nothing'}.", console)
    if imported.dropped:
        headings = {"count": _RIGHT, "what": _LEFT, "where": _LEFT, "why": _LEFT}
        print_first_rows("Not in the fleet", headings, _dropped(imported.dropped), console)
    if imported.unknown:
        headings = {"what": _LEFT, "cluster": _LEFT, "why": _LEFT}
        print_first_rows("Not known", headings, _unknown(imported.unknown), console)
    overlaps = _overlaps(changes)
    if overlaps:
        headings = {"what": _LEFT, "cluster": _LEFT, "from": _LEFT, "why": _LEFT}
        print_first_rows("Not taken over", headings, overlaps, console)
    print_cluster_changes(changes, console)


def _overlaps(changes: Sequence[ClusterChange]) -> list[tuple[str, ...]]:
    """Return a row for what clusters do not take from one of the imports that describe them, by reason."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for change in changes:
        for one in change.overlaps:
            found.setdefault((one.subsystem, one.left_out, overlap_reason(one)), []).append(change.cluster)
    return [(subsystem, some_names(clusters, _PLACES), kind, why) for (subsystem, kind, why), clusters in found.items()]


def _dropped(dropped: Sequence[Dropped]) -> list[tuple[str, ...]]:
    """Return a row for what was dropped for one reason, in whatever files."""
    by_reason: dict[tuple[str, str], list[Dropped]] = {}
    for one in dropped:
        by_reason.setdefault((one.what, one.why), []).append(one)
    return [
        (f"{sum(one.count for one in found):,}", what, _where(found), why) for (what, why), found in by_reason.items()
    ]


def _where(found: Sequence[Dropped]) -> str:
    first, others = found[0], len({one.file for one in found}) - 1
    places = some_names(first.places, _PLACES)
    # A shell's <(command) has a number for a name, which means nothing to the reader.
    name = "" if first.file.startswith(_PIPES) else first.file.rpartition("/")[2]
    where = f"{name}: {places}" if name else places
    return f"{where}; {counted(others, 'more file')}" if others else where


def _unknown(unknown: Sequence[Unknown]) -> list[tuple[str, ...]]:
    """Return a row for each reason; clusters of equal ones stand together, and then subsystems of equal clusters."""
    clusters: dict[tuple[str, str, bool], list[str]] = {}
    for one in unknown:
        clusters.setdefault((one.subsystem, one.why, one.fields), []).append(one.cluster)
    subsystems: dict[tuple[tuple[str, ...], str, bool], list[str]] = {}
    for (subsystem, why, fields), names in clusters.items():
        subsystems.setdefault((tuple(names), why, fields), []).append(subsystem or "all else")
    return [
        (
            "fields of " * fields + some_names(found, _PLACES),
            some_names([name or "every cluster" for name in names], _PLACES),
            why,
        )
        for (names, why, fields), found in subsystems.items()
    ]

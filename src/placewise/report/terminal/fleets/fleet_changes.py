"""What is different between two descriptions of a fleet, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.console import Console

from placewise.model.fleets.fleet_changes import ClusterChange, FleetChanges
from placewise.model.scalar import counted
from placewise.report.terminal.narrow import some_names
from placewise.report.terminal.tables import MOST_ROWS, print_line, width_of
from placewise.report.words.fleets.fleet_changes import SIGNS, cluster_lines, vocabulary_lines

_NAMES = 48


def print_fleet_changes(changes: FleetChanges, console: Console) -> None:
    """Print what became of the clusters of a fleet, and of its vocabulary."""
    print_cluster_changes(changes.clusters, console)
    _print_some(list(vocabulary_lines(changes)), "~ ", console)


def print_cluster_changes(changes: Sequence[ClusterChange], console: Console) -> None:
    """Print which clusters came, went and changed, and how: the first things of many on a terminal, else all."""
    for sign, what in SIGNS:
        found = [one for one in changes if one.what == what]
        if found:
            print_line(f"{sign} {what}: {some_names([one.cluster for one in found], width_of(console) - 20)}", console)
    _print_some([f"{one.was} -> {one.cluster}" for one in changes if one.what == "renamed"], "> renamed: ", console)
    for one in (one for one in changes if one.what == "changed"):
        print_line(f"{one.cluster}:", console)
        _print_some(list(cluster_lines(one, partial(some_names, width=_NAMES))), "    ", console)
    same = sum(one.what == "unchanged" for one in changes)
    if same:
        print_line(f"= unchanged: {counted(same, 'cluster')}", console)


def _print_some(lines: Sequence[str], before: str, console: Console) -> None:
    most = MOST_ROWS if console.is_terminal else None
    for line in lines[:most]:
        print_line(f"{before}{line}", console)
    if most is not None and len(lines) > most:
        print_line(f"{before}and {len(lines) - most:,} more (--json lists all)", console)

"""What nobody described, printed: the facts that would settle the most jobs' answers first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from placewise.report.terminal.tables import print_line, print_table
from placewise.worth.unknown_facts import UnknownFact


def print_unknown_facts(facts: Sequence[UnknownFact], jobs: int, console: Console, *, top: int) -> None:
    """Print the first facts, and how many more there are."""
    if not facts:
        print_line(f"No unknown fact decides where any of {jobs:,} jobs can run", console)
        return
    print_table(
        f"Facts that clusters do not describe, by how many of {jobs:,} jobs they would settle",
        {"cluster": "left", "subsystem": "left", "settles alone": "right", "has a part in": "right"},
        [(fact.cluster, fact.subsystem, f"{fact.settled:,}", f"{fact.undecided:,}") for fact in facts[:top]],
        console,
    )
    if len(facts) > top:
        print_line(f"and {len(facts) - top:,} more (--top {len(facts)} lists all)", console)

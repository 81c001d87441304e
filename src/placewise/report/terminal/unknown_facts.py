"""What nobody described, printed: the facts that would settle the most jobs' answers first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from placewise.report.terminal.tables import print_table, print_text
from placewise.worth.unknown_facts import UnknownFact


def print_unknown_facts(facts: Sequence[UnknownFact], jobs: int, console: Console, *, top: int) -> None:
    """Print the first facts, and how many more there are."""
    if not facts:
        print_text(Text(f"nothing unknown decides where any of {jobs:,} jobs can run"), console)
        return
    print_table(
        f"What is not described of clusters, by how many of {jobs:,} jobs knowing it would settle",
        {"cluster": "left", "subsystem": "left", "settles alone": "right", "has a part in": "right"},
        [(fact.cluster, fact.subsystem, f"{fact.settled:,}", f"{fact.undecided:,}") for fact in facts[:top]],
        console,
    )
    if len(facts) > top:
        print_text(Text(f"and {len(facts) - top:,} more (--top {len(facts)} lists all)"), console)

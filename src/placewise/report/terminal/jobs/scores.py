"""What the wishes of jobs count on the clusters that match."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, JustifyMethod

from placewise.matching.preferences import Scores
from placewise.report.terminal.tables import print_line, print_table

_HEADINGS: dict[str, JustifyMethod] = {"cluster": "left", "score": "right", "wishes that hold": "left"}


def print_scores(found: Sequence[tuple[str, Scores]], console: Console) -> None:
    """Print a table for each job, given by its name: the clusters that match, those with the highest score first."""
    for name, scores in found:
        rows = [
            (one.cluster, f"{one.score:g}", "; ".join(map(str, scores.held(one))) or "none") for one in scores.clusters
        ]
        if not rows:
            print_line(f"{name} matches no cluster", console)
            continue
        wishes = len(scores.wishes)
        title = f"{name}: {wishes} wish{'es' * (wishes != 1)}" if wishes else f"{name} has no wishes"
        print_table(title, _HEADINGS, rows, console)

"""Why a job fits where it fits, for a terminal and as plain values for JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from placewise.matching.why_not import WhyNot

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod
    from rich.table import Table
    from rich.text import Text

    from placewise.service.client.values import Explanation

_MOST_NAMES = 8
_MOST_ROWS = 20


def explanation_document(answer: WhyNot | Explanation) -> dict[str, Any]:
    """Return an explanation, made here or by a scheduler elsewhere, as mappings and lists; every cluster is named."""
    return {
        "job": answer.job,
        "total_clusters": answer.total,
        "matched": list(answer.matched),
        "failing_requirements": [
            {
                "requirement": str(blocked.requirement),
                "subsystem": blocked.requirement.subsystem,
                "clusters": list(blocked.clusters),
                "without_subsystem": blocked.lacking,
            }
            for blocked in answer.blocked
        ],
        "fail_by_one": [
            {"cluster": near.cluster, "requirement": str(near.requirement), "offered": near.offered}
            for near in answer.near_misses
        ],
        "met_on_different_nodes": list(answer.scattered),
        "too_small": list(answer.too_small),
        "unknown_types": list(answer.unknown_types),
    }


def print_explanation(answer: WhyNot | Explanation, console: Console) -> None:
    """Print an explanation: who matches, which requirements fail where, and who fails by one alone.

    A terminal is shown the first of many clusters; a file or pipe is given all, each row on a line of its own.
    """
    from rich.text import Text  # noqa: PLC0415, the JSON path needs no terminal library

    names = f": {_some(answer.matched, console)}" if answer.matched else ""
    headline = f" matches {len(answer.matched)} of {answer.total} clusters{names}"
    _print_line(Text.assemble((answer.job, "bold"), headline), console)
    if answer.blocked:
        rows = [
            (str(blocked.requirement), f"{len(blocked.clusters)} of {answer.total}", str(blocked.lacking))
            for blocked in answer.blocked
        ]
        headings: dict[str, JustifyMethod] = {
            "requirement": "left",
            "fails on": "right",
            "of which lack the subsystem": "right",
        }
        print_table("Requirements that fail", headings, rows, console)
    if answer.near_misses:
        shown = answer.near_misses[: _MOST_ROWS if console.is_terminal else None]
        rows = [(near.cluster, str(near.requirement), near.offered) for near in shown]
        headings = {"cluster": "left", "requirement": "left", "it has": "left"}
        print_table("Clusters that fail by exactly one", headings, rows, console)
        if rest := len(answer.near_misses) - len(shown):
            _print_line(Text(f"and {rest} more (--json lists all)"), console)
    for clusters, reason in (
        (answer.scattered, "meet every requirement, but not together on the nodes that the job needs"),
        (answer.too_small, "cannot host the resources asked for, whatever the requirements"),
    ):
        if clusters:
            line = f"{len(clusters)} of {answer.total} clusters {reason}: {_some(clusters, console)}"
            _print_line(Text(line), console)
    for kind in answer.unknown_types:
        _print_line(Text(f"no cluster has a resource of type {kind!r}"), console)


def print_table(
    title: str, headings: dict[str, JustifyMethod], rows: Sequence[tuple[str, ...]], console: Console
) -> None:
    """Print a table under its title, no wider than a terminal; in a file or pipe each row is a line of its own."""
    from rich.table import Table  # noqa: PLC0415, as above
    from rich.text import Text  # noqa: PLC0415, as above

    table = Table(box=None, pad_edge=False)
    for heading, justify in headings.items():
        table.add_column(heading, justify=justify, overflow="fold")
    for row in rows:
        # A plain string would be searched for codes such as :bug:.
        table.add_row(*map(Text, row))
    if not console.is_terminal:
        table.width = console.measure(table, options=console.options.update(width=sys.maxsize)).maximum
    _print_line(Text(title, "italic"), console)
    _print_line(table, console)


def _print_line(line: Text | Table, console: Console) -> None:
    console.print(line, soft_wrap=not console.is_terminal)


def _some(names: tuple[str, ...], console: Console) -> str:
    rest = len(names) - _MOST_NAMES
    if rest <= 0 or not console.is_terminal:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {rest} more"

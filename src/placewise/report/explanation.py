"""Why a job fits where it fits, for a terminal and as plain values for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from placewise.matching.why_not import WhyNot

if TYPE_CHECKING:
    from rich.console import Console

_MOST_NAMES = 8
_MOST_ROWS = 20


def explanation_document(answer: WhyNot) -> dict[str, Any]:
    """Return an explanation as mappings and lists; every cluster is named."""
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
    }


def print_explanation(answer: WhyNot, console: Console) -> None:
    """Print an explanation: who matches, which requirements fail where, and who fails by one alone."""
    from rich.markup import escape  # noqa: PLC0415, the JSON path needs no terminal library
    from rich.table import Table  # noqa: PLC0415

    console.print(f"[bold]{escape(answer.job)}[/bold] matches {len(answer.matched)} of {answer.total} clusters", end="")
    console.print(f": {escape(_some(answer.matched))}" if answer.matched else "")
    if answer.blocked:
        table = Table(title="Requirements that fail", title_justify="left", box=None, pad_edge=False)
        table.add_column("requirement", overflow="fold")
        table.add_column("fails on", justify="right", no_wrap=True)
        table.add_column("of which lack the subsystem", justify="right")
        for blocked in answer.blocked:
            table.add_row(
                escape(str(blocked.requirement)), f"{len(blocked.clusters)} of {answer.total}", str(blocked.lacking)
            )
        console.print(table)
    if answer.near_misses:
        table = Table(title="Clusters that fail by exactly one", title_justify="left", box=None, pad_edge=False)
        for column in ("cluster", "requirement", "it has"):
            table.add_column(column, overflow="fold")
        for near in answer.near_misses[:_MOST_ROWS]:
            table.add_row(escape(near.cluster), escape(str(near.requirement)), escape(near.offered))
        console.print(table)
        if (rest := len(answer.near_misses) - _MOST_ROWS) > 0:
            console.print(f"and {rest} more (--json lists all)")
    for clusters, reason in (
        (answer.scattered, "meet every requirement, but not together on the nodes that the job needs"),
        (answer.too_small, "cannot host the resources asked for, whatever the requirements"),
    ):
        if clusters:
            console.print(f"{len(clusters)} of {answer.total} clusters {reason}: {escape(_some(clusters))}")


def _some(names: tuple[str, ...]) -> str:
    rest = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")

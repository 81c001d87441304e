"""Why a job fits where it fits, for a terminal and as plain values for JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from placewise.matching.why_not import WhyNot
from placewise.model.requirement import InVersionRange

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod
    from rich.table import Table
    from rich.text import Text

    from placewise.matching.relaxing import Relaxations, Step, Way
    from placewise.model.requirement import Requirement
    from placewise.service.client.values import Explanation

_MOST_NAMES = 8
_MOST_ROWS = 20
_MOST_STEPS = 4
RANGES = "In ranges 3.15: means 3.15 or newer, :1.2 means 1.2, any 1.2.x or older, 1.2:1.4 means from 1.2 to any 1.4.x."


def explanation_document(answer: WhyNot | Explanation, relaxations: Relaxations | None = None) -> dict[str, Any]:
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
        **({} if relaxations is None else _relaxations_document(relaxations)),
    }


def _relaxations_document(found: Relaxations) -> dict[str, Any]:
    return {
        "causes": [
            {
                "requirements": [str(requirement) for requirement in causes.requirements],
                "met_on_different_nodes": causes.scattered,
                "too_small": causes.too_small,
                "clusters": list(causes.clusters),
            }
            for causes in found.causes
        ],
        "relaxations": {
            "fewest_requirements": found.fewest,
            "complete": found.complete,
            "sets": [
                {
                    "requirements": [str(requirement) for requirement in one.requirements],
                    "clusters_gained": list(one.clusters),
                    "widened": [
                        {
                            "requirement": str(way.requirement),
                            "steps": [
                                {
                                    "to": None if step.relaxed is None else str(step.relaxed),
                                    "clusters_gained": list(step.clusters),
                                }
                                for step in way.steps
                            ],
                        }
                        for way in one.ways
                    ],
                }
                for one in found.sets
            ],
        },
    }


def print_explanation(answer: WhyNot | Explanation, console: Console, relaxations: Relaxations | None = None) -> None:
    """Print an explanation: who matches, which requirements fail where, who fails by one alone, what could be relaxed.

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
    if relaxations is not None:
        _print_causes(relaxations, answer.total, console)
        _print_relaxations(relaxations, console)
        if any(_asks_for_versions(requirement) for one in relaxations.causes for requirement in one.requirements):
            _print_line(Text(RANGES), console)


def _print_causes(found: Relaxations, total: int, console: Console) -> None:
    rows = []
    for causes in found.causes:
        fails = [str(requirement) for requirement in causes.requirements]
        fails += ["not together on the nodes needed"] * causes.scattered + ["too small"] * causes.too_small
        rows.append((_some(causes.clusters, console), f"{len(causes.clusters)} of {total}", "; ".join(fails)))
    headings: dict[str, JustifyMethod] = {"clusters": "left", "how many": "right", "fail": "left"}
    print_first_rows("All causes, for clusters that share them", headings, rows, console)


def _print_relaxations(found: Relaxations, console: Console) -> None:
    if found.fewest is None:
        return
    rows = []
    for number, one in enumerate(found.sets, 1):
        for way in one.ways:
            for step in _some_steps(way, console):
                to = "without it" if step.relaxed is None else str(step.relaxed)
                clusters = _some(step.clusters, console)
                rows.append((str(number), to, str(way.requirement), str(len(step.clusters)), clusters))
        if not one.ways:
            together = " and ".join(map(str, one.requirements))
            rows.append((str(number), "without them", together, str(len(one.clusters)), _some(one.clusters, console)))
    headings: dict[str, JustifyMethod] = {
        "set": "right",
        "relaxed to": "left",
        "instead of": "left",
        "more clusters": "right",
        "which": "left",
    }
    title = "One requirement relaxed gains clusters"
    if found.fewest > 1:
        title = (
            f"No fewer than {found.fewest} requirements have to be relaxed together; "
            "each row gains its clusters if the others of its set are left out"
        )
    if not found.complete:
        title += " (not all combinations were tried)"
    print_first_rows(title, headings, rows, console)


def _some_steps(way: Way, console: Console) -> tuple[Step, ...]:
    """Return the nearest steps and the farthest; all of them where nobody looks."""
    if len(way.steps) <= _MOST_STEPS or not console.is_terminal:
        return way.steps
    return (*way.steps[: _MOST_STEPS - 1], way.steps[-1])


def _asks_for_versions(requirement: Requirement) -> bool:
    return any(isinstance(condition.predicate, InVersionRange) for condition in requirement.conditions)


def print_first_rows(
    title: str, headings: dict[str, JustifyMethod], rows: Sequence[tuple[str, ...]], console: Console
) -> None:
    """Print a table if it has rows: the first of them on a terminal, all of them elsewhere."""
    from rich.text import Text  # noqa: PLC0415, as above

    if not rows:
        return
    shown = rows[: _MOST_ROWS if console.is_terminal else None]
    print_table(title, headings, shown, console)
    if rest := len(rows) - len(shown):
        _print_line(Text(f"and {rest} more (--json lists all)"), console)


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


def print_line(line: str, console: Console) -> None:
    """Print a line of text as it is, without looking for codes in it."""
    from rich.text import Text  # noqa: PLC0415, as above

    _print_line(Text(line), console)


def _print_line(line: Text | Table, console: Console) -> None:
    console.print(line, soft_wrap=not console.is_terminal)


def _some(names: tuple[str, ...], console: Console) -> str:
    rest = len(names) - _MOST_NAMES
    if rest <= 0 or not console.is_terminal:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {rest} more"

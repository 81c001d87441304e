"""Why a job fits where it fits, as tables and lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console, JustifyMethod

from placewise.matching.causes.why_not import WhyNot
from placewise.report.terminal.tables import print_first_rows, print_line, print_table
from placewise.report.words.jobs.explanation import (
    RANGES,
    SCATTERED,
    TOO_SMALL,
    asks_for_versions,
    relaxation_rows,
    relaxation_title,
)

if TYPE_CHECKING:
    from placewise.matching.causes.cause import CausesThere
    from placewise.matching.causes.relaxing import Relaxations, Step, Way
    from placewise.service.client.messages.values import Explanation

_MOST_NAMES = 8
_MOST_STEPS = 4


def print_explanation(answer: WhyNot | Explanation, console: Console, relaxations: Relaxations | None = None) -> None:
    """Print an explanation: who matches, which requirements fail where and why, who fails by one alone, what to relax.

    A terminal is shown the first of many clusters; a file or pipe is given all.
    """
    names = f": {_some(answer.matched, console)}" if answer.matched else ""
    headline = f" matches {len(answer.matched)} of {answer.total} clusters{names}"
    print_line(f"{answer.job}{headline}", console, bold=len(answer.job))
    undecided = _undecided(answer)
    rows = [
        (str(blocked.requirement), f"{failing} of {answer.total}", str(blocked.lacking))
        for blocked in answer.blocked
        if (failing := sum(1 for name in blocked.clusters if name not in undecided))
    ]
    if rows:
        headings: dict[str, JustifyMethod] = {
            "requirement": "left",
            "fails on": "right",
            "lack the subsystem": "right",
        }
        print_table("Requirements that fail", headings, rows, console)
        for blocked in answer.blocked:
            # A scheduler elsewhere may be older, and give none.
            _print_lines(f"Why {blocked.requirement} fails", getattr(blocked, "causes", ()), console, undecided)
    if answer.near_misses:
        rows = [
            (near.cluster, str(near.requirement), near.offered)
            for near in answer.near_misses
            if near.cluster not in undecided
        ]
        headings = {"cluster": "left", "requirement": "left", "it has": "left"}
        print_first_rows("Clusters that fail by exactly one requirement", headings, rows, console)
    for clusters, reason in (
        (answer.scattered, SCATTERED),
        (answer.too_small, TOO_SMALL),
    ):
        if clusters:
            line = f"{len(clusters)} of {answer.total} clusters {reason}: {_some(clusters, console)}"
            print_line(line, console)
    _print_lines("Why they are not met together, or not in the amount needed", getattr(answer, "apart", ()), console)
    _print_undecided(answer, console)
    for kind in answer.unknown_types:
        print_line(f"no cluster has a resource of type {kind!r}", console)
    if relaxations is not None:
        _print_causes(relaxations, answer.total, console)
        _print_relaxations(relaxations, console)
        if any(asks_for_versions(requirement) for one in relaxations.causes for requirement in one.requirements):
            print_line(RANGES, console)


def _undecided(answer: WhyNot | Explanation) -> frozenset[str]:
    """Return the clusters that are told of on their own: unknown ones, and those with what cannot be compared."""
    return frozenset(one.cluster for one in (*getattr(answer, "unknown", ()), *getattr(answer, "incomparable", ())))


def _print_lines(
    title: str, causes: Iterable[CausesThere], console: Console, without: frozenset[str] = frozenset()
) -> None:
    """Print each cause on a line, with the clusters where it is; those that most have first."""
    # Branches of an `or` may have one cause, such as that nothing of the subsystem is there.
    clusters: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for there in causes:
        names = dict.fromkeys(name for name in there.clusters if name not in without)
        for cause in there.causes if names else ():
            clusters[str(cause)].update(names)
    if not clusters:
        return
    print_line(title, console, style="italic")
    for line, names in sorted(clusters.items(), key=lambda item: -len(item[1])):
        print_line(f"  {line} ({_some(tuple(names), console)})", console)


def _print_undecided(answer: WhyNot | Explanation, console: Console) -> None:
    unknown, incomparable = getattr(answer, "unknown", ()), getattr(answer, "incomparable", ())
    if unknown:
        title = f"{len(unknown)} of {answer.total} clusters may match; it depends on what is not described"
        print_line(title, console, style="italic")
        facts: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for one in unknown:
            for fact in one.facts:
                facts[str(fact)][one.cluster] = None
        for line, names in sorted(facts.items(), key=lambda item: -len(item[1])):
            print_line(f"  {line} ({_some(tuple(names), console)})", console)
    if incomparable:
        line = f"{len(incomparable)} of {answer.total} clusters have a value that cannot be compared with what is asked"
        print_line(line, console, style="italic")
        for one in incomparable:
            print_line(f"  {one.cluster}: {one.problem}", console)


def _print_causes(found: Relaxations, total: int, console: Console) -> None:
    rows = []
    for causes in found.causes:
        fails = [str(requirement) for requirement in causes.requirements]
        fails += ["not together on the nodes needed"] * causes.scattered + ["too small"] * causes.too_small
        rows.append((_some(causes.clusters, console), f"{len(causes.clusters)} of {total}", "; ".join(fails)))
    headings: dict[str, JustifyMethod] = {"clusters": "left", "how many": "right", "fail": "left"}
    print_first_rows("All causes, by the clusters that share them", headings, rows, console)


def _print_relaxations(found: Relaxations, console: Console) -> None:
    rows = [
        (str(one.number), one.to, one.instead_of, str(len(one.clusters)), _some(one.clusters, console))
        for one in relaxation_rows(found, lambda way: _some_steps(way, console))
    ]
    headings: dict[str, JustifyMethod] = {
        "set": "right",
        "relaxed to": "left",
        "instead of": "left",
        "more clusters": "right",
        "which": "left",
    }
    print_first_rows(relaxation_title(found), headings, rows, console)


def _some_steps(way: Way, console: Console) -> tuple[Step, ...]:
    """Return the nearest steps and the farthest; all of them where nobody looks."""
    if len(way.steps) <= _MOST_STEPS or not console.is_terminal:
        return way.steps
    return (*way.steps[: _MOST_STEPS - 1], way.steps[-1])


def _some(names: tuple[str, ...], console: Console) -> str:
    rest = len(names) - _MOST_NAMES
    if rest <= 0 or not console.is_terminal:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {rest} more"

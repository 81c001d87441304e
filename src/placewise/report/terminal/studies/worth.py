"""What metadata is worth, as tables and sentences."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, JustifyMethod

from placewise.model.results.results import Results
from placewise.model.results.worth import Interval, LevelPoint, SubsystemWorth, Sufficiency, Worth
from placewise.report.data.studies.worth import has_intervals
from placewise.report.terminal.tables import print_line, print_lines, print_table, too_wide
from placewise.report.words.intervals import interval_over
from placewise.report.words.names import BLAME, FAILS_ALONE, KIND_WORDS, LIFT_ALONE, LOSS_IF_DROPPED
from placewise.report.words.numbers import listed, number, share, signed_share
from placewise.report.words.studies.worth import front_found, sufficiency_sentence

_LARGEST = 20
_ELSEWHERE, _RANKS = "on other fleets", "ranks there"
_LEAST = (FAILS_ALONE, BLAME, _RANKS, _ELSEWHERE)
"""What a narrow table is printed without, the first one first."""


def print_worth(worth: Worth, console: Console, *, top: int, left_out: Sequence[str] = ()) -> None:
    """Print what each subsystem is worth, the largest value first, and what the values sum to."""
    first, rest = worth.subsystems[:top], worth.subsystems[top:]
    rows = [_row(one, worth, first) for one in first]
    sides: Sequence[JustifyMethod] = ("left", "right")
    headings = {name: sides[name != "subsystem"] for name in (rows[0] if rows else ())}
    left = too_wide(headings, [tuple(row.values()) for row in rows], _LEAST, console)
    shown = {name: side for name, side in headings.items() if name not in left}
    title = f"What metadata on each of {len(worth.subsystems):,} subsystems is worth, in success of {worth.jobs:,} jobs"
    print_table(title, shown, [tuple(row[name] for name in shown) for row in rows], console)
    if rest:
        together = share(sum(one.value for one in rest))
        line = f"and {len(rest):,} more, worth {together} together (--top {len(worth.subsystems)} lists all)"
        print_line(line, console)
    print_line(
        f"Values sum to {share(sum(one.value for one in worth.subsystems))}: success is {share(worth.nothing)} without "
        f"metadata, {share(worth.everything)} with all metadata; the ceiling is {share(worth.ceiling)}; {_how(worth)}",
        console,
    )
    meanings = {
        "value": "the mean gain over all orders of adding metadata (Shapley)",
        LIFT_ALONE: "the gain of metadata on this subsystem alone",
        LOSS_IF_DROPPED: "the loss when this subsystem alone has no metadata",
        BLAME: f"its share of the {worth.incompatible:,} incompatible (job, cluster) pairs",
        FAILS_ALONE: "the pairs in which no other requirement fails",
    }
    print_lines([f"{name}: {meaning}" for name, meaning in meanings.items() if name in shown], console)
    for kind, found in (("over jobs", "interval"), (_ELSEWHERE, "over_fleets")):
        known = [getattr(one, found) for one in first if getattr(one, found) is not None]
        if known and kind not in left:
            print_line(f"{kind}: the {interval_over(known[0])}, of the value", console)
    if left:
        print_line(f"left out, as the terminal is narrow: {listed(left[::-1])} (--json has all)", console)
    print_lines([f"left out: {line}" for line in left_out], console)


def _row(one: SubsystemWorth, worth: Worth, first: Sequence[SubsystemWorth]) -> dict[str, str]:
    """Return the cells of a subsystem by their headings, which are those of all that are printed."""
    cells = {"subsystem": one.name, "value": share(one.value)}
    if not worth.exact:
        cells["std. error"] = share(one.standard_error)
    if has_intervals(first):
        cells[_interval_heading(first)] = "" if one.interval is None else _ends(one.interval)
    if any(each.over_fleets is not None for each in first):
        cells[_ELSEWHERE] = "" if one.over_fleets is None else _ends(one.over_fleets)
        cells[_RANKS] = "" if one.ranks is None else f"{one.ranks[0]:,} to {one.ranks[1]:,}"
    cells |= {LIFT_ALONE: signed_share(one.single_lift), LOSS_IF_DROPPED: signed_share(one.drop_one_loss)}
    cells[BLAME] = share(one.blame / worth.incompatible if worth.incompatible else 0.0)
    cells[FAILS_ALONE] = f"{one.sole:,}"
    if any(each.net is not None for each in first):
        cells |= {"cost": number(one.collection_cost), "net": number(one.net)}
    return cells


def _ends(interval: Interval) -> str:
    return f"{share(interval.low)} to {share(interval.high)}"


def _interval_heading(rows: Sequence[SubsystemWorth]) -> str:
    few = any(one.interval.is_range for one in rows if one.interval is not None)
    return f"{'range' if few else '95 %'} over jobs"


def _how(worth: Worth) -> str:
    if worth.exact:
        return f"exact, from {worth.coalitions:,} sets of subsystems"
    ratios = [one.standard_error / abs(one.value) for one in worth.subsystems[:_LARGEST] if one.value]
    return (
        f"{worth.coalitions:,} sets of subsystems and {worth.permutations:,} random orders, which leave standard "
        f"errors of up to {share(max(ratios, default=0.0), 2)} of the largest values"
    )


def print_sufficiency(found: Sufficiency, console: Console) -> None:
    """Print the smallest set, what is proven of it, and the way to it."""
    print_line(sufficiency_sentence(found), console)
    members = set(found.metadata)
    last = max((at for at, name in enumerate(found.path, 1) if name in members), default=0)
    rows = [
        (str(at), name if name in members else f"({name})", *map(share, (found.greedy[at], *found.random[:, at])))
        for at, name in enumerate(found.path[:last], 1)
    ]
    headings: dict[str, JustifyMethod] = {"subsystems": "right", "adding": "left"}
    headings |= dict.fromkeys(("success", "random order: 2.5 %", "50 %", "97.5 %"), "right")
    print_table("Greedy order: each step adds what gains most", headings, rows, console)
    print_line(f"the set: {','.join(found.metadata)}", console)


def print_front(results: Results, console: Console) -> None:
    """Print the levels on the Pareto front, by rising cost."""
    points = results.front
    front = sorted((point for point in points if point.on_front), key=lambda point: (point.cost, -point.success))
    rows = [
        (
            number(point.cost),
            KIND_WORDS.get(point.kind, point.kind),
            share(point.success),
            share(point.waste),
            share(point.matched),
            _set(point),
        )
        for point in front
    ]
    headings: dict[str, JustifyMethod] = {"cost": "right", "metadata": "left", "success": "right", "waste": "right"}
    headings |= {"matched jobs": "right", "subsystems": "left"}
    print_table(f"{len(front)} of {len(points):,} levels are on the Pareto front", headings, rows, console)
    print_line(f"waste: the jobs that match and fail; the front is {front_found(results)}", console)


def _set(point: LevelPoint) -> str:
    if len(point.metadata) <= 2:
        return ", ".join(point.metadata)
    return f"up to {point.metadata[-1]}" if point.kind == "greedy" else f"all {len(point.metadata)}"

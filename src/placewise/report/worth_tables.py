"""What metadata is worth, as tables and sentences for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placewise.model.worth import LevelPoint, Sufficiency, Worth
from placewise.report.explanation import print_table
from placewise.report.wording import number, share

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod

_LARGEST = 20


def print_worth(worth: Worth, console: Console, *, top: int) -> None:
    """Print what each subsystem is worth, the largest value first, and what the values sum to."""
    shown = worth.subsystems[:top]
    costly = any(one.net is not None for one in shown)
    uncertain = any(one.interval is not None for one in shown)
    headings: dict[str, JustifyMethod] = {"subsystem": "left", "value": "right"}
    if not worth.exact:
        headings["std. error"] = "right"
    if uncertain:
        headings["95 % over jobs"] = "right"
    headings |= {"told alone": "right", "left out": "right", "refuses": "right", "alone to blame": "right"}
    if costly:
        headings |= {"cost": "right", "net": "right"}
    rows = []
    for one in shown:
        cells = [one.name, share(one.value)]
        if not worth.exact:
            cells.append(share(one.standard_error))
        if uncertain:
            cells.append("" if one.interval is None else f"{share(one.interval.low)} to {share(one.interval.high)}")
        cells += [_signed(one.single_lift), _signed(-one.drop_one_loss)]
        cells += [share(one.blame / worth.incompatible if worth.incompatible else 0.0), f"{one.sole:,}"]
        if costly:
            cells += [number(one.collection_cost), number(one.net)]
        rows.append(tuple(cells))
    title = f"What each of {len(worth.subsystems):,} subsystems is worth, in joint success of {worth.jobs:,} jobs"
    print_table(title, headings, rows, console)
    rest = worth.subsystems[top:]
    if rest:
        together = share(sum(one.value for one in rest))
        _say(console, f"and {len(rest):,} more, worth {together} together (--top {len(worth.subsystems)} lists all)")
    how = (
        f"exact, from {worth.coalitions:,} sets of subsystems"
        if worth.exact
        else f"{worth.coalitions:,} sets of subsystems and {worth.permutations:,} random orders"
    )
    if not worth.exact:
        ratios = [one.standard_error / abs(one.value) for one in worth.subsystems[:_LARGEST] if one.value]
        how += f", which leave standard errors of up to {share(max(ratios, default=0.0), 2)} of the largest values"
    total = sum(one.value for one in worth.subsystems)
    _say(
        console,
        f"values sum to {share(total)}: joint success is {share(worth.nothing)} told nothing and"
        f" {share(worth.everything)} told everything, of {share(worth.ceiling)} possible; {how}",
    )
    _say(
        console,
        "value: the mean gain over all orders of telling (Shapley); told alone, left out: the change to nothing and to"
        f" everything; refuses: its part of the {worth.incompatible:,} incompatible (job, cluster) pairs; alone to"
        " blame: the pairs that fail on it only",
    )


def print_sufficiency(found: Sufficiency, console: Console) -> None:
    """Print the smallest set, what is proven of it, and the way to it."""
    wanted = f"{share(found.target)} of the ceiling of {share(found.ceiling)}"
    if found.met:
        _say(console, f"{len(found.metadata)} of {len(found.path)} subsystems suffice for {wanted}")
    else:
        _say(console, f"no set of subsystems was found that reaches {wanted}; this is the best of those tried")
    told = set(found.metadata)
    last = max((at for at, name in enumerate(found.path, 1) if name in told), default=0)
    rows = [
        (
            str(at),
            name if name in told else f"({name})",
            share(float(found.greedy[at])),
            *map(share, found.random[:, at].tolist()),
        )
        for at, name in enumerate(found.path[:last], 1)
    ]
    headings: dict[str, JustifyMethod] = {
        "told": "right",
        "subsystem": "left",
        "joint success": "right",
        "random order: 2.5 %": "right",
        "50 %": "right",
        "97.5 %": "right",
    }
    print_table("Told one after the other, each time what adds most", headings, rows, console)
    _say(console, f"the set: {','.join(found.metadata)}")
    _say(console, f"joint success told these: {share(found.reached)}, {share(_of(found))} of the ceiling")
    _say(console, certificate(found))


def certificate(found: Sufficiency) -> str:
    """Return what is proven of the set, in words."""
    counted = found.cost == len(found.metadata)
    least = "has fewer" if counted else f"costs less than {number(found.cost)}"
    if found.unreachable:
        return "proven: no set of subsystems reaches the target"
    if not found.met or found.at_least is None:
        return "not proven: another set may do better"
    if found.optimal:
        return f"proven: no set that {least} reaches the target"
    what = f"has fewer than {number(found.at_least)}" if counted else f"costs less than {number(found.at_least)}"
    return f"proven: no set that {what} reaches the target; this one comes to {number(found.cost)}"


def print_front(points: tuple[LevelPoint, ...], console: Console) -> None:
    """Print the levels that no other level beats, by rising cost."""
    front = sorted((point for point in points if point.on_front), key=lambda point: (point.cost, -point.matched))
    rows = [
        (number(point.cost), point.kind, share(point.matched), share(point.success), _told(point)) for point in front
    ]
    headings: dict[str, JustifyMethod] = {
        "cost": "right",
        "kind": "left",
        "jobs matched": "right",
        "joint success": "right",
        "told": "left",
    }
    print_table(f"{len(front)} levels that none of {len(points):,} beats", headings, rows, console)


def _told(point: LevelPoint) -> str:
    if len(point.metadata) <= 2:
        return ", ".join(point.metadata)
    return f"... and {point.metadata[-1]}" if point.kind == "greedy" else f"all {len(point.metadata)}"


def _signed(change: float) -> str:
    return f"{'+' if change > 0 else ''}{share(change + 0.0)}"


def _of(found: Sufficiency) -> float | None:
    return found.reached / found.ceiling if found.ceiling else None


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=not console.is_terminal)

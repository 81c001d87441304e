"""Copies of a request whose parts never compete: each is counted alone, without a search."""

from __future__ import annotations

from placewise.matching.clusters.subtrees import Subtrees
from placewise.matching.shapes.asks import CHOICE, NO_MEASURE, Ask, Demand
from placewise.model.jobs.job import SLOT


def is_simple(ask: Ask) -> bool:
    """Whether vertices only are asked for, in the vertices' own units, and siblings draw on different types."""
    if ask.type in (SLOT, CHOICE) or ask.measure != NO_MEASURE or ask.requirements:
        return False
    return holds_simple(ask.contents)


def holds_simple(contents: Demand) -> bool:
    """Whether what a vertex or a slot holds is simple."""
    drawn: set[str] = set()
    for inside, _ in contents:
        simple = holds_simple(inside.contents) if inside.type == SLOT else is_simple(inside)
        if not simple or not drawn.isdisjoint(inside.drawn):
            return False
        drawn |= inside.drawn
    return True


def opened_slots(contents: Demand) -> Demand:
    """Return simple contents without slots: inside one vertex they keep nothing together that is not already."""
    return tuple(
        [
            pair
            for ask, count in contents
            for pair in (
                [(inner, each * count) for inner, each in opened_slots(ask.contents)]
                if ask.type == SLOT
                else [(ask, count)]
            )
        ]
    )


def simple_bundles(trees: Subtrees, number: int, contents: Demand) -> int:
    """Return how many times the contents fit inside a subtree's topmost vertex, which is a place or inside one."""
    least = -1
    for ask, count in contents:
        one = simple_bundles(trees, number, ask.contents) if ask.type == SLOT else simple_count(trees, number, ask)
        copies = one // count
        if copies <= 0:
            return 0
        if least < 0 or copies < least:
            least = copies
    return least


def simple_count(trees: Subtrees, number: int, ask: Ask) -> int:
    """Return how many of an ask fit inside a subtree's topmost vertex, that vertex left out."""
    kind, types, below = ask.type, trees.types, trees.below
    found = 0
    waiting = [(number, 1)]
    while waiting:
        at, times = waiting.pop()
        for child, each in below[at]:
            if types[child] == kind:
                found += times * each * simple_offer(trees, child, ask)
            elif kind in trees.inside[child]:
                waiting.append((child, times * each))
    return found


def simple_offer(trees: Subtrees, number: int, ask: Ask) -> int:
    """Return how many of an ask the topmost vertex of a subtree of its type is."""
    size = trees.sizes[number]
    return min(size, simple_bundles(trees, number, ask.contents)) if ask.contents and size else size

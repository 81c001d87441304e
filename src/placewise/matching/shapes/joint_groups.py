"""Groups of resources that may use the same places, put together: they are one demand."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from placewise.errors import InputError
from placewise.model.jobs.job import OR_SLOT, XOR_SLOT, ResourceGroup, Shape

MOST_GROUPS = 16

P = TypeVar("P")


def joint_groups(groups: Iterable[tuple[Shape, P]], key: Callable[[P], Hashable]) -> list[tuple[Shape, P]]:
    """Return the groups that have a shape; those that may use the same places are one, except for alternatives.

    key : tells sets of places apart. Raises InputError for more than MOST_GROUPS that differ.
    """
    merged: dict[tuple[int, Hashable], tuple[Shape, P]] = {}
    for number, (shape, places) in enumerate(groups):
        if shape:
            alternatives = any(request.type in (OR_SLOT, XOR_SLOT) for request in shape)
            same = (number if alternatives else -1, key(places))
            merged[same] = ((*merged[same][0], *shape) if same in merged else shape, places)
    if len(merged) > MOST_GROUPS:
        raise InputError(
            "too many groups of resources have different requirements",
            found=len(merged),
            expected=f"at most {MOST_GROUPS} in a job; several jobs can ask for more",
        )
    return [(ResourceGroup(shape).shape, places) for shape, places in merged.values()]

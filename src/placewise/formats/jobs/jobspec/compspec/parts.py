"""Whether what one group of resources asks for is a part of what others do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from placewise.errors import InputError
from placewise.model.jobs.job import XOR_SLOT, ResourceGroup, ResourceRequest, Shape

_MOST = 100_000


@dataclass(slots=True)
class Parts:
    """The groups that are asked for, and how many more requests may be compared."""

    groups: Sequence[ResourceGroup]
    left: int = _MOST

    def hold(self, inner: ResourceGroup) -> bool:
        """Whether one of the groups asks for all that this one does. Raises InputError beyond the bound."""
        return any(self._inside(inner, outer) for outer in self.groups)

    def _inside(self, inner: ResourceGroup, outer: ResourceGroup) -> bool:
        self._spend(len(inner.requirements) + len(outer.requirements))
        return set(inner.requirements) <= set(outer.requirements) and all(
            any(self._part(one, whole, 1) for whole in _taken(outer.shape)) for one in inner.shape
        )

    def _part(self, inner: ResourceRequest, outer: ResourceRequest, times: int) -> bool:
        self._spend(1 + len(inner.requirements) + len(outer.requirements))
        if (inner.type, inner.unit) != (outer.type, outer.unit):
            return any(self._part(inner, one, times * outer.count) for one in outer.contents)
        left = list(outer.contents)
        for one in inner.contents:
            position = next((i for i, whole in enumerate(left) if self._part(one, whole, 1)), None)
            if position is None:
                return False
            del left[position]
        return inner.count <= outer.count * times and set(inner.requirements) <= set(outer.requirements)

    def _spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise InputError(
                "the resources inside of groups take too long to compare", expected=f"at most {_MOST} steps"
            )


def _taken(shape: Shape) -> Shape:
    """Return the requests of a shape, those of a choice only where there is no other."""
    slots = [one for one in shape if one.type == XOR_SLOT]
    if not slots:
        return shape
    return slots[0].contents if len(slots) == 1 else ()

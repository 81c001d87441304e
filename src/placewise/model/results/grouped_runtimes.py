"""How long the builds of a package take by what they ran on, which is known before a run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from placewise.errors import InputError


@dataclass(frozen=True, slots=True)
class Group:
    """Builds on the same of the first facts: those of the same arch, say, or of the same arch and compiler.

    values : of the first facts, as many as the group has in common; none for all builds of the package.
    runtime_s : the mean duration that is expected of them.
    """

    values: tuple[str, ...]
    runtime_s: float


@dataclass(frozen=True, slots=True)
class GroupedRuntimes:
    """The runtimes of all groups of a package. Raises InputError without that of all builds, and for a group twice."""

    groups: tuple[Group, ...]
    _runtime: dict[tuple[str, ...], float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", tuple(sorted(self.groups, key=lambda group: group.values)))
        runtime = {group.values: group.runtime_s for group in self.groups}
        object.__setattr__(self, "_runtime", runtime)
        if () not in runtime or len(runtime) < len(self.groups):
            raise InputError(
                "groups of builds are not usable", found=len(runtime), expected="each once, and all builds"
            )
        for value in runtime.values():
            if not 0 < value < math.inf:
                raise InputError("a runtime is not usable", found=value, expected="a number above 0")

    def at(self, values: Sequence[str | None]) -> float:
        """Return the runtime (s) on these values of the facts: of the smallest group that they are known to be in.

        A value that is None, not known, goes with the builds of which it was not known either, whose value is empty.
        """
        known = tuple(value or "" for value in values)
        while known not in self._runtime:
            known = known[:-1]
        return self._runtime[known]

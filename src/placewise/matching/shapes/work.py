"""A budget of work: an exact search counts its steps, and a job that needs too many is refused.

One budget is for all of a job: its groups, its alternatives, and every cluster, partition and place class of the fleet.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from placewise.errors import InputError

STEPS = 14_000
STEPS_OF_A_CLUSTER = 350
"""So many steps are for each job, and so many more for each cluster of the fleet; a step is 2 to 3 us."""

PART_BESIDES = 4
"""What is asked besides where a job matches has this part of the budget once more."""


@dataclass(slots=True)
class Work:
    """How many steps are left for one job on one fleet; the count is the same on every machine.

    known : what was asked within the budget, for those who ask it again.
    check : is given steps as they are counted, and raises what ends the work before its budget does.
    """

    left: int
    known: dict[Hashable, Any] = field(default_factory=dict)
    check: Callable[[int], None] | None = None

    @classmethod
    def of(cls, clusters: int, check: Callable[[int], None] | None = None) -> Work:
        """Return the budget for one job on so many clusters."""
        return cls(STEPS + STEPS_OF_A_CLUSTER * clusters, check=check)

    @classmethod
    def besides(cls, clusters: int, check: Callable[[int], None] | None = None) -> Work:
        """Return the budget for what is asked about one job besides where it matches, such as why it does not."""
        return cls(cls.of(clusters).left // PART_BESIDES, check=check)

    def look(self, steps: int) -> None:
        """Let `check` know of steps that have a bound of their own."""
        if self.check is not None:
            self.check(steps)

    def step(self, steps: int = 1) -> None:
        """Count some steps. Raises InputError when none are left."""
        if self.check is not None:
            self.check(steps)
        self.left -= steps
        if self.left < 0:
            raise InputError(
                "the shape takes too much work to place exactly: too many unlike requests want the same resources",
                expected="fewer unlike requests side by side, as several that are alike with a larger count, "
                "or several jobs",
            )

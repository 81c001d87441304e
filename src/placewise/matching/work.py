"""A budget of work: an exact search counts its steps, and a shape that needs too many is refused."""

from __future__ import annotations

from dataclasses import dataclass

from placewise.errors import InputError


@dataclass(slots=True)
class Work:
    """How many steps are left for one shape on one cluster; the count is the same on every machine."""

    left: int

    def step(self, steps: int = 1) -> None:
        """Count some steps. Raises InputError when none are left."""
        self.left -= steps
        if self.left < 0:
            raise InputError(
                "the shape takes too much work to place exactly: too many unlike requests want the same resources",
                expected="fewer unlike requests side by side, as several that are alike with a larger count, "
                "or several jobs",
            )

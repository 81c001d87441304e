"""Jobs to ask fleets about, of which equal ones are one."""

from __future__ import annotations

from dataclasses import dataclass

from placewise.model.jobs.job import Job


@dataclass(frozen=True, slots=True)
class AskedJobs:
    """Jobs that ask for different things.

    names : of each the names of all jobs that ask for this, in the order in which they were given.
    """

    jobs: tuple[Job, ...]
    names: tuple[tuple[str, ...], ...]

    @property
    def count(self) -> int:
        """How many jobs there are, equal ones too."""
        return sum(map(len, self.names))

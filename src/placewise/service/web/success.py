"""How often jobs succeed on each cluster, by what clusters reported of the newest jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

FEW = 30
"""Below so many jobs a share is shown as of few."""
_TWO_SIDED_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class SuccessRow:
    """A cluster: how many of its jobs finished, and how many failed; at least one."""

    cluster: str
    finished: int
    failed: int

    @property
    def jobs(self) -> int:
        """How many ended."""
        return self.finished + self.failed

    @property
    def share(self) -> float:
        """The share of them that finished."""
        return self.finished / self.jobs

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share by Wilson (1927), which few jobs do not make too narrow."""
        return wilson(self.finished, self.jobs)

    @property
    def few(self) -> bool:
        """Whether they are too few for the share to say much."""
        return self.jobs < FEW


def success_rows(counts: Mapping[int, tuple[int, int]], names: Mapping[int, str]) -> Sequence[SuccessRow]:
    """Return a row for each cluster of `names` (by id) of which jobs ended, that with the lowest share first."""
    rows = (SuccessRow(names[number], *ended) for number, ended in counts.items() if number in names and any(ended))
    return sorted(rows, key=lambda row: (row.share, -row.jobs, row.cluster))


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, of one trial or more."""
    z = _TWO_SIDED_95
    share, spread = successes / trials, z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return (0.0 if successes == 0 else max(0.0, middle - half)), (
        1.0 if successes == trials else min(1.0, middle + half)
    )

"""Timings of one run, as values, as a document and as a table."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")

_UNITS = ((1.0, "s"), (1e-3, "ms"), (0.0, "us"))


def median_seconds(
    act: Callable[[T], object], *, prepare: Callable[[], T], runs: int, budget_s: float
) -> tuple[float, int]:
    """Return the median time of `act` and how often it was timed, after one run that does not count.

    `prepare` makes what each run is given, outside the clock. No more runs are begun once they have taken
    `budget_s` together; one is timed always.
    """
    act(prepare())
    begun = time.perf_counter()
    seconds: list[float] = []
    while len(seconds) < runs and (not seconds or time.perf_counter() - begun < budget_s):
        given = prepare()
        start = time.perf_counter()
        act(given)
        seconds.append(time.perf_counter() - start)
    return median(seconds), len(seconds)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the answers of a peer compare with ours: (job, cluster) pairs compared, and those that differ."""

    pairs: int
    differing: int


@dataclass(frozen=True, slots=True)
class Timing:
    """What one way to do one thing took.

    size : jobs and clusters of the case, as a title.
    name, includes : what was measured, and what is inside the clock.
    jobs : jobs done in one run, where the work is that of jobs.
    seconds : median of one run; None where nothing could be measured, and `note` says why.
    runs : how many runs the median is of.
    agreement : with our matches, for peers.
    peak_bytes : largest resident memory of the process, where it had one of its own.
    moved_bytes : bytes read in one run, where that bounds it: of the rows of sets that were combined.
    """

    size: str
    name: str
    includes: str
    jobs: int | None = None
    seconds: float | None = None
    runs: int = 0
    agreement: Agreement | None = None
    peak_bytes: int | None = None
    note: str = ""
    moved_bytes: int | None = None

    @property
    def jobs_per_s(self) -> float | None:
        """Jobs a second."""
        return self.jobs / self.seconds if self.jobs and self.seconds else None

    @property
    def bytes_per_s(self) -> float | None:
        """Bytes read a second."""
        return self.moved_bytes / self.seconds if self.moved_bytes and self.seconds else None


@dataclass(frozen=True, slots=True)
class Timings:
    """All timings of a run.

    machine : what they were measured on, by name.
    """

    machine: dict[str, str]
    rows: tuple[Timing, ...] = field(default=())

    def document(self) -> dict[str, Any]:
        """Return the timings as a plain document: seconds, jobs a second, bytes."""
        return {
            "machine": dict(self.machine),
            "timings": [
                {**asdict(row), "jobs_per_s": row.jobs_per_s, "bytes_per_s": row.bytes_per_s} for row in self.rows
            ],
        }

    def print(self, console: Console) -> None:
        """Print one table for each size, in 80 columns or more."""
        from rich.table import Table  # noqa: PLC0415, rich is slow to load and only wanted here

        console.print(" · ".join(f"{name} {value}" for name, value in self.machine.items()), highlight=False)
        for size, rows in groupby(self.rows, key=lambda row: row.size):
            table = Table(title=f"\n{size}", title_justify="left", box=None, header_style="bold", pad_edge=False)
            table.add_column("what is in the clock", ratio=1)
            for column in ("median", "runs", "jobs/s"):
                table.add_column(column, justify="right", no_wrap=True)
            for row in rows:
                about = "; ".join(part for part in (row.includes, row.note, _remarks(row)) if part)
                table.add_row(
                    f"[bold]{row.name}[/bold]\n[dim]{about}[/dim]",
                    "-" if row.seconds is None else duration_text(row.seconds),
                    str(row.runs) if row.runs else "-",
                    "-" if row.jobs_per_s is None else f"{row.jobs_per_s:,.0f}",
                )
            console.print(table)


def duration_text(seconds: float) -> str:
    """Return a duration in the largest unit that leaves a digit before the point."""
    least, unit = next((least, unit) for least, unit in _UNITS if seconds >= least)
    return f"{seconds / (least or 1e-6):.3g} {unit}"


def _remarks(row: Timing) -> str:
    remarks = []
    if row.agreement is not None:
        compared, differing = row.agreement.pairs, row.agreement.differing
        remarks.append(f"{differing:,} of {compared:,} pairs differ from ours" if differing else "agrees with ours")
    if row.bytes_per_s is not None:
        remarks.append(f"{row.bytes_per_s / 1e9:,.0f} GB/s read")
    if row.peak_bytes is not None:
        remarks.append(f"peak memory {row.peak_bytes / 1e9:.2f} GB")
    return "; ".join(remarks)

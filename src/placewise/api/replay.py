"""Replays as Python users meet them: a trace on a fleet over virtual time."""

from __future__ import annotations

import shlex
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa

from placewise.api.tables import table_html
from placewise.formats.results.replay_files import read_replay, write_replay
from placewise.formats.results.replay_jobs import replay_table
from placewise.formats.results.results_names import REPLAY, REPLAYED
from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
from placewise.formats.writing import staged
from placewise.model.fleets.cluster import Fleet
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.replayed import Replayed
from placewise.model.traces.trace import Trace
from placewise.model.traces.trace_cleaning import Cleaning
from placewise.replays.replaying import cleaned_for, replay_trace
from placewise.replays.run import EngineName
from placewise.replays.summaries.weeks import RESAMPLES
from placewise.report.words.numbers import share
from placewise.report.words.replays.replay import QUANTITY_WORDS, quantity_amount


class Replay(Replayed):
    """A replay and its answer: `summary` sums it up, `schedule` has every attempt."""

    __slots__ = ()

    @classmethod
    def _of(cls, found: Replayed) -> Replay:
        return cls(**{field.name: getattr(found, field.name) for field in fields(Replayed)})

    @classmethod
    def read(cls, folder: str | Path) -> Replay:
        """Read the folder of a replay; its trace has of each job what `jobs.parquet` has.

        Raises InputError naming file and place.
        """
        return cls._of(read_replay(Path(folder)))

    def to_arrow(self) -> pa.Table:
        """Return the attempts as an Arrow table, a row each, as in `jobs.parquet`."""
        return replay_table(self.trace, self.schedule)

    def save(self, folder: str | Path, *, plots: bool = True, force: bool = False) -> None:
        """Write the folder that `placewise replay --out` writes.

        Raises InputError when it holds files of somebody else, unless `force` says to replace them.
        """
        with staged(Path(folder), owned=REPLAY, marks=REPLAYED, force=force) as stage:
            write_replay(stage, self)
            if plots:
                from placewise.report.page.replay_page import draw_replay  # noqa: PLC0415, loads matplotlib

                draw_replay(self, stage, command=shlex.join(sys.argv))

    def _repr_html_(self) -> str:
        rows = []
        for quantity, word in QUANTITY_WORDS.items():
            spread = getattr(self.summary.waits, quantity)
            if spread is not None:
                names = ("mean", "median", "p95", "p99", "max")
                rows.append((word, *(quantity_amount(quantity, getattr(spread, name)) for name in names)))
        use = f"<p>{self.summary.waits.jobs:,} jobs started; utilisation {share(self.summary.utilisation, 3)}.</p>"
        return use + table_html(("of a job", "mean", "median", "p95", "p99", "max"), rows)


def replay(
    trace: Trace,
    fleet: Fleet | None = None,
    policy: str = "easy",
    *,
    clean: Cleaning = "strict",
    metadata: tuple[str, ...] | list[str] | None = None,
    resamples: int = RESAMPLES,
    engine: EngineName = "auto",
    **settings: Any,
) -> Replay:
    """Run the jobs of a trace on a fleet over virtual time.

    fleet : the machines that the trace describes if None. policy : the queue policy of every cluster: fcfs, sjf, easy,
    easy-sjbf or conservative. clean : which jobs are left out (see `placewise trace`). metadata : the pieces of the
    jobs' requirements that the scheduler has; None for all, empty for none. resamples : of the weeks, for the
    intervals. settings : the other fields of `ReplaySettings`, such as `place`, `estimates`, `retries`, `seed`.

    Raises InputError for a trace, a fleet or settings that cannot be replayed.

    >>> found = replay(read_trace("kth.swf.gz"), policy="easy-sjbf", estimates="exact")  # doctest: +SKIP
    >>> found.summary.waits.bounded_slowdown.mean  # doctest: +SKIP
    49.84771893134064
    """
    chosen = ReplaySettings(policy=policy, **settings)  # type: ignore[arg-type]  # refuses other texts
    cleaned = cleaned_for(trace, clean, fleet)
    return Replay._of(  # noqa: SLF001, ours
        replay_trace(
            cleaned,
            fleet_of_trace(trace) if fleet is None else fleet,
            chosen,
            origin="the machines of the trace" if fleet is None else "a fleet in memory",
            metadata=None if metadata is None else tuple(metadata),
            resamples=resamples,
            engine=engine,
        )
    )

"""The folder of a replay: `jobs.parquet`, `jobs.csv` with Batsim's columns, and `summary.json`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.codec import Codecs, Layout
from placewise.formats.reading import found_at, read_json
from placewise.formats.results.batsim_jobs import writing_batsim_jobs
from placewise.formats.results.replay_jobs import attempts_of, read_replay_jobs, writing_replay_jobs
from placewise.formats.results.results_names import JOBS, JOBS_CSV, SUMMARY
from placewise.formats.writing import write_json
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.replay_allocation import MOST_ATTEMPTS, Held, allocations
from placewise.model.traces.replay_summary import ReplaySummary, Waits, Work
from placewise.model.traces.replayed import Answer, Attempts, Replayed, TraceRecord

_CODECS = Codecs(
    {
        TraceRecord: Layout(by_name=frozenset({"dropped", "left_out"})),
        Waits: Layout(
            description="wait_s: from each submission to the start; turnaround_s: from the first submission to the "
            "last end; bounded_slowdown: max(1, turnaround / max(runtime, 10 s)); over the jobs that started"
        ),
        Work: Layout(
            description="processor-seconds of attempts, those of failed ones being wasted; cost in price units"
        ),
        ReplaySummary: Layout(
            description="over the jobs first submitted between warm-up and cool-down; never_started: in no other "
            "figure; utilisation: processor-seconds used between the first submission and the last end, less warm-up "
            "and cool-down; fairness: Jain's index over the users' mean bounded slowdowns"
        ),
    }
)


def summary_document(replayed: Answer) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    return {
        "replay": {
            "trace": _CODECS.write(replayed.record),
            "fleet": replayed.fleet,
            "metadata": None if replayed.metadata is None else list(replayed.metadata),
            "settings": _CODECS.write(replayed.settings),
        },
        "summary": _CODECS.write(replayed.summary),
    }


def write_replay(folder: Path, replayed: Replayed) -> None:
    """Write the files of a replay, but for its pictures."""
    write_summary(folder, replayed)
    held = allocations(replayed.schedule) if len(replayed.schedule) <= MOST_ATTEMPTS else ()
    with writing_attempts(folder) as take:
        for attempts in attempts_of(replayed.trace, replayed.schedule):
            take(attempts, held)


@contextlib.contextmanager
def writing_attempts(folder: Path) -> Iterator[TakeAttempts]:
    """Yield what takes the attempts of a replay in, in their order, and writes them as they come."""
    with writing_replay_jobs(folder / JOBS) as to_parquet, writing_batsim_jobs(folder / JOBS_CSV) as to_csv:

        def take(attempts: Attempts, held: Sequence[Held] = ()) -> None:
            to_parquet(attempts)
            to_csv(attempts, held)

        yield take


class TakeAttempts(Protocol):
    """Takes attempts in. held : the processors that each has; nothing where they are not laid out."""

    def __call__(self, attempts: Attempts, held: Sequence[Held] = ()) -> None:
        """Take further attempts in."""


def write_summary(folder: Path, answer: Answer) -> None:
    """Write what a replay comes to."""
    write_json(folder / SUMMARY, summary_document(answer))


def is_replay(folder: Path) -> bool:
    """Whether a folder holds a replay."""
    return found_at(folder / JOBS) == "file" and found_at(folder / SUMMARY) == "file"


def read_replay(folder: Path) -> Replayed:
    """Read the folder of a replay; its trace has of each job what `jobs.parquet` has.

    Raises InputError for a folder that holds none, or files of another shape.
    """
    if not is_replay(folder):
        raise InputError("holds no replay", file=folder, expected=f"a folder with {SUMMARY} and {JOBS}")
    path = folder / SUMMARY
    with locating(file=path):
        document = values.exactly(read_json(path), ("replay", "summary"), "the document")
        about = values.exactly(document["replay"], ("trace", "fleet", "metadata", "settings"), "replay")
        record = _CODECS.read(TraceRecord, about["trace"], "replay.trace")
        settings = _CODECS.read(ReplaySettings, about["settings"], "replay.settings")
        summary = _CODECS.read(ReplaySummary, document["summary"], "summary")
        metadata = _CODECS.of(tuple[str, ...] | None).read(about["metadata"], "replay.metadata")
        fleet = values.text(about["fleet"], "replay.fleet")
    clusters = [(one.name, one.processors) for one in summary.clusters]
    trace, schedule = read_replay_jobs(folder / JOBS, clusters, record.source)
    return Replayed(record, fleet, settings, metadata, summary, trace, schedule)

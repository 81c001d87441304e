"""The same replay of the whole trace and by parts, both written down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from random_replays import random_case

from placewise.formats.results.replay_files import write_summary, writing_attempts
from placewise.formats.results.replay_jobs import attempts_of
from placewise.formats.traces.parquet_trace import (
    jobs_in,
    read_batches,
    read_parquet_trace,
    says,
    write_parquet_trace,
)
from placewise.model.fleets.cluster import Fleet
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.trace import Trace
from placewise.replays.inputs.trace_parts import PartSource, looked_over
from placewise.replays.replaying import cleaned_for, processors_of_largest, replay_trace
from placewise.replays.streaming import replay_parts


def sorted_trace(seed: int, jobs: int) -> tuple[Trace, Fleet]:
    """A random trace in the order of submission, some of whose jobs a filter drops, with names and preceding jobs."""
    case = random_case(seed, jobs=jobs)
    trace, draw = case.trace, np.random.default_rng((seed, 2))
    count = len(trace)
    runtime = np.where(draw.random(count) < 0.1, -1, trace.runtime_s) if draw.random() < 0.5 else trace.runtime_s
    names = tuple(f"={job}é" for job in range(count)) if draw.random() < 0.5 else trace.names
    ordered = trace.of(np.argsort(trace.submit_s, kind="stable"))
    after = np.where(ordered.after < np.arange(count), ordered.after, -1)
    return replace(ordered, runtime_s=runtime, names=names, after=after), case.fleet


def source_of(path: Path, fleet: Fleet, cleaning: str) -> PartSource:
    largest = processors_of_largest(fleet, 1)
    return PartSource(lambda: read_batches(path), jobs_in(path), says(path, "requested_s"), cleaning, largest)


def both_ways(
    trace: Trace, fleet: Fleet, settings: ReplaySettings, size: int, folder: Path, **how: object
) -> tuple[Path, Path]:
    """Write the folders of a replay of the whole trace and of one by parts of so many jobs; return them."""
    path, whole, streamed = folder / "trace.parquet", folder / "whole", folder / "streamed"
    rows = np.arange(len(trace))
    write_parquet_trace(path, (trace.of(rows[at : at + size]) for at in range(0, len(trace), size)))
    cleaned = cleaned_for(read_parquet_trace(path), "strict", fleet)
    found = replay_trace(cleaned, fleet, settings, engine="numba", resamples=50, **how)
    write_summary(whole, found)
    with writing_attempts(whole) as take:  # without the processors that each attempt has
        for attempts in attempts_of(found.trace, found.schedule):
            take(attempts)
    with writing_attempts(streamed) as take:
        parts = looked_over(source_of(path, fleet, "strict"))
        write_summary(streamed, replay_parts(parts, fleet, settings, resamples=50, take=take, **how))
    return whole, streamed

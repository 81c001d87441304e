"""Expectations held against a fleet, in one call."""

from __future__ import annotations

from pathlib import Path

from placewise.advice.checking import Asking
from placewise.advice.checking import check as held
from placewise.api.tables import table_html
from placewise.formats.advice.expectations_file import read_expectations
from placewise.formats.queues.reading import read_queue_state
from placewise.formats.records.success_model_file import read_success_model
from placewise.matching.match import Match
from placewise.model.advice.check import Check as CheckValue
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.job import Job
from placewise.model.traces.start_estimate import StartEstimate
from placewise.prediction.success.model_outcomes import ModelOutcomes
from placewise.replays.start_estimates import estimate_starts
from placewise.report.words.jobs.checks import broken_lines


class Check(CheckValue):
    """Expectations held against a fleet: `holds`, and a line in `lines` for each that does not."""

    __slots__ = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """What is not as expected, each as one line a person can read."""
        return tuple(f"{job.expected.name}: {line}" for job in self.broken for line in broken_lines(job))

    def _repr_html_(self) -> str:
        rows = [
            (job.expected.name, "; ".join(broken_lines(job)) or "holds", f"{len(job.now.matched):,}")
            for job in self.jobs
        ]
        return table_html(("job", "expectation", "clusters that match"), rows)


def check(fleet: Fleet, expectations: str | Path) -> Check:
    """Hold a file of expectations against a fleet; its model and queue are read, its own fleet is not.

    Raises InputError for a file that cannot be read, and as `match` does.

    >>> check(read_fleet("demo"), "expectations.yaml").holds
    True
    """
    read, _ = read_expectations(Path(expectations))
    model = None if read.model is None else ModelOutcomes(read_success_model(read.model))
    state = None if read.queue is None else read_queue_state(read.queue)

    def starts(job: Job, found: Match) -> StartEstimate:
        assert state is not None
        return estimate_starts(fleet, found.positions, job, state)

    found = held(read, Asking(fleet, "the fleet", model, None if state is None else starts))
    return Check(found.file, found.fleet, found.jobs)

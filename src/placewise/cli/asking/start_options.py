"""The options that say what runs and what waits, for when a job would start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.options.panels import STARTS
from placewise.cli.options.traces import StartQueuePolicy
from placewise.cli.over_time.replay_options import policies_of, seconds_given
from placewise.errors import InputError

if TYPE_CHECKING:
    from placewise.cli.asking.asked_jobs import Answered
    from placewise.matching.match import Match
    from placewise.model.fleets.cluster import Fleet
    from placewise.model.jobs.job import Job
    from placewise.model.traces.start_estimate import StartEstimate


@dataclass(frozen=True)
class StartOptions:
    """What says how the queues are planned."""

    queue: Annotated[
        Path | None,
        typer.Option(
            "--queue",
            help="Estimate when jobs start: output of squeue or sacct, or a replay's folder.",
            metavar="PATH",
            show_default=False,
            rich_help_panel=STARTS,
        ),
    ] = None
    policy: StartQueuePolicy = "easy"
    processors: Annotated[
        int | None,
        typer.Option(
            help="Processors that the job takes.",
            min=1,
            metavar="N",
            show_default="the jobspec's cores",
            rich_help_panel=STARTS,
        ),
    ] = None
    limit: Annotated[
        str | None,
        typer.Option(
            help="The job's time limit, such as 2h.",
            metavar="TIME",
            show_default="its duration, else a day",
            rich_help_panel=STARTS,
        ),
    ] = None
    now: Annotated[
        int | None,
        typer.Option(
            help="Current time (Unix); for a replay, seconds of its virtual time.",
            min=0,
            metavar="SECONDS",
            show_default="when the queue was written",
            rich_help_panel=STARTS,
        ),
    ] = None
    zone: Annotated[
        str | None,
        typer.Option(
            help="Time zone of the queue (Europe/Stockholm).",
            metavar="ZONE",
            show_default="UTC",
            rich_help_panel=STARTS,
        ),
    ] = None

    def estimates(self, fleet: Fleet, answers: list[Answered]) -> list[StartEstimate]:
        """Return when each job would start, none without a queue. Raises InputError as `estimate_starts` does."""
        plan = self.planned(fleet)
        return [] if plan is None else [plan(one.asked.job, one.match) for one in answers]

    def planned(self, fleet: Fleet) -> Callable[[Job, Match], StartEstimate] | None:
        """Read the queue, and return what plans it for a job and the clusters that it matches; None without a queue."""
        from placewise.errors import locating
        from placewise.formats.queues.reading import read_queue_state
        from placewise.model.traces.replay import ReplaySettings
        from placewise.replays.start_estimates import estimate_starts

        if self.queue is None:
            if (self.policy, self.processors, self.limit, self.now, self.zone) != ("easy", None, None, None, None):
                raise InputError("no queue is given", expected="--queue PATH beside options of how it is planned")
            return None
        policy, policies = policies_of(self.policy)
        ReplaySettings(policy=policy, policies=policies)  # type: ignore[arg-type]  # refused before anything is read
        limit = None if self.limit is None else seconds_given("--limit", self.limit)
        state = read_queue_state(self.queue, now_s=self.now, zone=self.zone)

        def plan(job: Job, found: Match) -> StartEstimate:
            with locating(file=self.queue):
                return estimate_starts(
                    fleet,
                    found.positions,
                    job,
                    state,
                    policy=policy,  # type: ignore[arg-type]  # refuses other texts
                    policies=policies,  # type: ignore[arg-type]  # likewise
                    processors=self.processors,
                    limit_s=limit,
                )

        return plan

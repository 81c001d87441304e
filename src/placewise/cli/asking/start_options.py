"""The options that say what runs and what waits, for when a job would start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.options import choices
from placewise.cli.over_time.replay_options import QUEUE_POLICY_HELP, policies_of, seconds_given
from placewise.errors import InputError
from placewise.model.traces.queue_policies import QUEUE_POLICIES

if TYPE_CHECKING:
    from placewise.cli.asking.asked_jobs import Answered
    from placewise.matching.match import Match
    from placewise.model.fleets.cluster import Fleet
    from placewise.model.jobs.job import Job
    from placewise.model.traces.start_estimate import StartEstimate

_STARTS = "When it would start"


@dataclass(frozen=True)
class StartOptions:
    """What says how the queues are planned."""

    queue: Annotated[
        Path | None,
        typer.Option(
            "--queue",
            help="What squeue or sacct wrote, as text or JSON, or a replay's folder: also say when the job would start "
            "on the clusters that match.",
            metavar="PATH",
            show_default=False,
            rich_help_panel=_STARTS,
        ),
    ] = None
    policy: Annotated[
        str,
        typer.Option(
            help=QUEUE_POLICY_HELP,
            autocompletion=choices(*QUEUE_POLICIES),
            rich_help_panel=_STARTS,
        ),
    ] = "easy"
    processors: Annotated[
        int | None,
        typer.Option(
            help="Processors that the job asks for; the cores of its jobspec if not given.",
            min=1,
            show_default=False,
            rich_help_panel=_STARTS,
        ),
    ] = None
    limit: Annotated[
        str | None,
        typer.Option(
            help="The job's time limit, such as 2h; its duration if not given, else a day.",
            metavar="TIME",
            show_default=False,
            rich_help_panel=_STARTS,
        ),
    ] = None
    now: Annotated[
        int | None,
        typer.Option(
            help="The moment in Unix time, or of a replay in seconds of its virtual time; when squeue or sacct wrote, "
            "if not given.",
            min=0,
            show_default=False,
            rich_help_panel=_STARTS,
        ),
    ] = None
    zone: Annotated[
        str | None,
        typer.Option(
            help="Time zone of what squeue or sacct wrote, such as Europe/Stockholm; UTC if not given.",
            show_default=False,
            rich_help_panel=_STARTS,
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

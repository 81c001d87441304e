"""The options of a replay."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.options.chance import Seed, WeekResamples
from placewise.cli.options.completing import choices
from placewise.cli.options.panels import FAILURES, SCHEDULING, TRACE, WORK
from placewise.cli.options.traces import (
    Clean,
    Estimates,
    Machines,
    QueuePolicy,
    ReplaySelect,
    TraceFormatName,
    TracePath,
    Zone,
)
from placewise.errors import InputError
from placewise.selection.offered import IN_A_REPLAY, refuse_other_names

if TYPE_CHECKING:
    from placewise.model.fleets.cluster import Fleet
    from placewise.model.traces.replay import ReplaySettings
    from placewise.model.traces.trace_cleaning import Cleaned
    from placewise.replays.inputs.trace_parts import PartSource

_NUMBERS = "Figures of the summary"


@dataclass(frozen=True)
class ReplayOptions:
    """What says which trace is replayed, where, and how."""

    trace: TracePath
    fleet: Annotated[
        Path | None,
        typer.Option(
            "--fleet",
            help="The fleet, as for match.",
            metavar="FLEET",
            show_default="the trace's machines",
            rich_help_panel=TRACE,
        ),
    ] = None
    trace_format: TraceFormatName = None
    machines: Machines = None
    zone: Zone = None
    clean: Clean = "strict"
    policy: QueuePolicy = "easy"
    place: ReplaySelect = "earliest-start"
    late: Annotated[
        bool,
        typer.Option(
            "--late",
            help="Keep one queue for all clusters; a job goes to the first that can start it.",
            rich_help_panel=SCHEDULING,
        ),
    ] = False
    estimates: Estimates = "limit"
    hold: Annotated[
        str,
        typer.Option(
            help="What jobs hold: processors of a cluster's pool, or nodes (cores, memory and GPUs).",
            metavar="UNIT",
            autocompletion=choices("processors", "nodes"),
            rich_help_panel=SCHEDULING,
        ),
    ] = "processors"
    dependencies: Annotated[
        bool,
        typer.Option(
            "--dependencies",
            help="Jobs wait for their preceding job and think time, if the trace has them.",
            rich_help_panel=SCHEDULING,
        ),
    ] = False
    metadata: Annotated[
        str,
        typer.Option(
            "--metadata",
            help="Properties and subsystems with metadata, separated by commas.",
            metavar="NAMES",
            show_default="all",
            rich_help_panel=FAILURES,
        ),
    ] = ""
    without_metadata: Annotated[
        bool,
        typer.Option("--without-metadata", help="Give the scheduler no metadata.", rich_help_panel=FAILURES),
    ] = False
    retries: Annotated[
        int,
        typer.Option(
            help="Times to resubmit a failed job, each time to another cluster.",
            min=0,
            metavar="N",
            rich_help_panel=FAILURES,
        ),
    ] = 0
    fail_after: Annotated[
        str,
        typer.Option(
            "--fail-after",
            help="When a failing job fails: a fraction of its runtime (0.5) or a time (60s).",
            metavar="FRACTION|TIME",
            rich_help_panel=FAILURES,
        ),
    ] = "0"
    warm_up: Annotated[
        str,
        typer.Option(
            "--warm-up",
            help="Leave out jobs submitted within this time of the first, such as 7d.",
            metavar="TIME",
            rich_help_panel=_NUMBERS,
        ),
    ] = "0"
    cool_down: Annotated[
        str,
        typer.Option(
            "--cool-down",
            help="Leave out jobs submitted within this time of the last.",
            metavar="TIME",
            rich_help_panel=_NUMBERS,
        ),
    ] = "0"
    resamples: WeekResamples = 2000
    seed: Seed = 0
    engine: Annotated[
        str,
        typer.Option(
            help="Replay engine: auto, numba, python or plain (slow); results do not change.",
            metavar="ENGINE",
            autocompletion=choices("auto", "numba", "python", "plain"),
            rich_help_panel=WORK,
        ),
    ] = "auto"

    def settings(self) -> ReplaySettings:
        """Return how to replay. Raises InputError for values that no replay takes."""
        from placewise.model.traces.replay import ReplaySettings

        policy, policies = policies_of(self.policy)
        refuse_other_names(self.place, IN_A_REPLAY)
        share, seconds = failing_of(self.fail_after)
        return ReplaySettings(
            policy=policy,  # type: ignore[arg-type]  # the settings refuse other texts
            policies=policies,  # type: ignore[arg-type]  # likewise
            place=self.place,
            late=self.late,
            hold=self.hold,  # type: ignore[arg-type]  # likewise
            estimates=self.estimates,  # type: ignore[arg-type]  # likewise
            fail_after=share,
            fail_after_s=seconds,
            retries=self.retries,
            dependencies=self.dependencies,
            seed=self.seed,
            warm_up_s=seconds_given("--warm-up", self.warm_up),
            cool_down_s=seconds_given("--cool-down", self.cool_down),
        )

    def pieces(self) -> tuple[str, ...] | None:
        """Return on what the scheduler has metadata, None for all."""
        from placewise.model.studies.settings import names_in

        if self.metadata and self.without_metadata:
            raise InputError("metadata on something, or without metadata", expected="--metadata or --without-metadata")
        return tuple(names_in(self.metadata)) if self.metadata or self.without_metadata else None

    def origin(self) -> str:
        """Return where the fleet comes from, in words."""
        return "the machines of the trace" if self.fleet is None else str(self.fleet)

    def read(self) -> tuple[Cleaned, Fleet]:
        """Return the trace after cleaning, and the fleet. Raises InputError as their readers do."""
        from placewise.formats.fleets.fleet_source import read_fleet
        from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
        from placewise.formats.traces.read_trace import read_trace
        from placewise.replays.replaying import cleaned_for

        fleet = None if self.fleet is None else read_fleet(self.fleet)
        found = read_trace(self.trace, self.trace_format, machines=self.machines, zone=self.zone)  # type: ignore[arg-type]
        cleaned = cleaned_for(found, self.clean, fleet)  # type: ignore[arg-type]  # refuses other texts
        return cleaned, fleet_of_trace(found) if fleet is None else fleet

    def parts(self, settings: ReplaySettings) -> tuple[PartSource, Fleet] | None:
        """Return where parts of the trace come from, and the fleet; None where the trace is read whole.

        Raises InputError as their readers do.
        """
        from placewise.formats.fleets.fleet_source import read_fleet
        from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
        from placewise.formats.traces.parquet_trace import jobs_in, read_batches, says
        from placewise.formats.traces.read_trace import is_parquet
        from placewise.replays.inputs.trace_parts import PartSource
        from placewise.replays.replaying import processors_of_largest
        from placewise.replays.streaming import streams

        path, given = Path(self.trace), self.fleet
        if self.trace_format not in (None, "parquet") or not is_parquet(path):
            return None
        jobs = jobs_in(path)
        # What clusters have is seen in what all jobs require.
        if not streams(jobs, settings, self.engine) or (given is None and says(path, "requires")):  # type: ignore[arg-type]
            return None
        first = next(read_batches(path))
        fleet = fleet_of_trace(first, ()) if given is None else read_fleet(given)
        largest = first.largest_machine if given is None else processors_of_largest(fleet, first.processor_parts)
        limits = says(path, "requested_s")
        return PartSource(lambda: read_batches(path), jobs, limits, self.clean, largest), fleet  # type: ignore[arg-type]


def policies_of(text: str) -> tuple[str, dict[str, str]]:
    """Return the policy of all clusters, and those of some; `easy,small=fcfs` names both."""
    parts = [part.strip() for part in text.split(",")]
    plain = [part for part in parts if "=" not in part]
    if len(plain) > 1:
        raise InputError("several policies for all clusters", found=text, expected="one, then CLUSTER=POLICY")
    named = {cluster: policy for cluster, _, policy in (part.rpartition("=") for part in parts) if cluster}
    return plain[0] if plain else "easy", named


def failing_of(text: str) -> tuple[float, int | None]:
    """Return after which share of its runtime, or else how many seconds, a job fails."""
    try:
        share = float(text)
    except ValueError:
        return 0.0, seconds_given("--fail-after", text)
    if not 0 <= share <= 1:
        raise InputError("is not a share", place="--fail-after", found=text, expected="0 to 1, or a time such as 60s")
    return share, None


def seconds_given(option: str, text: str) -> int:
    """Return the whole seconds of an option. Raises InputError for what is no length of time, or too long."""
    from placewise.errors import locating
    from placewise.model.durations import seconds_of

    with locating(place=option):
        found = seconds_of(text)
        if not found < 1 << 40:
            raise InputError("is too long", found=text, expected="a shorter duration")
    return int(found)

"""The command that says which changes of a fleet, or of what jobs ask, are worth making: advise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.asking import IgnoreLimits, JobSources, OptionalFleet
from placewise.cli.options.chance import Seed, WeekResamples
from placewise.cli.options.output import Json
from placewise.cli.options.panels import FLEETS
from placewise.cli.options.traces import (
    Clean,
    Estimates,
    Machines,
    QueuePolicy,
    ReplaySelect,
    TraceFormatName,
    Zone,
)
from placewise.cli.printing import console, print_json
from placewise.errors import InputError, Words
from placewise.selection.offered import IN_A_REPLAY, refuse_other_names

if TYPE_CHECKING:
    from placewise.advice.suggestions.over_time import Timed
    from placewise.advice.suggestions.placed import Placed


@command(
    FLEETS,
    "placewise advise history.txt --fleet clusters/ --select cheapest",
    "placewise advise --jobs jobs.yaml --fleet clusters/",
)
def advise(
    source: Annotated[
        Path | None,
        typer.Argument(help="A trace, an experiment folder or a study file (.toml).", show_default=False),
    ] = None,
    jobs: JobSources = None,
    fleet: OptionalFleet = None,
    top: Annotated[int, typer.Option(help="Changes to list.", min=1, metavar="N")] = 10,
    ignore_limits: IgnoreLimits = False,
    trace_format: TraceFormatName = None,
    machines: Machines = None,
    zone: Zone = None,
    clean: Clean = "strict",
    policy: QueuePolicy = "easy",
    place: ReplaySelect = "earliest-start",
    estimates: Estimates = "limit",
    resamples: WeekResamples = 2000,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Suggest changes to fleet, metadata or jobs that are worth making.

    Changes are: describe a fact, move a price, relax a requirement, change a cluster. Placewise makes each one, matches
    the jobs again, and reports what it gains in success, hours and cost. A trace is replayed for this. Prices are
    moved with --select cheapest only.
    """
    from placewise.advice.suggestions.advise import advise as advised
    from placewise.report.data.jobs.advice import advice_document
    from placewise.report.terminal.jobs.advice import print_advice
    from placewise.report.terminal.progress import stages

    if jobs and source is not None:
        raise InputError("a source is given, and jobs beside it", found=Words(source), expected="one of the two")
    if jobs or (source is not None and _is_study(source)):
        given: dict[str, object] = {"--trace-format": trace_format, "--machines": machines, "--zone": zone}
        usual = {
            "--clean": (clean, "strict"),
            "--queue-policy": (policy, "easy"),
            "--select": (place, "earliest-start"),
            "--estimates": (estimates, "limit"),
        }
        given |= {name: None if said == default else said for name, (said, default) in usual.items()}
        _refuse_idle(given, "no trace is replayed")
    if ignore_limits and not jobs:
        _refuse_idle({"--ignore-limits": True}, "no jobs are given by --jobs")
    with stages(console(stderr=True)) as progress:
        if jobs:
            case: Placed | Timed = _of_jobs(jobs, fleet, ignore_limits)
        elif source is None:
            raise InputError("nothing is asked about", expected="a source, or --jobs and --fleet")
        elif _is_study(source):
            case = _of_study(source, fleet, seed)
        else:
            from placewise.advice.suggestions.cases import case_of_trace
            from placewise.formats.fleets.fleet_source import read_fleet
            from placewise.formats.traces.read_trace import read_trace
            from placewise.model.traces.replay import ReplaySettings

            refuse_other_names(place, IN_A_REPLAY)
            settings = ReplaySettings(
                policy=policy,  # type: ignore[arg-type]  # the settings refuse other texts
                place=place,
                estimates=estimates,  # type: ignore[arg-type]  # likewise
                seed=seed,
            )
            there = None if fleet is None else read_fleet(fleet)
            trace = read_trace(source, trace_format, machines=machines, zone=zone)  # type: ignore[arg-type]  # likewise
            case = case_of_trace(trace, there, settings, cleaning=clean, resamples=resamples)  # type: ignore[arg-type]
        found = advised(case, top=top, progress=progress)
    if json:
        asked = [str(source)] if source is not None else [str(one) for one in jobs or ()]
        print_json({"source": asked, "fleet": None if fleet is None else str(fleet), **advice_document(found)})
    else:
        print_advice(found, console())


def _refuse_idle(given: Mapping[str, object], why: str) -> None:
    """Raise InputError for an option that is given and means nothing here."""
    for name, said in given.items():
        if said is not None:
            raise InputError(f"{name} has no effect where {why}", found=str(said))


def _of_jobs(jobs: list[Path], fleet: Path | None, ignore_limits: bool) -> Placed:
    from placewise.advice.suggestions.cases import case_of_jobs
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.formats.jobs.job_sources import read_jobs

    if fleet is None:
        raise InputError("there are jobs and no fleet to ask", expected="--fleet")
    there = read_fleet(fleet)
    return case_of_jobs(there, (one for path in jobs for one in read_jobs(path)), ignore_limits=ignore_limits)


def _is_study(source: Path) -> bool:
    """Whether a source is an experiment folder or a study file, and no trace."""
    from placewise.formats.experiment_folder import JOBSPECS
    from placewise.formats.fleets.cluster_features import FEATURES
    from placewise.formats.reading import found_at

    if found_at(source) == "folder":
        return any(found_at(source / name) != "nothing" for name in (FEATURES, JOBSPECS))
    return source.suffix == ".toml"


def _of_study(source: Path, fleet: Path | None, seed: int) -> Placed | Timed:
    from placewise.advice.suggestions.cases import case_of_study
    from placewise.formats.cache.input_cache import cache_folder
    from placewise.model.studies.settings import Settings
    from placewise.study.run_settings import settings_of
    from placewise.study.sources import read_study

    if fleet is not None:
        problem = "a study has a fleet of its own"
        raise InputError(problem, file=source, found=Words(f"--fleet {fleet}"), expected="--jobs with --fleet")
    said = settings_of(source) if source.suffix == ".toml" else {}
    chosen = Settings(**said | ({"seed": seed} if seed else {}))
    return case_of_study(read_study(source, settings=chosen, cache=cache_folder()))

"""The command that says which changes of a fleet, or of what jobs ask, are worth making: advise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import (
    Clean,
    IgnoreLimits,
    Json,
    Machines,
    Seed,
    TraceFormatName,
    Zone,
    choices,
    policies_in,
    policy_names,
)
from placewise.cli.over_time.replay_options import QUEUE_POLICY_HELP
from placewise.cli.printing import console, print_json
from placewise.errors import InputError
from placewise.model.traces.queue_policies import ESTIMATES, QUEUE_POLICIES
from placewise.selection.offered import IN_A_REPLAY

if TYPE_CHECKING:
    from placewise.advice.suggestions.over_time import Timed
    from placewise.advice.suggestions.placed import Placed

_TRACE = "Where the source is a trace"


@app.command(rich_help_panel="Fleets and jobs")
def advise(
    source: Annotated[
        Path | None,
        typer.Argument(
            help="A trace, which is replayed; or an experiment folder, or a study file (.toml).", show_default=False
        ),
    ] = None,
    jobs: Annotated[
        list[Path] | None,
        typer.Option(
            "--jobs",
            help="Jobs instead of a source: a jobspec, a list of jobs, a folder of either, or a workload in Parquet; "
            "may be given several times.",
            metavar="JOBS",
            show_default=False,
        ),
    ] = None,
    fleet: Annotated[
        Path | None,
        typer.Option(
            "--fleet",
            help="Clusters, as for match, of jobs or a trace; else the machines that the trace describes.",
            show_default=False,
        ),
    ] = None,
    top: Annotated[int, typer.Option(help="How many changes to list.", min=1)] = 10,
    ignore_limits: IgnoreLimits = False,
    trace_format: TraceFormatName = None,
    machines: Machines = None,
    zone: Zone = None,
    clean: Clean = "strict",
    policy: Annotated[
        str,
        typer.Option(
            help=QUEUE_POLICY_HELP,
            autocompletion=choices(*QUEUE_POLICIES),
            rich_help_panel=_TRACE,
        ),
    ] = "easy",
    place: Annotated[
        str,
        typer.Option(
            help=f"Which policy chooses a job's cluster when it is submitted: {policies_in(IN_A_REPLAY)}; with "
            "cheapest, prices are moved too.",
            autocompletion=policy_names(IN_A_REPLAY),
            rich_help_panel=_TRACE,
        ),
    ] = "earliest-start",
    estimates: Annotated[
        str,
        typer.Option(
            help="How long a job is planned to run, as for replay.",
            autocompletion=choices(*ESTIMATES),
            rich_help_panel=_TRACE,
        ),
    ] = "limit",
    resamples: Annotated[
        int,
        typer.Option(
            help="Resamples of the weeks for the intervals; 0 for none.", min=0, max=1_000_000, rich_help_panel=_TRACE
        ),
    ] = 2000,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Say which changes are worth making: describe a fact, move a price, relax a requirement, change a cluster.

    Each is made, and the jobs are asked again: what it gains in success, hours and cost is what comes of it.
    """
    from placewise.advice.suggestions.advise import advise as advised
    from placewise.report.data.advice import advice_document
    from placewise.report.terminal.advice import print_advice
    from placewise.report.terminal.progress import stages

    if jobs and source is not None:
        raise InputError("a source is given, and jobs beside it", found=str(source), expected="one of the two")
    if jobs or (source is not None and _is_study(source)):
        given: dict[str, object] = {"--trace-format": trace_format, "--machines": machines, "--zone": zone}
        usual = {
            "--clean": (clean, "strict"),
            "--policy": (policy, "easy"),
            "--place": (place, "earliest-start"),
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
            raise InputError(f"{name} means nothing where {why}", found=str(said))


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
    from placewise.formats.experiment_folder import FEATURES, JOBSPECS
    from placewise.formats.reading import found_at

    if found_at(source) == "folder":
        return any(found_at(source / name) != "nothing" for name in (FEATURES, JOBSPECS))
    return source.suffix == ".toml"


def _of_study(source: Path, fleet: Path | None, seed: int) -> Placed | Timed:
    from placewise.advice.suggestions.cases import case_of_study
    from placewise.formats.input_cache import cache_folder
    from placewise.model.studies.settings import Settings
    from placewise.study.run_settings import settings_of
    from placewise.study.sources import read_study

    if fleet is not None:
        problem = "a study has a fleet of its own"
        raise InputError(problem, file=source, found=f"--fleet {fleet}", expected="--jobs with --fleet")
    said = settings_of(source) if source.suffix == ".toml" else {}
    chosen = Settings(**said | ({"seed": seed} if seed else {}))
    return case_of_study(read_study(source, settings=chosen, cache=cache_folder()))

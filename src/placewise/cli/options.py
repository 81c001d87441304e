"""Options that several commands share, in one module, so that each has one name, one help text and one default."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

from placewise.cli.printing import only_documents
from placewise.errors import InputError
from placewise.selection.offered import IN_A_STUDY, WITH_COSTS, built_in, offered

if TYPE_CHECKING:
    from placewise.model.studies.settings import Settings
    from placewise.model.studies.study import Study

T = TypeVar("T")


def study_settings(context: typer.Context, source: Path | None) -> Path | None:
    """Make what a study file says of its run the defaults of the options, so that the command line wins over it."""
    if source is None or source.suffix != ".toml" or context.resilient_parsing:
        return source
    from placewise.formats.reading import found_at
    from placewise.study.run_settings import run_settings

    if found_at(source) == "file":
        settings = run_settings(source)
        context.default_map = {
            key: ",".join(value) if isinstance(value, tuple) else value for key, value in settings.items()
        }
    return source


def choices(*names: str) -> Callable[[str], list[str]]:
    """Return what completes a word of a few in a shell; other words are refused by whoever takes them, in one line."""
    return lambda incomplete: [name for name in names if name.startswith(incomplete)]


def policy_names(known: Collection[str], *more: str) -> Callable[[str], list[str]]:
    """Return what completes the name of a selection policy where these numbers are known; more : further names."""

    def complete(incomplete: str) -> list[str]:
        return choices(*offered(known), *more)(incomplete)  # plugins are looked for when a shell asks

    return complete


def policies_in(known: Collection[str], *more: str) -> str:
    """Return the built-in selection policies that are taken where these numbers are known, in words."""
    return ", ".join((*built_in(known), *more))


def output_path(text: str | Path) -> Path:
    """Return where to write. Raises InputError for an empty name."""
    if not str(text):
        raise InputError("has no name", place="--out", found=text, expected="a path, such as . for this folder")
    return Path(text)


_JOBS = "Fleet and jobs"
_EXPERIMENTS = "Experiments"
_CHANCE = "Chance and intervals"
_COSTS = "Costs and capacity (records of builds)"
_WORK = "Where the work is done"

Seed = Annotated[int, typer.Option(help="Seed of every random choice.", min=0, rich_help_panel=_CHANCE)]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document, and nothing else, on standard output.", callback=only_documents
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there, whoever left it.")]
Html = Annotated[
    Path | None,
    typer.Option(
        "--html",
        help="Also write a page that can be sent to somebody: one file that needs no other.",
        metavar="FILE",
        show_default=False,
    ),
]
Jobspec = Annotated[Path, typer.Argument(help="A jobspec in YAML or JSON, in any of the three dialects.")]
Jobspecs = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Jobspecs in YAML or JSON, in any of the three dialects; several give a table.",
        metavar="JOBSPEC",
        show_default=False,
    ),
]
Require = Annotated[
    list[str] | None,
    typer.Option(
        "--require",
        help="A further requirement of every job, such as 'compiler{name=gcc, version=12:} and not gpu'; may be given "
        "several times, and without a jobspec.",
        metavar="LINE",
        show_default=False,
    ),
]
Unknown = Annotated[
    str,
    typer.Option(
        "--unknown",
        help="Where what is not described decides: separate lists those clusters apart, yes counts them in, no out.",
        metavar="separate|yes|no",
        autocompletion=choices("separate", "yes", "no"),
    ),
]
SeparateEntries = Annotated[
    bool,
    typer.Option(
        "--separate-entries",
        help="Take each entry of a list on its own, as rainbow does: two that name one subsystem may be two vertices.",
    ),
]
IgnoreLimits = Annotated[
    bool,
    typer.Option(
        "--ignore-limits",
        help="Leave out what sites allow: limits of time, accounts and states of partitions, and nodes that are down.",
    ),
]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Name what a jobspec says that decides nothing of where its job can run."),
]
FleetPath = Annotated[
    Path,
    typer.Option(
        "--fleet",
        help="cluster-features.json, a graph or R of Flux's, what another tool prints of its clusters, a folder of "
        "JGF files, or one of such folders.",
    ),
]
Dataset = Annotated[
    str | None,
    typer.Option(
        help="Embedded default: reliabuild (default) or spack-build.",
        show_default=False,
        autocompletion=choices("reliabuild", "spack-build"),
        rich_help_panel=_JOBS,
    ),
]
Scoring = Annotated[
    str,
    typer.Option(
        help="corrected, or published: as the prior work scored.",
        autocompletion=choices("corrected", "published"),
        rich_help_panel=_EXPERIMENTS,
    ),
]
Slack = Annotated[
    float,
    typer.Option(
        help="Where a model decides, and jobs ask for nothing: how far below their best cluster others may be.",
        rich_help_panel=_EXPERIMENTS,
    ),
]
Resamples = Annotated[
    int,
    typer.Option(help="Resamples of the jobs for the intervals; 0 for none.", min=0, rich_help_panel=_CHANCE),
]
Unit = Annotated[
    str | None,
    typer.Option(
        help="What is drawn again for the intervals over jobs: root-package, profile or row; root packages where jobs "
        "say theirs, else profiles, if not given.",
        autocompletion=choices("root-package", "profile", "row"),
        show_default=False,
        rich_help_panel=_CHANCE,
    ),
]
FleetModel = Annotated[
    str,
    typer.Option(
        help="How fleets are drawn: independent, or periodic as the prior work's generator draws them.",
        autocompletion=choices("independent", "periodic"),
        rich_help_panel=_CHANCE,
    ),
]
HoldOut = Annotated[
    str,
    typer.Option(
        help="Judge sets and rankings also on others than they were made on: root-package (the other half of the root "
        "packages), profile (of the profiles) and fleet (fleets drawn anew), with commas between, or none.",
        autocompletion=choices("none", "root-package", "profile", "fleet"),
        rich_help_panel=_CHANCE,
    ),
]
Workers = Annotated[int, typer.Option(help="Processes; results do not change.", min=1, rich_help_panel=_WORK)]
Dask = Annotated[
    str | None,
    typer.Option(
        help="A Dask scheduler instead: its address, or its scheduler file (.json).",
        metavar="ADDRESS",
        show_default=False,
        rich_help_panel=_WORK,
    ),
]
Kernels = Annotated[
    str,
    typer.Option(
        help="Inner loops: numpy, numba, or auto.",
        autocompletion=choices("numpy", "numba", "auto"),
        rich_help_panel=_WORK,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        help="A folder for the JSON file and the figure.", parser=output_path, metavar="PATH", show_default=False
    ),
]

_TRACE = "The trace"
TracePath = Annotated[
    Path,
    typer.Argument(
        help="A trace: SWF, Alea's, what sacct wrote (text or JSON), openb's folder, or Parquet; gzip is unpacked.",
        metavar="TRACE",
    ),
]
TraceFormatName = Annotated[
    str | None,
    typer.Option(
        "--trace-format",
        help="swf, alea, sacct, openb or parquet; seen in the file if not given.",
        show_default=False,
        autocompletion=choices("swf", "alea", "sacct", "openb", "parquet"),
        rich_help_panel=_TRACE,
    ),
]
Machines = Annotated[
    Path | None,
    typer.Option(
        help="The file that describes the clusters of an alea or openb trace; looked for beside it if not given.",
        show_default=False,
        rich_help_panel=_TRACE,
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(
        "--zone",
        help="Time zone of what sacct wrote, such as Europe/Stockholm; UTC if not given.",
        show_default=False,
        rich_help_panel=_TRACE,
    ),
]
Clean = Annotated[
    str,
    typer.Option(
        "--clean",
        help="none, or strict: drop jobs whose size, runtime or limit is not usable, and cut runtimes at the limit.",
        autocompletion=choices("none", "strict"),
        rich_help_panel=_TRACE,
    ),
]


@dataclass(frozen=True)
class StudyOptions:
    """What says which study: the source, and what of it takes part."""

    source: Annotated[
        Path | None,
        typer.Argument(
            help="An experiment folder, or a study file (.toml); without one, the embedded default.",
            show_default=False,
            is_eager=True,
            callback=study_settings,
        ),
    ] = None
    dataset: Dataset = None
    jobs: Annotated[
        int | None,
        typer.Option(help="Only the first so many jobs.", min=1, show_default=False, rich_help_panel=_JOBS),
    ] = None
    scoring: Scoring = "corrected"
    seed: Seed = 0
    slack: Slack = 0.0
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Keep parsed inputs for the next run.", rich_help_panel=_JOBS)
    ] = True

    def settings(self) -> Settings:
        """Return how to run it. Raises InputError for values that no run takes."""
        from placewise.model.studies.settings import Settings

        return Settings(first=self.jobs, scoring=self.scoring, seed=self.seed, slack=self.slack)  # type: ignore[arg-type]  # checked

    def study(self) -> Study:
        """Read or draw the study. Raises InputError as `read_study` does."""
        from placewise.formats.input_cache import cache_folder
        from placewise.study.sources import read_study

        folder = cache_folder() if self.cache else None
        return read_study(self.source, self.dataset, settings=self.settings(), cache=folder)


@dataclass(frozen=True)
class RunOptions(StudyOptions):
    """All that says how a study is run."""

    experiments: Annotated[
        str,
        typer.Option(
            help="Which to run, with commas between; the study's own if not given.",
            autocompletion=choices("none", "single", "expanding", "chosen", "all", "timed"),
            show_default=False,
            rich_help_panel=_EXPERIMENTS,
        ),
    ] = ""
    unique: Annotated[
        bool,
        typer.Option("--unique", help="One job of each distinct set of requirements.", rich_help_panel=_JOBS),
    ] = False
    metadata: Annotated[
        str,
        typer.Option(
            "--metadata",
            "--tell",
            help="One more experiment, chosen: metadata on just these subsystems (questions), with commas between.",
            show_default=False,
            rich_help_panel=_EXPERIMENTS,
        ),
    ] = ""
    order: Annotated[
        str,
        typer.Option(
            help="Order in which expanding adds subsystems: alphabetical, or a file of names.",
            autocompletion=choices("alphabetical"),
            rich_help_panel=_EXPERIMENTS,
        ),
    ] = "alphabetical"
    orders: Annotated[int, typer.Option(help="Random orders to run beside it.", min=0, rich_help_panel=_CHANCE)] = 20
    resamples: Resamples = 1000
    unit: Unit = None
    hold_out: HoldOut = "none"
    fleets: Annotated[
        int, typer.Option(help="Fleets drawn anew like this one; 0 for none.", min=0, rich_help_panel=_CHANCE)
    ] = 20
    fleet_model: FleetModel = "independent"
    sample: Annotated[
        bool,
        typer.Option("--sample", help="Draw one cluster a job; exact expectation if not.", rich_help_panel=_CHANCE),
    ] = False
    policy: Annotated[
        str,
        typer.Option(
            help=f"{policies_in(IN_A_STUDY)}, a plugin, or module:function; all but random are sampled.",
            autocompletion=policy_names(IN_A_STUDY),
            rich_help_panel=_EXPERIMENTS,
        ),
    ] = "random"
    values: Annotated[
        bool | None,
        typer.Option(
            "--values/--no-values",
            help="Work out what metadata is worth; by default if it is shown in the report, or has intervals.",
            show_default=False,
            rich_help_panel=_EXPERIMENTS,
        ),
    ] = None
    unknown: Annotated[
        str,
        typer.Option(
            help="Place a job also where it is unknown whether a requirement holds: no or yes.",
            autocompletion=choices("no", "yes"),
            rich_help_panel=_EXPERIMENTS,
        ),
    ] = "no"
    workers: Workers = 1
    dask: Dask = None
    kernels: Kernels = "numpy"
    choose: Annotated[
        str,
        typer.Option(
            help=f"Who chooses with all metadata: {policies_in(WITH_COSTS)}, a plugin, module:function, or a file of "
            "priorities.",
            autocompletion=policy_names(WITH_COSTS),
            rich_help_panel=_COSTS,
        ),
    ] = "cheapest"
    model: Annotated[
        str,
        typer.Option(
            help="Runtime model: best (for each package, by cross-validation), mean, hierarchical, boosted; or from "
            "memory, known only after a run: best-with-memory, linear, log-linear, knn.",
            autocompletion=choices(
                "best", "best-with-memory", "mean", "hierarchical", "boosted", "linear", "log-linear", "knn"
            ),
            rich_help_panel=_COSTS,
        ),
    ] = "best"
    minimum_builds: Annotated[
        int, typer.Option(help="Packages with fewer builds get no model.", rich_help_panel=_COSTS)
    ] = 100
    fail_after: Annotated[
        float,
        typer.Option(help="Share of its runtime that a job uses where it fails.", min=0, max=1, rich_help_panel=_COSTS),
    ] = 1.0
    nodes_per_job: Annotated[int, typer.Option(help="Nodes that each job takes.", rich_help_panel=_COSTS)] = 2
    nodes_free: Annotated[
        int | None,
        typer.Option(help="Free nodes a cluster; shared out if not given.", show_default=False, rich_help_panel=_COSTS),
    ] = None
    plots: Annotated[bool, typer.Option("--plots/--no-plots", help="Draw the figures and the report page.")] = True

    def settings(self) -> Settings:
        """Return how to run it. Raises InputError for values that no run takes."""
        from placewise.formats.studies.order_file import read_order
        from placewise.formats.studies.selection_config import read_priorities
        from placewise.formats.studies.study_settings import is_file_name
        from placewise.model.studies.settings import Settings, names_in

        from_file = is_file_name(self.choose)
        return Settings(
            experiments=names_in(self.experiments),
            scoring=self.scoring,  # type: ignore[arg-type]  # the settings refuse other texts
            unknown=self.unknown,  # type: ignore[arg-type]  # likewise
            unique=self.unique,
            first=self.jobs,
            order=() if self.order == "alphabetical" else read_order(Path(self.order)),
            orders=self.orders,
            resamples=self.resamples,
            fleets=self.fleets,
            fleet_model=self.fleet_model,  # type: ignore[arg-type]  # likewise
            hold_out=held_out_names(self.hold_out),
            unit=self.unit,  # type: ignore[arg-type]  # likewise
            seed=self.seed,
            sample=self.sample,
            policy=self.policy,
            metadata=names_in(self.metadata),
            values=self.plots or self.resamples > 0 if self.values is None else self.values,
            choose="constraint" if from_file else self.choose,
            priorities=read_priorities(Path(self.choose)) if from_file else (),
            model=self.model,  # type: ignore[arg-type]  # likewise
            minimum_builds=self.minimum_builds,
            fail_after=self.fail_after,
            nodes_per_job=self.nodes_per_job,
            nodes_free=self.nodes_free,
            slack=self.slack,
        )


def held_out_names(text: str) -> tuple[str, ...]:
    """Return what is to be held out; empty for none. Raises InputError for what cannot be."""
    from placewise.model.results.held_out import refuse_hold_out
    from placewise.model.studies.settings import names_in

    names = () if text == "none" else names_in(text)
    refuse_hold_out(names)
    return names


def takes(kind: type[T]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options that the fields of a dataclass describe; its first parameter is the value."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(kind, include_extras=True)
        shared = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=inspect.Parameter.empty if field.default is MISSING else field.default,
                annotation=hints[field.name],
            )
            for field in fields(kind)  # type: ignore[arg-type]  # a dataclass
        ]
        first, *own = inspect.signature(command, eval_str=True).parameters.values()
        # What has to be given comes first, as in any signature.
        parameters = sorted([*shared, *own], key=lambda one: one.default is not inspect.Parameter.empty)

        @functools.wraps(command)
        def run(**given: Any) -> Any:
            value = kind(**{parameter.name: given.pop(parameter.name) for parameter in shared})
            return command(**{first.name: value}, **given)

        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        del run.__wrapped__  # or its own signature would be looked at
        return run

    return decorate

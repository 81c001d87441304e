"""Options that say which study is read, and how it is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.options.chance import FleetModel, HoldOut, Resamples, Seed, Unit
from placewise.cli.options.completing import choices, policies_in, policy_names
from placewise.cli.options.output import Plots
from placewise.cli.options.panels import CHANCE, COSTS, EXPERIMENTS, JOBS
from placewise.cli.options.work import Dask, Kernels, Workers
from placewise.selection.offered import IN_A_STUDY, WITH_COSTS, refuse_other_names

if TYPE_CHECKING:
    from placewise.model.studies.settings import Settings
    from placewise.model.studies.study import Study


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


@dataclass(frozen=True)
class StudyOptions:
    """What says which study: the source, and what of it takes part."""

    source: Annotated[
        Path | None,
        typer.Argument(
            help="An experiment folder or a study file (.toml).",
            metavar="[SOURCE]",
            show_default="the embedded dataset",
            is_eager=True,
            callback=study_settings,
        ),
    ] = None
    dataset: Annotated[
        str | None,
        typer.Option(
            help="Embedded dataset: reliabuild (default) or spack-build.",
            metavar="NAME",
            show_default=False,
            autocompletion=choices("reliabuild", "spack-build"),
            rich_help_panel=JOBS,
        ),
    ] = None
    jobs: Annotated[
        int | None,
        typer.Option(help="Use only the first N jobs.", min=1, metavar="N", show_default=False, rich_help_panel=JOBS),
    ] = None
    scoring: Annotated[
        str,
        typer.Option(
            help="corrected, or published: as in the prior work.",
            metavar="SCORING",
            autocompletion=choices("corrected", "published"),
            rich_help_panel=EXPERIMENTS,
        ),
    ] = "corrected"
    seed: Seed = 0
    slack: Annotated[
        float,
        typer.Option(
            help="With a learned model: how far below a job's best cluster others may be.",
            metavar="FRACTION",
            rich_help_panel=EXPERIMENTS,
        ),
    ] = 0.0
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Keep parsed inputs for the next run.", rich_help_panel=JOBS)
    ] = True

    def settings(self) -> Settings:
        """Return how to run it. Raises InputError for values that no run takes."""
        from placewise.model.studies.settings import Settings

        return Settings(first=self.jobs, scoring=self.scoring, seed=self.seed, slack=self.slack)  # type: ignore[arg-type]  # checked

    def study(self) -> Study:
        """Read or draw the study. Raises InputError as `read_study` does."""
        from placewise.formats.cache.input_cache import cache_folder
        from placewise.study.sources import read_study

        folder = cache_folder() if self.cache else None
        return read_study(self.source, self.dataset, settings=self.settings(), cache=folder)


@dataclass(frozen=True)
class RunOptions(StudyOptions):
    """All that says how a study is run."""

    experiments: Annotated[
        str,
        typer.Option(
            help="Experiments, separated by commas: none, single, expanding, chosen, timed or all.",
            metavar="NAMES",
            autocompletion=choices("none", "single", "expanding", "chosen", "all", "timed"),
            show_default="the study's",
            rich_help_panel=EXPERIMENTS,
        ),
    ] = ""
    unique: Annotated[
        bool,
        typer.Option("--unique", help="Keep one job per distinct set of requirements.", rich_help_panel=JOBS),
    ] = False
    metadata: Annotated[
        str,
        typer.Option(
            "--metadata",
            "--tell",
            help="Add the experiment chosen: metadata on these subsystems only.",
            metavar="NAMES",
            show_default=False,
            rich_help_panel=EXPERIMENTS,
        ),
    ] = ""
    order: Annotated[
        str,
        typer.Option(
            help="Order in which expanding adds subsystems: alphabetical, or a file of names.",
            metavar="ORDER",
            autocompletion=choices("alphabetical"),
            rich_help_panel=EXPERIMENTS,
        ),
    ] = "alphabetical"
    orders: Annotated[
        int,
        typer.Option(help="Random orders to run beside --order.", min=0, metavar="N", rich_help_panel=CHANCE),
    ] = 20
    resamples: Resamples = 1000
    unit: Unit = None
    hold_out: HoldOut = "none"
    fleets: Annotated[
        int,
        typer.Option(help="Fleets to draw like this one; 0 for none.", min=0, metavar="N", rich_help_panel=CHANCE),
    ] = 20
    fleet_model: FleetModel = "independent"
    sample: Annotated[
        bool,
        typer.Option("--sample", help="Draw one cluster per job, not the exact expectation.", rich_help_panel=CHANCE),
    ] = False
    policy: Annotated[
        str,
        typer.Option(
            "--select",
            "--policy",
            help=f"Selection policy: {policies_in(IN_A_STUDY)}, a plugin or module:function; all but random are "
            "sampled.",
            metavar="POLICY",
            autocompletion=policy_names(IN_A_STUDY),
            rich_help_panel=EXPERIMENTS,
        ),
    ] = "random"
    values: Annotated[
        bool | None,
        typer.Option(
            "--values/--no-values",
            help="Compute what metadata is worth.",
            show_default="with plots or intervals",
            rich_help_panel=EXPERIMENTS,
        ),
    ] = None
    unknown: Annotated[
        str,
        typer.Option(
            help="Whether a job may go to a cluster that may match: yes or no.",
            metavar="yes|no",
            autocompletion=choices("no", "yes"),
            rich_help_panel=EXPERIMENTS,
        ),
    ] = "no"
    workers: Workers = 1
    dask: Dask = None
    kernels: Kernels = "numpy"
    choose: Annotated[
        str,
        typer.Option(
            help=f"Selection policy with all metadata: {policies_in(WITH_COSTS)}, a plugin, module:function, or a "
            "file of priorities.",
            metavar="POLICY",
            autocompletion=policy_names(WITH_COSTS),
            rich_help_panel=COSTS,
        ),
    ] = "cheapest"
    model: Annotated[
        str,
        typer.Option(
            help="Runtime model: best (per package, by cross-validation), mean, hierarchical or boosted; or from "
            "memory, known only after a run: best-with-memory, linear, log-linear or knn.",
            metavar="MODEL",
            autocompletion=choices(
                "best", "best-with-memory", "mean", "hierarchical", "boosted", "linear", "log-linear", "knn"
            ),
            rich_help_panel=COSTS,
        ),
    ] = "best"
    minimum_builds: Annotated[
        int,
        typer.Option(help="Packages with fewer builds get no runtime model.", metavar="N", rich_help_panel=COSTS),
    ] = 100
    fail_after: Annotated[
        float,
        typer.Option(
            help="Fraction of its runtime that a failing job uses.",
            min=0,
            max=1,
            metavar="FRACTION",
            rich_help_panel=COSTS,
        ),
    ] = 1.0
    nodes_per_job: Annotated[
        int, typer.Option(help="Nodes that each build takes.", metavar="N", rich_help_panel=COSTS)
    ] = 2
    nodes_free: Annotated[
        int | None,
        typer.Option(help="Free nodes per cluster.", metavar="N", show_default="shared out", rich_help_panel=COSTS),
    ] = None
    plots: Plots = True

    def settings(self) -> Settings:
        """Return how to run it. Raises InputError for values that no run takes."""
        from placewise.formats.studies.order_file import read_order
        from placewise.formats.studies.selection_config import read_priorities
        from placewise.formats.studies.study_settings import is_file_name
        from placewise.model.studies.settings import Settings, names_in

        from_file = is_file_name(self.choose)
        refuse_other_names(self.policy, IN_A_STUDY)
        if not from_file:
            refuse_other_names(self.choose, WITH_COSTS)
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

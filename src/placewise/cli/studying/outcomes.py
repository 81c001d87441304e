"""The command on records with outcomes: outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import Dask, Force, Json, Seed, Workers, choices, output_path
from placewise.cli.printing import command_line, console, print_json, say
from placewise.errors import InputError

if TYPE_CHECKING:
    from placewise.model.outcomes.evidence import EvidenceSettings
    from placewise.model.outcomes.outcome_records import OutcomeRecords
    from placewise.model.outcomes.success_model import SuccessModel
    from placewise.model.studies.study import Study

_SAMPLE = "What is learned from"
_HELD_OUT = "How it is judged"


@app.command(rich_help_panel="Studies")
def outcomes(
    records: Annotated[
        Path,
        typer.Argument(
            help="Records that succeeded or failed: .parquet, .csv, or SQLite with a table builds.",
            metavar="RECORDS",
            show_default=False,
        ),
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            help="A column under another name, such as outcome=worked; the roles are name, outcome, package, version, "
            "compiler, compiler_version, dependencies, variants. May be given several times.",
            metavar="ROLE=NAME",
            show_default=False,
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules",
            help="A study file or experiment folder of jobs that ask for versions: also judge what they ask for.",
            show_default=False,
        ),
    ] = None,
    hold_out: Annotated[
        str,
        typer.Option(
            help="What is held out together: none (single records), package, version, or the name of a fact.",
            autocompletion=choices("none", "package", "version"),
            rich_help_panel=_HELD_OUT,
        ),
    ] = "none",
    folds: Annotated[
        int,
        typer.Option(
            help="Parts of the records; a model learned from the others forecasts each.", rich_help_panel=_HELD_OUT
        ),
    ] = 5,
    seed: Seed = 0,
    resamples: Annotated[
        int,
        typer.Option(help="Resamples of the packages for the intervals; 0 for none.", min=0, rich_help_panel=_HELD_OUT),
    ] = 1000,
    least_builds: Annotated[
        int, typer.Option(help="Packages with fewer records are left out.", rich_help_panel=_SAMPLE)
    ] = 50,
    built: Annotated[
        str,
        typer.Option(
            help="Packages are left out of which no more than the first share succeeded, or no less than the second.",
            metavar="LOW:HIGH",
            rich_help_panel=_SAMPLE,
        ),
    ] = "0.02:0.98",
    least_records: Annotated[
        int, typer.Option(help="Facts that fewer records have are left out.", rich_help_panel=_SAMPLE)
    ] = 100,
    groups: Annotated[
        str,
        typer.Option(
            help="Groups of facts to compare, with commas between; if not given, package version, compiler, dependency "
            "versions and which dependencies there are.",
            show_default=False,
            rich_help_panel=_SAMPLE,
        ),
    ] = "",
    alone: Annotated[
        str,
        typer.Option(
            help="Dependencies to know alone when choosing, with commas between; if not given, those "
            "with ten versions or more that half of the records have.",
            show_default=False,
            rich_help_panel=_SAMPLE,
        ),
    ] = "",
    facts: Annotated[
        bool,
        typer.Option("--facts", help="Say what each fact adds alone, and beside all others; two models a fact."),
    ] = False,
    workers: Workers = 1,
    dask: Dask = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="A folder for evidence.json, the figures and the page.",
            parser=output_path,
            metavar="PATH",
            show_default=False,
        ),
    ] = None,
    save_model: Annotated[
        Path | None,
        typer.Option(
            "--save-model",
            help="A file for the learned model, calibrated and with its scores; it decides success in a study with "
            'model = "FILE" in its table outcome.',
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Say what a scheduler must know for jobs to succeed, from records of success and failure."""
    from placewise.cli.studying.worth import output_folder
    from placewise.formats.outcome_records import read_outcome_records
    from placewise.formats.results.results_names import PAGE
    from placewise.formats.results.worth_files import EVIDENCE, worth_document, write_worth
    from placewise.formats.writing import refuse_existing
    from placewise.model.outcomes.evidence import EvidenceSettings
    from placewise.model.results.results import Results
    from placewise.model.studies.settings import names_in
    from placewise.report.terminal.evidence import print_evidence
    from placewise.report.terminal.progress import stages
    from placewise.study.evidence.run import evidence_of
    from placewise.sweep.executors import runner

    low, high = _shares(built)
    settings = EvidenceSettings(
        hold_out=hold_out,
        folds=folds,
        seed=seed,
        least_builds=least_builds,
        low=low,
        high=high,
        least_records=least_records,
        groups=names_in(groups),
        alone=names_in(alone),
        single_facts=facts,
        resamples=resamples,
    )
    if save_model is not None:
        refuse_existing(save_model, force=force)
    columns = _columns(column or [])
    with (
        output_folder(out, force, EVIDENCE, also=(PAGE,)) as folder,
        stages(console(stderr=True)) as progress,
        runner(workers, dask) as where,
    ):
        read = read_outcome_records(records, columns)
        # First, so that what cannot be learned from is known at once.
        model = None if save_model is None else _model(read, records, settings)
        found = evidence_of(
            read,
            str(records),
            settings,
            rules=None if rules is None else _study(rules),
            runner=where,
            progress=progress,
        )
        results = Results({}, evidence=found)
        if folder is not None:
            from placewise.report.drawn.figures import draw_figures
            from placewise.report.page.report_page import write_page

            write_worth(folder, results)
            write_page(results, draw_figures(results, folder), folder / PAGE, command=command_line())
    if model is not None and save_model is not None:
        from placewise.formats.success_model_file import write_success_model

        write_success_model(model, save_model)
    if json:
        print_json(worth_document(EVIDENCE, results))
        return
    print_evidence(found, console())
    if out is not None:
        say(f"written to {out}")
    if save_model is not None:
        say(f"model written to {save_model}")


def _model(read: OutcomeRecords, path: Path, settings: EvidenceSettings) -> SuccessModel:
    import hashlib

    from placewise.formats.reading import read_bytes
    from placewise.study.evidence.saved import model_of

    return model_of(read, path.name, hashlib.sha256(read_bytes(path)).hexdigest(), settings)


def _shares(text: str) -> tuple[float, float]:
    low, _, high = text.partition(":")
    try:
        return float(low), float(high)
    except ValueError:
        raise InputError("--built is not two shares", found=text, expected="LOW:HIGH, such as 0.02:0.98") from None


def _columns(given: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        role, there, name = text.partition("=")
        if not there or not name:
            raise InputError("--column is not understood", found=text, expected="ROLE=NAME, such as outcome=worked")
        found[role] = name
    return found


def _study(path: Path) -> Study:
    from placewise.formats.input_cache import cache_folder
    from placewise.study.sources import read_study

    return read_study(path, cache=cache_folder())

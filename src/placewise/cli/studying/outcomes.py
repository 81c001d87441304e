"""The command on records with outcomes: outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.chance import PackageResamples, Seed
from placewise.cli.options.completing import choices
from placewise.cli.options.output import Force, Json, out_option
from placewise.cli.options.panels import OUTPUT, STUDIES
from placewise.cli.options.work import Dask, Workers
from placewise.cli.printing import command_line, console, print_json, say
from placewise.errors import InputError

if TYPE_CHECKING:
    from placewise.model.outcomes.evidence import EvidenceSettings
    from placewise.model.outcomes.outcome_records import OutcomeRecords
    from placewise.model.outcomes.success_model import SuccessModel
    from placewise.model.studies.study import Study

_SAMPLE = "Records and facts"
_HELD_OUT = "Cross-validation"


@command(
    STUDIES,
    "placewise outcomes outcomes.csv --out evidence",
    "placewise outcomes outcomes.csv --hold-out package --save-model model.json",
    "placewise outcomes outcomes.parquet --column outcome=worked",
)
def outcomes(
    records: Annotated[
        Path,
        typer.Argument(
            help="Records of success and failure: .parquet, .csv, or SQLite with a table builds.",
            metavar="RECORDS",
            show_default=False,
        ),
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            help="A column with another name, such as outcome=worked. Roles: name, outcome, package, version, "
            "compiler, compiler_version, dependencies, variants.",
            metavar="ROLE=NAME",
            show_default=False,
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules",
            help="A study file or experiment folder: also judge the versions that its jobs ask for.",
            metavar="STUDY",
            show_default=False,
        ),
    ] = None,
    hold_out: Annotated[
        str,
        typer.Option(
            help="What to hold out together: none (single records), package, version or a fact.",
            metavar="GROUP",
            autocompletion=choices("none", "package", "version"),
            rich_help_panel=_HELD_OUT,
        ),
    ] = "none",
    folds: Annotated[
        int, typer.Option(help="Folds of the cross-validation.", metavar="N", rich_help_panel=_HELD_OUT)
    ] = 5,
    seed: Seed = 0,
    resamples: PackageResamples = 1000,
    least_builds: Annotated[
        int,
        typer.Option(help="Leave out packages with fewer records.", metavar="N", rich_help_panel=_SAMPLE),
    ] = 50,
    built: Annotated[
        str,
        typer.Option(
            help="Leave out packages whose success rate is at most LOW or at least HIGH.",
            metavar="LOW:HIGH",
            rich_help_panel=_SAMPLE,
        ),
    ] = "0.02:0.98",
    least_records: Annotated[
        int,
        typer.Option(help="Leave out facts that fewer than N records have.", metavar="N", rich_help_panel=_SAMPLE),
    ] = 100,
    groups: Annotated[
        str,
        typer.Option(
            help="Groups of facts to compare, separated by commas.",
            metavar="NAMES",
            show_default="package version, compiler, dependency versions, and which dependencies there are",
            rich_help_panel=_SAMPLE,
        ),
    ] = "",
    alone: Annotated[
        str,
        typer.Option(
            help="Dependencies whose versions are tried alone in the choice, separated by commas.",
            metavar="NAMES",
            show_default="those with ten versions or more in half of the records",
            rich_help_panel=_SAMPLE,
        ),
    ] = "",
    facts: Annotated[
        bool,
        typer.Option("--facts", help="Also judge each fact, alone and beside all others (slow)."),
    ] = False,
    workers: Workers = 1,
    dask: Dask = None,
    out: Annotated[
        Path | None,
        out_option("Write evidence.json, figures and page to this folder.", "FOLDER"),
    ] = None,
    save_model: Annotated[
        Path | None,
        typer.Option(
            "--save-model",
            help="Write the calibrated model and its scores to this file.",
            metavar="FILE",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Learn from past jobs which facts decide whether a job succeeds.

    To use a saved model in a study, write model = "FILE" into the table outcome of the study file.
    """
    from placewise.cli.studying.worth import output_folder
    from placewise.formats.records.outcome_records import read_outcome_records
    from placewise.formats.results.results_names import PAGE
    from placewise.formats.results.worth_files import EVIDENCE, worth_document, write_worth
    from placewise.formats.writing import refuse_existing
    from placewise.model.outcomes.evidence import EvidenceSettings
    from placewise.model.results.results import Results
    from placewise.model.studies.settings import names_in
    from placewise.report.terminal.progress import stages
    from placewise.report.terminal.records.evidence import print_evidence
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
        from placewise.formats.records.success_model_file import write_success_model

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
    from placewise.formats.cache.input_cache import cache_folder
    from placewise.study.sources import read_study

    return read_study(path, cache=cache_folder())

"""The command that holds expectations against a fleet: check."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import EXIT_CHECK_FAILED, command
from placewise.cli.asking.start_options import StartOptions
from placewise.cli.options.completing import choices
from placewise.cli.options.output import Force, Json, out_option
from placewise.cli.options.panels import FLEETS, OUTPUT
from placewise.cli.options.taking import takes
from placewise.cli.printing import plain, print_json, print_words, say
from placewise.errors import InputError, one_of

if TYPE_CHECKING:
    from placewise.model.advice.check import Check
    from placewise.model.advice.expectations import Expectations
    from placewise.model.fleets.cluster import Fleet

FORMATS = ("text", "github", "junit", "json")
_USUAL = Path("expectations.yaml")


@command(
    FLEETS,
    "placewise check expectations.yaml",
    "placewise check expectations.yaml --format junit --out checks.xml",
    "placewise check --update",
)
@takes(StartOptions)
def check(
    starts: StartOptions,
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files of expectations.", metavar="FILE", show_default="expectations.yaml"),
    ] = None,
    fleet: Annotated[
        Path | None,
        typer.Option("--fleet", help="The fleet, as for match.", metavar="FLEET", show_default="the file's"),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="A learned model, for success_at_least.", metavar="FILE", show_default="the file's"),
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Correct the files: write what is true now.")] = False,
    output_format: Annotated[
        str,
        typer.Option(
            "--format",
            help="text, github (annotates the lines of the files), junit (XML for CI servers) or json.",
            metavar="FORMAT",
            autocompletion=choices(*FORMATS),
            rich_help_panel=OUTPUT,
        ),
    ] = "text",
    out: Annotated[
        Path | None,
        out_option("Write the result to this file, and print text.", "FILE"),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Check a fleet against expectations, as a test in CI does.

    Expectations say which clusters match which jobs, why others do not, how soon jobs start, how surely they succeed.

    Exit code 3 if an expectation fails; the output says what is true instead.
    """
    from placewise.formats.advice.expectations_file import read_expectations
    from placewise.formats.writing import refuse_existing

    output_format = "json" if json else output_format
    if output_format not in FORMATS:
        raise InputError(
            "no such format", place="--format", found=output_format, expected=one_of(output_format, FORMATS)
        )
    if out is not None:
        refuse_existing(out, force=force)
    read = [read_expectations(path) for path in files or [_USUAL]]
    fleets: dict[Path, Fleet] = {}
    checks = [_checked(one, fleets, fleet, model, starts) for one, _ in read]
    changed = _update(read, checks) if update else None
    _print(checks, output_format, out, changed)
    if not update and not all(one.holds for one in checks):
        raise typer.Exit(EXIT_CHECK_FAILED)


def _checked(
    expectations: Expectations, fleets: dict[Path, Fleet], fleet: Path | None, model: Path | None, starts: StartOptions
) -> Check:
    from placewise.advice.checking import Asking
    from placewise.advice.checking import check as held
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.formats.records.success_model_file import read_success_model
    from placewise.prediction.success.model_outcomes import ModelOutcomes

    where = fleet or expectations.fleet
    if where is None:
        expected = "fleet: in the file, or --fleet"
        raise InputError("does not say of which fleet it is", file=expectations.path, expected=expected)
    if where not in fleets:
        fleets[where] = read_fleet(where)
    learned = model or expectations.model
    outcomes = None if learned is None else ModelOutcomes(read_success_model(learned))
    planned = replace(starts, queue=starts.queue or expectations.queue).planned(fleets[where])
    return held(expectations, Asking(fleets[where], str(where), outcomes, planned))


def _update(read: list[tuple[Expectations, str]], checks: list[Check]) -> list[str]:
    """Write what is true now into the files; return a line for each change. All are ready before one is in place."""
    from placewise.advice.accepting import accepted
    from placewise.formats.advice.expectations_editing import edited
    from placewise.formats.writing import replacing
    from placewise.report.words.jobs.checks import change_lines

    texts, lines = {}, []
    for (expectations, text), found in zip(read, checks, strict=True):
        if not found.holds:
            jobs = accepted(found)
            texts[expectations.path] = edited(text, expectations, jobs)
            lines += change_lines(found, jobs)
    with ExitStack() as stack:
        for path, text in texts.items():
            stack.enter_context(replacing(path)).write_bytes(text.encode())
    return lines


def _print(checks: list[Check], output_format: str, out: Path | None, changed: list[str] | None) -> None:
    """Print or write what was found, or, as text, what was changed; changed : None where nothing was to be."""
    from placewise.formats.writing import json_bytes, write_bytes
    from placewise.report.data.jobs.checks import checks_document
    from placewise.report.terminal.jobs.checks import check_lines, github_lines, junit_text
    from placewise.report.words.jobs.checks import verdict

    text = check_lines(checks) if changed is None else changed or ["nothing to change"]
    if output_format == "json":
        document = {**checks_document(checks), "changed": changed or []}
        if out is None:
            print_json(document)
            return
        content = json_bytes(document)
    elif output_format == "junit":
        content = junit_text(checks).encode()
    else:
        lines = github_lines(checks) if output_format == "github" else text
        content = "".join(f"{plain(line)}\n" for line in lines).encode()
    if out is None and output_format != "text":
        # One character more or less would make it another document.
        typer.echo(content, nl=False)
        text = text if changed else [f"{one.file}: {verdict(one)}" for one in checks]
    elif out is not None:
        write_bytes(out, content)
    for line in text:
        (print_words if out is not None or output_format == "text" else say)(line)

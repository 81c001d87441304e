"""The command that holds expectations against a fleet: check."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import EXIT_CHECK_FAILED, app
from placewise.cli.asking.start_options import StartOptions
from placewise.cli.options import Force, Json, choices, output_path, takes
from placewise.cli.printing import plain, print_json, print_text, say
from placewise.errors import InputError

if TYPE_CHECKING:
    from placewise.model.advice.check import Check
    from placewise.model.advice.expectations import Expectations
    from placewise.model.fleets.cluster import Fleet

FORMATS = ("text", "github", "junit", "json")
_USUAL = Path("expectations.yaml")


@app.command(rich_help_panel="Fleets and jobs")
@takes(StartOptions)
def check(
    starts: StartOptions,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files of expectations; expectations.yaml if none is given.", metavar="FILE", show_default=False
        ),
    ] = None,
    fleet: Annotated[
        Path | None,
        typer.Option(
            "--fleet", help="Clusters, as for match; those that a file names if not given.", show_default=False
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help="A learned model, for success_at_least; the one that a file names if not given.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Write what is true now into the files, where it is not as expected.")
    ] = False,
    output_format: Annotated[
        str,
        typer.Option(
            "--format",
            help="text; github, which annotates the lines of the files; junit, an XML file for CI servers; or json.",
            metavar="text|github|junit|json",
            autocompletion=choices(*FORMATS),
        ),
    ] = "text",
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write that to a file, and print text.", parser=output_path, metavar="FILE", show_default=False
        ),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Hold expectations against a fleet: which clusters match which jobs, why others do not, how soon, how surely.

    Exit code 3 where one does not hold, with a line that says what is true instead.
    """
    from placewise.formats.advice.expectations_file import read_expectations
    from placewise.formats.writing import refuse_existing

    output_format = "json" if json else output_format
    if output_format not in FORMATS:
        raise InputError("no such format", place="--format", found=output_format, expected=" or ".join(FORMATS))
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
    from placewise.formats.success_model_file import read_success_model
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
    from placewise.report.words.checks import change_lines

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
    from placewise.report.data.checks import checks_document
    from placewise.report.terminal.checks import check_lines, github_lines, junit_text
    from placewise.report.words.checks import verdict

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
        (print_text if out is not None or output_format == "text" else say)(line)
